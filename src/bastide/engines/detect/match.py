"""`match`: rules and a batch of events in, pairs of event and rule out. Pure; the same batch gives the same pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from weakref import WeakKeyDictionary

import pyarrow as pa

from bastide.engines.frames import MATCH

from .event import Poison, Trouble, flat
from .plan import Key, Plan
from .read import parse, without_surrogates
from .rules import Logsource, RuleSet

_AT_ONCE: Final = 16_384


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs (event, rule), sorted; both are positions, of the event in the batch and of the rule in its set."""

    pairs: tuple[tuple[int, int], ...]
    troubles: tuple[Trouble, ...] = ()
    events: int = 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def table(self) -> pa.Table:
        """The pairs as a table of schema `frames.MATCH`."""
        columns = [[event for event, _ in self.pairs], [rule for _, rule in self.pairs]]
        return pa.Table.from_arrays([pa.array(c, pa.uint32()) for c in columns], schema=MATCH)


_PLANS: WeakKeyDictionary[RuleSet, Plan] = WeakKeyDictionary()


def match(
    rules: RuleSet,
    events: Iterable[object] | pa.RecordBatch | pa.Table,
    *,
    logsource: Logsource | None = None,
) -> Matches:
    """Evaluates the rules on every event.

    `events` are JSON objects as dicts, JSON texts as str or bytes, or a batch with a column `raw` of JSON texts.
    `logsource` declares the source of events that do not say it themselves (sigma_product, _category, _service).
    An event that cannot be read is named in `troubles` with the reason; the others are evaluated all the same.
    """
    plan = _plan(rules)
    source = logsource or Logsource()
    declared = Key(None, None, source.product, source.category, source.service)
    pairs: list[tuple[int, int]] = []
    troubles: list[Trouble] = []
    seen = 0
    stream = iter(_each(events))
    while chunk := list(islice(stream, _AT_ONCE)):
        _chunk(plan, declared, seen, chunk, pairs, troubles)
        seen += len(chunk)
    return Matches(tuple(sorted(pairs)), tuple(sorted(troubles, key=lambda trouble: trouble.event)), seen)


def _plan(rules: RuleSet) -> Plan:
    plan = _PLANS.get(rules)
    if plan is None:
        plan = _PLANS[rules] = Plan(rules.rules)
    return plan


def _each(events: Iterable[object] | pa.RecordBatch | pa.Table) -> Iterable[object]:
    if isinstance(events, pa.RecordBatch | pa.Table):
        return (text for text in events.column("raw").to_pylist())
    return events


def _chunk(
    plan: Plan,
    declared: Key,
    first: int,
    events: Sequence[object],
    pairs: list[tuple[int, int]],
    troubles: list[Trouble],
) -> None:
    """Evaluates some events, route by route."""
    routed: dict[Key, list[tuple[int, Mapping[str, Any]]]] = {}
    for at, given in enumerate(events, start=first):
        try:
            event = flat(parse(given) if isinstance(given, str | bytes) else given)
            routed.setdefault(plan.key(event, declared), []).append((at, event))
        except Exception as problem:  # whatever an event does, the others must be evaluated
            troubles.append(trouble(at, problem))
    for key, group in routed.items():
        route = plan.route(key, [event for _, event in group])
        for at, event in group:
            try:
                pairs.extend((at, rule) for rule in _matches(route.matches, event))
            except Exception as problem:  # as above
                troubles.append(trouble(at, problem))


def _matches(matches: Any, event: Mapping[str, Any]) -> list[int]:
    try:
        found: list[int] = matches(event)
    except UnicodeEncodeError:
        found = matches(without_surrogates(event))
    return found


def trouble(at: int, problem: Exception) -> Trouble:
    """What is reported of an event that could not be evaluated."""
    if isinstance(problem, Poison):
        return Trouble(at, problem.code, str(problem))
    return Trouble(at, "text", f"{type(problem).__name__}: {problem}")
