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
from .tree import Node

ENGINE: Final = "bastide detect 1"
"""Counts up whenever the meaning or the layout of compiled rules changes: older caches are then compiled anew."""

MOST_BYTES: Final = 256 << 20

_TECHNIQUE: Final = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)


class NoRules(ValueError):
    """Nothing to load: the words say what was looked at."""


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
    def fields(self) -> tuple[str, ...]:
        """Names of the event fields the rule looks at."""
        return tree.fields(self.tree)


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Rules that are evaluated together, and the ones left out."""

    rules: tuple[Rule, ...]
    rejected: tuple[Rejected, ...] = ()

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[tuple[str, str]],
        *,
        placeholders: Mapping[str, Sequence[str]] | None = None,
        cache: Path | None = None,
    ) -> RuleSet:
        """The rules of (name, YAML text) pairs, compiled or taken from the cache folder."""
        named = list(texts)
        values = {name: list(each) for name, each in sorted((placeholders or {}).items())}
        if cache is None:
            return _compiled(named, values)
        kept = cache / f"rules-{_key(named, values)}.json"
        return _read(kept) or _write(kept, _compiled(named, values))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is evaluated; the same for the same rules on every machine."""
        return hashlib.sha256(orjson.dumps([_plain(rule) for rule in self.rules])).hexdigest()

    @cached_property
    def by_id(self) -> Mapping[str, int]:
        """Position of each rule by its id."""
        return {rule.id: at for at, rule in enumerate(self.rules)}


def load_rules(
    paths: Iterable[str | os.PathLike[str]],
    *,
    placeholders: Mapping[str, Sequence[str]] | None = None,
    cache: Path | None = None,
) -> RuleSet:
    """The rules of files, folders (every .yml and .yaml below them) and .tar.gz archives."""
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
    loaded = RuleSet.from_texts(texts, placeholders=placeholders, cache=cache)
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


def _compiled(texts: Sequence[tuple[str, str]], placeholders: Mapping[str, Sequence[str]]) -> RuleSet:
    from .translate import translate  # pySigma takes a second to import: not for sets that come from the cache

    rules: dict[str, Rule] = {}
    rejected: list[Rejected] = []
    for name, rule_text in texts:
        for each in translate(name, rule_text, placeholders):
            if isinstance(each, Rejected):
                rejected.append(each)
            elif each.id in rules:
                reason = f"its id {each.id} is already taken by {rules[each.id].path}"
                rejected.append(Rejected(each.path, each.line, "duplicate", reason))
            else:
                rules[each.id] = each
    return RuleSet(tuple(rules.values()), tuple(rejected))


def _key(texts: Sequence[tuple[str, str]], placeholders: Mapping[str, Sequence[str]]) -> str:
    """Hash of everything a compiled set depends on."""
    versions = [ENGINE, *(f"{name} {version(name)}" for name in MEANING)]
    return hashlib.sha256(orjson.dumps([versions, placeholders, list(texts)])).hexdigest()


MEANING: Final = ("pysigma", "pysigma-pipeline-sysmon", "pysigma-pipeline-windows", "google-re2", "pyyaml")
"""Packages whose version may change what a rule means."""


def _write(kept: Path, loaded: RuleSet) -> RuleSet:
    """Keeps a compiled set; a folder that cannot be written costs time, not the result."""
    content = orjson.dumps({"rules": [_plain(rule) for rule in loaded.rules], "rejected": loaded.rejected})
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
        return RuleSet(tuple(_rule(each) for each in found["rules"]), rejected)
    except (OSError, ValueError, TypeError, KeyError):
        return None


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
