"""The bridge to `engines.detect`: which rules run over which events. Reads and computes, writes nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from django.conf import settings
from django.db.models import QuerySet

from bastide.engines.detect import Logsource, NoRules, Rejected, Rule, RuleSet, Trouble, evidence, inputs, match
from bastide.engines.detect.event import Poison, flat
from bastide.engines.detect.inputs import Unreadable
from bastide.engines.detect.parse import parse
from bastide.engines.detect.rules import contents
from bastide.engines.detect.spark import Streamed, session
from bastide.engines.detect.tree import TRUE, leaves
from bastide.monitor import criteria, lake
from bastide.monitor.models import Alert, Batch, RuleRecord, Source

__all__ = [
    "Found",
    "NoRules",
    "Rejected",
    "Rule",
    "RuleSet",
    "Streamed",
    "Trouble",
    "Unreadable",
    "active_rules",
    "compile_texts",
    "declared",
    "events_in",
    "events_of",
    "format_of",
    "looked_at",
    "matches",
    "names_in",
    "not_over_batches",
    "preview",
    "rows_matched",
    "seen_first",
    "session",
    "shown",
    "sought",
    "texts_of",
]


_DETECTION = re.compile(r"^detection\s*:", re.M)
_TITLE = re.compile(r"^title\s*:", re.M)
_FIELD = re.compile(r"[\w.@-]+(\|\w+)*\s*:(\s|$)")
_SELECTION = """title: hunt
logsource: {{category: any}}
detection:
  sought:
    {lines}
  condition: sought
"""


@dataclass(frozen=True)
class Found:
    """One match: line in the batch, position of its row, rule id."""

    line: int
    row: int
    rule_id: str


def _cache() -> Path:
    return Path(settings.BASTIDE_HOME) / "cache" / "detect"


def compile_texts(texts: list[tuple[str, str]], *, kept: bool = True) -> RuleSet:
    """Rules from their texts, compiled or taken from the cache; `kept` there unless they are for once."""
    return RuleSet.from_texts(texts, cache=_cache() if kept else None)


def sought(text: str) -> Rule | Rejected:
    """What somebody looks for, as one rule: a whole Sigma rule; fields and values as in a selection (YAML); or plain
    words, one a line, any of which may stand anywhere in an event. Without a log source it is tried on every event."""
    if _DETECTION.search(text):
        return _only(compile_texts([("rule", text if _TITLE.search(text) else f"title: hunt\n{text}")], kept=False))
    found = _only(compile_texts([("selection", _selection(text))], kept=False))
    return found if isinstance(found, Rejected) else replace(found, logsource=Logsource(), gate=TRUE)


def _selection(text: str) -> str:
    """Fields or words as the text of a rule."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not lines or not _FIELD.match(lines[0]):
        lines = [f"- {orjson.dumps(line.strip()).decode()}" for line in lines]
    return _SELECTION.format(lines="\n    ".join(lines))


def _only(rules: RuleSet) -> Rule | Rejected:
    """The one rule of a set, or what is wrong with it."""
    left_out = [*rules.rejected, *not_over_batches(rules)]
    if left_out:
        return left_out[0]
    if len(rules.rules) != 1:
        return Rejected("rule", 1, "rule", f"one rule is wanted, {len(rules.rules)} were given")
    return rules.rules[0]


def not_over_batches(rules: RuleSet) -> list[Rejected]:
    """Rules of a set that `bastide detect` evaluates on files, and monitoring does not."""
    reason = "correlations are evaluated on files (bastide detect), not yet over batches"
    return [Rejected(one.path, one.line, "correlation", reason) for one in rules.correlations]


def active_rules() -> RuleSet:
    """The rules in force: every enabled rule of the register that could be compiled."""
    rows = _in_force().order_by("rule_id")
    stamp = tuple(rows.values_list("rule_id", "sha256"))
    return _compiled(stamp)


