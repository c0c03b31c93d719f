"""Correlation rules: what several matches within a span of time say together (Sigma Correlation Rules Specification 2).

Matches are taken in order of time, then of their place; a window reaches back from the match at hand by the rule's
span, both ends included. Every match at which the condition holds is one match of the correlation. Matches whose event
states no time, or lacks a field of `group-by`, are not counted.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, isfinite
from typing import Any, Final

from .event import text

TYPES: Final = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
)

_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "eq": lambda value, bound: value == bound,
    "neq": lambda value, bound: value != bound,
}


@dataclass(frozen=True, slots=True)
class Correlation:
    """One correlation rule. `rules` are ids of rules or correlations of the same set; `aliases` gives per name of
    `group_by` the field it stands for in each rule."""

    id: str
    title: str
    name: str
    level: str
    path: str
    line: int
    type: str
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    span: int  # seconds
    op: str
    bound: float
    fields: tuple[str, ...]
    percentile: int
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    generate: bool
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A match of one rule (by id): when, where in the order of the input, and the flat event."""

    rule: str
    time: datetime
    place: tuple[int, int]
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A correlation that holds at a hit: the group, the value its condition was asked about, and how many hits the
    window has."""

    correlation: Correlation
    hit: Hit
    group: tuple[tuple[str, str], ...]
    value: float
    hits: int


def correlate(correlations: Sequence[Correlation], hits: Iterable[Hit]) -> list[Found]:
    """Every hit at which a correlation holds, in order of time and place. What a correlation finds counts as a hit for
    those that name it; `correlations` must be in such an order (`in_order`)."""
    waiting: dict[str, list[Hit]] = {}
    for hit in hits:
        waiting.setdefault(hit.rule, []).append(hit)
    found: list[Found] = []
    for correlation in correlations:
        mine = sorted((hit for rule in correlation.rules for hit in waiting.get(rule, ())), key=_when)
        own = list(_held(correlation, mine))
        found += own
        waiting[correlation.id] = [
            Hit(correlation.id, one.hit.time, one.hit.place, {**one.hit.event, **dict(one.group)}) for one in own
        ]
    return sorted(found, key=lambda one: (*_when(one.hit), one.correlation.id))


def in_order(correlations: Sequence[Correlation]) -> tuple[list[Correlation], list[Correlation]]:
    """Correlations so that each comes after those it names, and those that name each other in a circle."""
    known = {one.id for one in correlations}
    done: dict[str, Correlation] = {}
    left = list(correlations)
    while ready := [one for one in left if all(rule in done or rule not in known for rule in one.rules)]:
        done.update((one.id, one) for one in ready)
        left = [one for one in left if one.id not in done]
    return list(done.values()), left


def _when(hit: Hit) -> tuple[datetime, tuple[int, int]]:
    return hit.time, hit.place


def _held(correlation: Correlation, hits: Sequence[Hit]) -> Iterator[Found]:
    windows: dict[tuple[str, ...], _Window] = {}
    aliases = {name: dict(fields) for name, fields in correlation.aliases}
    compared = _COMPARED[correlation.op]
    for hit in hits:
        group = _group(correlation, aliases, hit)
        if group is None:
            continue
        window = windows.get(group)
        if window is None:
            window = windows[group] = _window(correlation)
        value = window.add(hit)
        if value is not None and compared(value, correlation.bound):
            named = tuple(zip(correlation.group_by, group, strict=True))
            yield Found(correlation, hit, named, value, window.count)


def _group(correlation: Correlation, aliases: Mapping[str, Mapping[str, str]], hit: Hit) -> tuple[str, ...] | None:
    """The texts of the group's fields, lower-case as rules compare them; None where one is missing."""
    values = []
    for name in correlation.group_by:
        value = hit.event.get(aliases[name].get(hit.rule, name) if name in aliases else name)
        if value is None or isinstance(value, dict | list):
            return None
        values.append(text(value).lower())
    return tuple(values)


