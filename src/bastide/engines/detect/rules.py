"""Detection rules ready to be evaluated: what a rule is, where rules are read from, how a compiled set is kept."""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from . import tree
from .correlation import Correlation, in_order
from .tree import Node

ENGINE: Final = "bastide detect 2"
"""Counts up whenever the meaning or the layout of compiled rules changes: older caches are then compiled anew."""

MOST_BYTES: Final = 256 << 20

_TECHNIQUE: Final = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)


class WrongPipeline(ValueError):
    """A pipeline pySigma does not understand: the words say which and why."""


class NoRules(ValueError):
    """Nothing to load: the words say what was looked at."""


TACTICS: Final = (
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
    "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
    "exfiltration", "impact",
)  # fmt: skip
"""ATT&CK for Enterprise, in the order of its matrix."""


@dataclass(frozen=True, slots=True)
class Logsource:
    """Where the events come from that a rule is written for; empty where the rule does not say."""

    product: str = ""
    category: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rule that is not evaluated: file, line (from 1), a code (yaml, rule, condition, value, regex, placeholder,
    correlation, filter, kind, long, duplicate) and the reason in words."""

    path: str
    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what people read of it, and what the engine evaluates (`gate` on channel and event id, then `tree`)."""

    id: str
    title: str
    name: str
    level: str
    status: str
    author: str
    description: str
    references: tuple[str, ...]
    falsepositives: tuple[str, ...]
    date: str
    modified: str
    tags: tuple[str, ...]
    logsource: Logsource
    path: str
    line: int
    gate: Node = field(repr=False)
    tree: Node = field(repr=False)

    @property
    def techniques(self) -> tuple[str, ...]:
        """ATT&CK techniques of the tags, such as T1003.001."""
        found = (_TECHNIQUE.fullmatch(tag) for tag in self.tags)
        return tuple(match[1].upper() for match in found if match)

    @property
    def tactics(self) -> tuple[str, ...]:
        """ATT&CK tactics of the tags, such as credential-access."""
        named = (tag.removeprefix("attack.").replace("_", "-") for tag in self.tags if tag.startswith("attack."))
        return tuple(tactic for tactic in named if tactic in TACTICS)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the event fields the rule looks at."""
        return tree.fields(self.tree)


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Rules that are evaluated together, and the ones left out."""

    rules: tuple[Rule, ...]
    rejected: tuple[Rejected, ...] = ()
    correlations: tuple[Correlation, ...] = ()

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[tuple[str, str]],
        *,
        placeholders: Mapping[str, Sequence[str]] | None = None,
        pipelines: Sequence[tuple[str, str]] = (),
        cache: Path | None = None,
    ) -> RuleSet:
        """The rules of (name, YAML text) pairs, compiled or taken from the cache folder.

        `pipelines` are (name, YAML text) of pySigma's processing pipelines, applied to every rule in turn before the
        log sources of Windows are: field names mapped, log sources changed, conditions added.
        """
        named = list(texts)
        values = {name: list(each) for name, each in sorted((placeholders or {}).items())}
        if cache is None:
            return _compiled(named, values, pipelines)
        kept = cache / f"rules-{_key(named, values, pipelines)}.json"
        return _read(kept) or _write(kept, _compiled(named, values, pipelines))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is evaluated; the same for the same rules on every machine."""
        plain = [[_plain(rule) for rule in self.rules], self.correlations]
        return hashlib.sha256(orjson.dumps(plain)).hexdigest()

    @cached_property
    def silent(self) -> frozenset[str]:
        """Rules whose matches only count for correlations: named by some, and none of those says `generate`."""
        named = {rule for one in self.correlations for rule in one.rules}
        return frozenset(named - {rule for one in self.correlations if one.generate for rule in one.rules})

    @cached_property
    def by_id(self) -> Mapping[str, int]:
        """Position of each rule by its id."""
        return {rule.id: at for at, rule in enumerate(self.rules)}


def load_rules(
    paths: Iterable[str | os.PathLike[str]],
    *,
    placeholders: Mapping[str, Sequence[str]] | None = None,
    pipelines: Iterable[str | os.PathLike[str]] = (),
    cache: Path | None = None,
) -> RuleSet:
    """The rules of files, folders (every .yml and .yaml below them) and .tar.gz archives; `pipelines` are files."""
    places = [Path(path) for path in paths]
    texts: list[tuple[str, str]] = []
    broken: list[Rejected] = []
    for place in places:
        for name, content in contents(place):
            try:
                texts.append((name, content.decode("utf-8-sig")))
            except UnicodeDecodeError as problem:
                line = content[: problem.start].count(b"\n") + 1
                broken.append(Rejected(name, line, "yaml", f"not UTF-8: byte {problem.start}"))
    if not texts and not broken:
        raise NoRules(f"no rule files (.yml, .yaml) in {', '.join(map(str, places)) or 'nothing'}")
    given = [(str(path), Path(path).read_text("utf-8")) for path in pipelines]
    loaded = RuleSet.from_texts(texts, placeholders=placeholders, pipelines=given, cache=cache)
    return replace(loaded, rejected=(*broken, *loaded.rejected)) if broken else loaded


def contents(place: Path) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for path in sorted(place.rglob("*")):
            if path.suffix in (".yml", ".yaml") and path.is_file():
                yield path.relative_to(place).as_posix(), path.read_bytes()
    elif tarfile.is_tarfile(place):
        yield from _members(place)
    else:
        yield place.name, place.read_bytes()


def _members(place: Path) -> Iterator[tuple[str, bytes]]:
    """Rule files of an archive, read in memory: nothing is unpacked on disk."""
    total = 0
    with tarfile.open(place) as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith((".yml", ".yaml")):
                continue
            total += member.size
            if total > MOST_BYTES:
                raise NoRules(f"{place}: more than {MOST_BYTES >> 20} MiB of rules")
            stream = archive.extractfile(member)
            if stream is not None:
                yield member.name, stream.read()


def _compiled(
    texts: Sequence[tuple[str, str]],
    placeholders: Mapping[str, Sequence[str]],
    pipelines: Sequence[tuple[str, str]],
) -> RuleSet:
    # pySigma takes a second to import: not for sets that come from the cache.
    from .translate import Filter, filters_of, pipeline_of, translate

    added = [pipeline_of(name, text) for name, text in pipelines]
    rules: dict[str, Rule] = {}
    correlations: dict[str, Correlation] = {}
    rejected: list[Rejected] = []
    filters = list[Filter]()
    for name, text in texts:
        for found in filters_of(name, text):
            (rejected if isinstance(found, Rejected) else filters).append(found)  # type: ignore[arg-type]
    for name, rule_text in texts:
        for each in translate(name, rule_text, placeholders, added, filters):
            if isinstance(each, Rejected):
                rejected.append(each)
            elif (taken := rules.get(each.id) or correlations.get(each.id)) is not None:
                reason = f"its id {each.id} is already taken by {taken.path}"
                rejected.append(Rejected(each.path, each.line, "duplicate", reason))
            elif isinstance(each, Correlation):
                correlations[each.id] = each
            else:
                rules[each.id] = each
    rejected += [idle for one in filters if (idle := one.idle()) is not None]
    good, wrong = _resolved(rules, correlations)
    return RuleSet(tuple(rules.values()), (*rejected, *wrong), tuple(good))


def _resolved(
    rules: Mapping[str, Rule], correlations: Mapping[str, Correlation]
) -> tuple[list[Correlation], list[Rejected]]:
    """Correlations with the ids of what they name, each behind those it names; and the ones that name nothing here."""
    ids = {one.name: one.id for one in rules.values() if one.name}
    ids.update({one.name: one.id for one in correlations.values() if one.name})
    ids.update((ident, ident) for ident in (*rules, *correlations))
    left, wrong = dict(correlations), list[Rejected]()
    while missing := [
        (one, rule) for one in left.values() for rule in one.rules if ids.get(rule) not in {*rules, *left}
    ]:
        for one, rule in missing:
            if left.pop(one.id, None) is not None:
                reason = f"it names rule {rule!r}, which is not evaluated in this set"
                wrong.append(Rejected(one.path, one.line, "correlation", reason))
    named = [
        replace(
            one,
            rules=tuple(ids[rule] for rule in one.rules),
            aliases=tuple(
                (alias, tuple((ids.get(rule, rule), field) for rule, field in own)) for alias, own in one.aliases
            ),
        )
        for one in left.values()
    ]
    ordered, circle = in_order(named)
    wrong += [Rejected(one.path, one.line, "correlation", "it names itself, by way of others") for one in circle]
    return ordered, wrong


def _key(
    texts: Sequence[tuple[str, str]],
    placeholders: Mapping[str, Sequence[str]],
    pipelines: Sequence[tuple[str, str]],
) -> str:
    """Hash of everything a compiled set depends on."""
    versions = [ENGINE, *(f"{name} {version(name)}" for name in MEANING)]
    return hashlib.sha256(orjson.dumps([versions, placeholders, list(texts), list(pipelines)])).hexdigest()


MEANING: Final = ("pysigma", "pysigma-pipeline-sysmon", "pysigma-pipeline-windows", "google-re2", "pyyaml")
"""Packages whose version may change what a rule means."""


def _write(kept: Path, loaded: RuleSet) -> RuleSet:
    """Keeps a compiled set; a folder that cannot be written costs time, not the result."""
    plain = {"rules": [_plain(rule) for rule in loaded.rules], "rejected": loaded.rejected}
    content = orjson.dumps({**plain, "correlations": loaded.correlations})
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as draft:
            draft.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        os.replace(draft.name, kept)
    except OSError:
        return loaded
    return loaded


def _read(kept: Path) -> RuleSet | None:
    """A kept set; None where there is none or it is damaged."""
    try:
        checksum, _, content = kept.read_bytes().partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != checksum:
            return None
        found = orjson.loads(content)
        rejected = tuple(Rejected(**each) for each in found["rejected"])
        correlations = tuple(_correlation(each) for each in found["correlations"])
        return RuleSet(tuple(_rule(each) for each in found["rules"]), rejected, correlations)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _correlation(plain: dict[str, Any]) -> Correlation:
    aliases = tuple((alias, tuple((rule, field) for rule, field in own)) for alias, own in plain.pop("aliases"))
    lists: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    return Correlation(**lists, aliases=aliases)


def _plain(rule: Rule) -> dict[str, Any]:
    names = [name for name in Rule.__dataclass_fields__ if name not in ("gate", "tree", "logsource")]
    return {
        **{name: getattr(rule, name) for name in names},
        "logsource": asdict(rule.logsource),
        "gate": tree.to_json(rule.gate),
        "tree": tree.to_json(rule.tree),
    }


def _rule(plain: dict[str, Any]) -> Rule:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    values["logsource"] = Logsource(**plain["logsource"])
    values["gate"] = tree.from_json(plain["gate"])
    values["tree"] = tree.from_json(plain["tree"])
    return Rule(**values)