@dataclass(frozen=True)
class Preview:
    """How a line is read: its number, what is wrong with it, or its time, host, fields and the rules that fire."""

    number: int
    trouble: Trouble | None = None
    at: datetime | None = None
    host: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()  # ids


def preview(text: bytes, source: Source, *, most: int) -> list[Preview]:
    """How the first lines of a text would be read, were they sent by a source. Raises Unreadable."""
    rules = active_rules()
    read = []
    for number, _line, event in islice(events_in(text), most):
        if isinstance(event, Trouble):
            read.append(Preview(number, event))
            continue
        found = match(rules, [event], logsource=declared(source))
        fired = tuple(rules.rules[rule].id for _event, rule in found)
        _first, fields = shown(event, ())
        read.append(Preview(number, None, criteria.moment_of(event), criteria.host_of(event), fields, fired))
    return read


def format_of(text: bytes) -> str:
    """The format in which a text would be read: one of `inputs.FORMATS`."""
    return inputs.form_of(text[: inputs.START])


def looked_at(rule: Rule) -> list[str]:
    """Names of the event fields a rule looks at; none where it looks for words anywhere."""
    return [] if any(leaf.field is None for leaf in leaves(rule.tree)) else sorted(set(rule.fields))


def names_in(event: dict[str, Any]) -> set[str]:
    """The names under which rules find the fields of an event."""
    return {name for name, value in flat(event).items() if not isinstance(value, dict)}


def _in_force() -> QuerySet[RuleRecord]:
    return RuleRecord.objects.filter(kind=RuleRecord.Kind.SIGMA, is_enabled=True, rejected="")


@lru_cache(maxsize=2)
def _compiled(stamp: tuple[tuple[str, str], ...]) -> RuleSet:
    """The rules of a stamp: (rule id, SHA-256 of its text). A file may hold several; only the stamp's are kept."""
    wanted = {rule_id for rule_id, _sha in stamp}
    rows = _in_force().order_by("path", "pk")
    texts = sorted({(row.path, row.text) for row in rows.iterator() if row.rule_id in wanted})
    whole = compile_texts(texts)
    return RuleSet(tuple(rule for rule in whole.rules if rule.id in wanted))


def events_of(batch: Batch) -> pa.Table:
    """The events of a batch. Files are joined behind our back: where one is gone, the receipt says where it is now."""
    try:
        return lake.events_of(batch.lies_at, batch.sha256)
    except FileNotFoundError:
        batch.refresh_from_db(fields=["place"])
        return lake.events_of(batch.lies_at, batch.sha256)


def matches(batch: Batch, rules: RuleSet) -> list[Found]:
    """Every match of the rules on a batch's events, by line, then rule.

    Those that the stream job found with these very rules are taken as they are.
    """
    table = events_of(batch)
    lines = table.column("line").to_pylist()
    if lake.evaluated_by(batch.source.name, batch.sha256) == rules.digest:
        row_of = {line: row for row, line in enumerate(lines)}
        kept = lake.matches_of(batch.source.name, batch.sha256)
        return [Found(line, row_of[line], rule) for line, rule in sorted(kept)]
    found = (Found(lines[row], row, rules.rules[rule].id) for row, rule in rows_matched(batch.source, table, rules))
    return sorted(found, key=lambda one: (one.line, one.rule_id))


def rows_matched(source: Source, table: pa.Table, rules: RuleSet) -> list[tuple[int, int]]:
    """(row, position of the rule) of every match on some events of a source."""
    return list(match(rules, table, logsource=declared(source)))


def declared(source: Source) -> Logsource:
    """The log source of events of a source that do not say it themselves."""
    return Logsource(source.product, source.category, source.service)


