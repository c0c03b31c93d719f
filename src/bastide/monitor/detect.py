"""The bridge to `engines.detect`: which rules run over which events. Reads and computes, writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from bastide.engines.detect import Logsource, NoRules, Rejected, Rule, RuleSet, Trouble, evidence, match
from bastide.engines.detect.event import Poison, flat
from bastide.engines.detect.read import parse
from bastide.engines.detect.rules import contents
from bastide.monitor import lake
from bastide.monitor.models import Alert, Batch, RuleRecord

__all__ = [
    "Found",
    "NoRules",
    "Rejected",
    "Rule",
    "RuleSet",
    "Trouble",
    "active_rules",
    "compile_texts",
    "matches",
    "readable",
    "seen_first",
    "shown",
    "texts_of",
]


@dataclass(frozen=True)
class Found:
    """One match: line in the batch, position of its row, rule id."""

    line: int
    row: int
    rule_id: str


def _cache() -> Path:
    return Path(settings.BASTIDE_HOME) / "cache" / "detect"


def compile_texts(texts: list[tuple[str, str]]) -> RuleSet:
    """Rules from their texts, compiled or taken from the cache."""
    return RuleSet.from_texts(texts, cache=_cache())


def active_rules() -> RuleSet:
    """The rules in force: every enabled rule of the register that could be compiled."""
    rows = RuleRecord.objects.filter(is_enabled=True, rejected="").order_by("rule_id")
    stamp = tuple(rows.values_list("rule_id", "sha256"))
    return _compiled(stamp)


@lru_cache(maxsize=2)
def _compiled(stamp: tuple[tuple[str, str], ...]) -> RuleSet:
    """The rules of a stamp: (rule id, SHA-256 of its text). A file may hold several; only the stamp's are kept."""
    wanted = {rule_id for rule_id, _sha in stamp}
    rows = RuleRecord.objects.filter(is_enabled=True, rejected="").order_by("path", "pk")
    texts = sorted({(row.path, row.text) for row in rows.iterator() if row.rule_id in wanted})
    whole = compile_texts(texts)
    return RuleSet(tuple(rule for rule in whole.rules if rule.id in wanted))


def matches(batch: Batch, rules: RuleSet) -> list[Found]:
    """Every match of the rules on a batch's events, by line, then rule."""
    table = lake.events_of(batch.source.name, batch.sha256)
    declared = Logsource(batch.source.product, batch.source.category, batch.source.service)
    lines = table.column("line").to_pylist()
    return [Found(lines[row], row, rules.rules[rule].id) for row, rule in match(rules, table, logsource=declared)]


def readable(number: int, line: bytes) -> dict[str, Any] | Trouble:
    """The event of a line, or why it cannot be evaluated."""
    try:
        event: dict[str, Any] = parse(line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line)
        flat(event)
    except Poison as poison:
        return Trouble(number, poison.code, str(poison))
    return event


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


def evidence_of(alert: Alert) -> list[Evidence]:
    """The first matched events of an alert, as they are shown."""
    return [
        Evidence(
            row["batch"], row["line"], datetime.fromisoformat(row["at"]),
            *shown(row["event"], row.get("fields", ())),
        )
        for row in alert.evidence
    ]  # fmt: skip


def texts_of(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """(name, text) of every rule file in files, folders and archives; undecodable bytes are marked in the text."""
    texts = [
        (name, content.decode("utf-8-sig", "backslashreplace")) for path in paths for name, content in contents(path)
    ]
    if not texts:
        raise NoRules(f"no rule files (.yml, .yaml) in {', '.join(map(str, paths)) or 'nothing'}")
    return texts
