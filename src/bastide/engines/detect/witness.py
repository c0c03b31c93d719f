"""Which rules can match a value at all: texts of which one must occur, found by their rarest four bytes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .leaves import ONE, parts_of
from .regex import literals
from .tree import And, Kind, Leaf, Node, Or

_SAMPLE: Final = 1 << 16
_REMEMBERED: Final = 20_000
_SHORT_VALUE: Final = 300


@dataclass(frozen=True, slots=True)
class Probe:
    """A text that must equal (whole) or occur in the lower-cased value of a field (None: any value)."""

    field: str | None
    text: str
    whole: bool = False


Witness = tuple[float, tuple[Probe, ...]]


@dataclass(slots=True)
class Sample:
    """Values seen, to tell common texts from rare ones. What it holds changes speed, never answers."""

    events: int = 0
    values: dict[str | None, Counter[str]] = field(default_factory=dict)
    joined: dict[str | None, str] = field(default_factory=dict)
    known: dict[Probe, float] = field(default_factory=dict)

    def add(self, texts: Mapping[str, str | tuple[str, ...]], *, keywords: bool) -> None:
        """Takes one event's lower-case texts into the sample."""
        self.events += 1
        for name, value in texts.items():
            each = value if isinstance(value, str) else "\n".join(value)
            self.values.setdefault(name, Counter())[each[:_SAMPLE]] += 1
        if keywords:
            self.values.setdefault(None, Counter())[words_of(texts)[:_SAMPLE]] += 1

    def text(self, name: str | None) -> str:
        """The distinct values of a field in one text, cut at 64 ki characters."""
        if name not in self.joined:
            self.joined[name] = "\n".join(self.values.get(name, ()))[:_SAMPLE]
        return self.joined[name]

    def cost(self, probe: Probe) -> float:
        """About how often the probe hits: what was seen, and a guess by length for what was not."""
        if probe not in self.known:
            self.known[probe] = self._seen(probe) + _guess(probe)
        return self.known[probe]

    def _seen(self, probe: Probe) -> float:
        counts = self.values.get(probe.field)
        if not counts or not self.events:
            return 0.0
        if probe.whole:
            return counts[probe.text] / self.events
        if probe.text not in self.text(probe.field):
            return 0.0
        return sum(count for value, count in counts.items() if probe.text in value) / self.events


def _guess(probe: Probe) -> float:
    if probe.whole:
        return 0.02 if len(probe.text) < 3 else 1e-4
    return max(3e-4, 0.6 ** len(probe.text)) + (0.03 if len(probe.text.encode()) < 4 else 0)


def words_of(texts: Mapping[str, str | tuple[str, ...]]) -> str:
    """All values of an event in one text, in which keywords are looked for."""
    return "\n".join([value if isinstance(value, str) else "\n".join(value) for value in texts.values()])


def witness(node: Node, sample: Sample) -> Witness | None:
    """The cheapest probes of which one hits wherever the tree is true; None where there are none."""
    match node:
        case Leaf():
            probes = _probes(node)
            return None if probes is None else (sum(map(sample.cost, probes)), probes)
        case And(children):
            found = [each for child in children if (each := witness(child, sample)) is not None]
            return min(found, key=lambda each: each[0], default=None)
        case Or(children):
            known = [each for child in children if (each := witness(child, sample)) is not None]
            if len(known) < len(children):
                return None
            return sum(price for price, _ in known), tuple(probe for _, probes in known for probe in probes)
        case _:
            return None


def _probes(leaf: Leaf) -> tuple[Probe, ...] | None:
    match leaf.kind:
        case Kind.EQUALS if leaf.field is not None:
            return tuple(Probe(leaf.field, value.lower(), whole=True) for value in leaf.values)
        case Kind.CONTAINS | Kind.STARTS | Kind.ENDS | Kind.EQUALS:
            texts: list[str] = list(leaf.values)
        case Kind.WILD:
            runs = [[run for part in parts_of(value) for run in part.split(ONE)] for value in leaf.values]
            texts = [max(each, key=len) for each in runs]
        case Kind.REGEX:
            mined = [literals(pattern, leaf.option) for pattern in leaf.values]
            if any(each is None for each in mined):
                return None
            texts = [each for some in mined if some for each in some]
        case _:
            return None
    if not all(texts) or (leaf.cased and not all(map(str.isascii, texts))):
        return None
    return tuple(Probe(leaf.field, each.lower()) for each in texts)


@dataclass(slots=True)
class FieldIndex:
    """Finds, for a value of one field, the rules one of whose probes it holds."""

    whole: dict[str, list[int]] = field(default_factory=dict)
    inside: dict[str, list[int]] = field(default_factory=dict)
    short: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    grams: dict[int, list[tuple[str, tuple[int, ...]]]] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)
    keys: frozenset[int] = frozenset()
    seen: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def add(self, probe: Probe, rule: int) -> None:
        """Notes that a hit of the probe makes the rule worth asking."""
        (self.whole if probe.whole else self.inside).setdefault(probe.text, []).append(rule)

    def close(self, sample_text: str) -> None:
        """Chooses the rarest four bytes of each probe; to be called once, after the last `add`."""
        common = Counter(gram for view in _views(sample_text) for gram in view)
        for literal, rules in self.inside.items():
            grams = {gram for view in _views(literal) for gram in view}
            if not grams:
                self.short.append((literal, tuple(rules)))
                continue
            rarest = min(grams, key=lambda gram: (common[gram], gram))
            self.grams.setdefault(rarest, []).append((literal, tuple(rules)))
            self.offsets[literal] = literal.encode("utf-8", "surrogatepass").find(rarest.to_bytes(4, sys.byteorder))
        self.keys = frozenset(self.grams)

    def rules(self, value: str) -> tuple[int, ...]:
        """The rules worth asking about this value; all that can match are among them."""
        known = self.seen.get(value)
        if known is not None:
            return known
        found = set(self.whole.get(value, ()))
        for literal, rules in self.short:
            if literal in value:
                found.update(rules)
        if self.keys:
            for view in _views(value):
                for gram in self.keys.intersection(view):
                    for literal, rules in self.grams[gram]:
                        if literal in value:
                            found.update(rules)
        answer = tuple(found)
        if len(value) <= _SHORT_VALUE:
            if len(self.seen) >= _REMEMBERED:
                self.seen.clear()
            self.seen[value] = answer
        return answer


def _views(value: str) -> Iterable[memoryview[int]]:
    """Every four neighbouring bytes of the text as numbers, in four views that start one byte apart."""
    content = value.encode("utf-8", "surrogatepass")
    whole, size = memoryview(content), len(content)
    return [whole[at : at + (size - at & ~3)].cast("I") for at in range(min(4, max(0, size - 3)))]