class _Window:
    """The hits of one group within the span. `add` gives the value to compare; None where the hit has none."""

    def __init__(self, correlation: Correlation) -> None:
        self.span = timedelta(seconds=correlation.span)
        self.kept: deque[tuple[datetime, Any]] = deque()

    @property
    def count(self) -> int:
        return len(self.kept)

    def add(self, hit: Hit) -> float | None:
        while self.kept and hit.time - self.kept[0][0] > self.span:
            self.left(self.kept.popleft()[1])
        item = self.item(hit)
        if item is None:
            return None
        self.kept.append((hit.time, item))
        return self.entered(item)

    def item(self, hit: Hit) -> Any:
        return hit

    def entered(self, item: Any) -> float:
        return len(self.kept)

    def left(self, item: Any) -> None:
        """What leaves the window."""


class _Values(_Window):
    """Different values of the fields: how many there are."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.fields = correlation.fields
        self.seen: Counter[tuple[str, ...]] = Counter()

    def item(self, hit: Hit) -> Any:
        values = [hit.event.get(name) for name in self.fields]
        return None if any(value is None for value in values) else tuple(text(value).lower() for value in values)

    def entered(self, item: Any) -> float:
        self.seen[item] += 1
        return len(self.seen)

    def left(self, item: Any) -> None:
        self.seen[item] -= 1
        if not self.seen[item]:
            del self.seen[item]


class _Numbers(_Window):
    """Numbers of one field, kept in order of size: their sum, average, median or a percentile (nearest rank)."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.field = correlation.fields[0]
        self.type = correlation.type
        self.percentile = 50 if correlation.type == "value_median" else correlation.percentile
        self.total = Fraction()  # exact: what leaves takes away what it brought
        self.ordered: list[float] = []

    def item(self, hit: Hit) -> float | None:
        try:
            number = float(text(hit.event.get(self.field)))
        except ValueError:
            return None
        return number if isfinite(number) else None

    def entered(self, item: float) -> float:
        if self.type in ("value_sum", "value_avg"):
            self.total += Fraction(item)
            return float(self.total if self.type == "value_sum" else self.total / len(self.kept))
        insort(self.ordered, item)
        return self.ordered[max(0, ceil(self.percentile / 100 * len(self.ordered)) - 1)]

    def left(self, item: float) -> None:
        if self.type in ("value_sum", "value_avg"):
            self.total -= Fraction(item)
        else:
            del self.ordered[bisect_left(self.ordered, item)]


class _Together(_Window):
    """Different rules that hit within the span."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.seen: Counter[str] = Counter()

    def item(self, hit: Hit) -> str:
        return hit.rule

    def entered(self, item: str) -> float:
        self.seen[item] += 1
        return len(self.seen)

    def left(self, item: str) -> None:
        self.seen[item] -= 1
        if not self.seen[item]:
            del self.seen[item]


class _InOrder(_Window):
    """Rules that hit one after the other: how many of them, from the first, are in order up to this hit. One event is
    one step only."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.steps = {rule: at for at, rule in enumerate(correlation.rules)}
        # Per step the chain that began last, and the event it has come to; and the chains before that event.
        self.began: list[datetime | None] = [None] * len(self.steps)
        self.before: list[datetime | None] = list(self.began)
        self.place: tuple[int, int] | None = None

    def item(self, hit: Hit) -> Hit:
        return hit

    def entered(self, item: Hit) -> float:
        if item.place != self.place:
            self.place, self.before = item.place, list(self.began)
        step = self.steps[item.rule]
        start = item.time if step == 0 else self.before[step - 1]
        if start is None or item.time - start > self.span:
            return 0
        self.began[step] = max(start, self.began[step] or start)
        return step + 1


_WINDOWS: Final[dict[str, type[_Window]]] = {
    "event_count": _Window,
    "value_count": _Values,
    "temporal": _Together,
    "temporal_ordered": _InOrder,
    "value_sum": _Numbers,
    "value_avg": _Numbers,
    "value_percentile": _Numbers,
    "value_median": _Numbers,
}


def _window(correlation: Correlation) -> _Window:
    return _WINDOWS[correlation.type](correlation)