def events_in(text: bytes) -> Iterator[tuple[int, bytes, dict[str, Any] | Trouble]]:
    """Number, line and event of everything in a batch, or why it cannot be evaluated. Any format `inputs` reads; the
    line is empty where the format has none. Raises Unreadable where the batch is damaged as a whole."""
    if inputs.form_of(text[: inputs.START]) != "ndjson":
        yield from _records_in(text)
        return
    for number, line in enumerate(io.BytesIO(text)):
        if line := line.strip():
            yield number, line, _readable(number, line)


def _records_in(text: bytes) -> Iterator[tuple[int, bytes, dict[str, Any] | Trouble]]:
    lines: list[bytes] = []
    for block in inputs.blocks_in(io.BufferedReader(io.BytesIO(text))):  # type: ignore[arg-type]
        for one in block.each():
            trouble = one.trouble or _unfit(one.number, one.event)
            if trouble is None:
                yield one.number, b"", one.event
                continue
            if not lines:
                lines = text.split(b"\n") if b"\0" not in text[:4096] else [b""]
            yield one.number, lines[one.number] if one.number < len(lines) else b"", trouble


def _unfit(number: int, event: dict[str, Any]) -> Trouble | None:
    try:
        flat(event)
    except Poison as poison:
        return Trouble(number, poison.code, str(poison))
    return None


def _readable(number: int, line: bytes) -> dict[str, Any] | Trouble:
    """The event of a line, or why it cannot be evaluated."""
    try:
        event: dict[str, Any] = parse(line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line)
    except Poison as poison:
        return Trouble(number, poison.code, str(poison))
    return _unfit(number, event) or event


def seen_first(rule: Rule, event: dict[str, Any]) -> list[str]:
    """Names of the fields for which the rule fired, as far as the event has them."""
    return list(evidence(rule, event))


def shown(event: dict[str, Any], first: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of an event by flat name: those to be seen first, and the others."""
    try:
        values = dict(flat(event))
    except Poison:
        values = event
    leaves = {name: value for name, value in values.items() if not isinstance(value, dict)}
    head = {name: leaves[name] for name in first if name in leaves}
    return head, {name: value for name, value in leaves.items() if name not in head}


@dataclass(frozen=True)
class Evidence:
    """One matched event: where it lies, the fields for which the rule fired, and the others."""

    batch: str
    line: int
    at: datetime
    first: dict[str, Any]
    rest: dict[str, Any]
    host: str = ""
    operator: str = ""

    @classmethod
    def of(cls, row: dict[str, Any]) -> Evidence:
        """From what an alert or a hunt keeps."""
        first, rest = shown(row["event"], row.get("fields", ()))
        moment = datetime.fromisoformat(row["at"])
        return cls(row["batch"], row["line"], moment, first, rest, row.get("host", ""), row.get("operator", ""))


def evidence_of(alert: Alert) -> list[Evidence]:
    """The first matched events of an alert, as they are shown."""
    return [Evidence.of(row) for row in alert.evidence]


EXAMPLE = """title: Shell started by a web server
status: experimental
description: What the rule finds, and why that matters.
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    ParentImage|endswith: \\w3wp.exe
    Image|endswith:
      - \\cmd.exe
      - \\powershell.exe
  condition: selection
falsepositives:
  - Administration scripts
level: high
tags:
  - attack.persistence
  - attack.t1505.003
"""


def draft(text: str) -> str:
    """A rule to be completed, from what a hunt looked for."""
    if _DETECTION.search(text):
        return text
    body = _selection(text)
    return body.replace("title: hunt", "title: \nstatus: experimental\nlevel: medium").replace(
        "{category: any}", "\n  product: \n  category: "
    )


def texts_of(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """(name, text) of every rule file in files, folders and archives; undecodable bytes are marked in the text."""
    texts = [
        (name, content.decode("utf-8-sig", "backslashreplace")) for path in paths for name, content in contents(path)
    ]
    if not texts:
        raise NoRules(f"no rule files (.yml, .yaml) in {', '.join(map(str, paths)) or 'nothing'}")
    return texts
