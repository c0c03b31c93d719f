"""`match`: rules and a batch of events in, pairs of event and rule out. Pure; the same batch gives the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, islice
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from bastide.engines.frames import MATCH

from . import native
from .event import Poison, Trouble, flat
from .parse import parse, without_surrogates
from .plan import Key, Plan
from .rules import Logsource, RuleSet

_AT_ONCE: Final = 16_384
_STRICT: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS

Events: TypeAlias = Iterable[object] | Any
"""Events one by one, or a record batch or table of Arrow."""
Pair = tuple[int, int]


@dataclass(frozen=True, slots=False)
class Matches:
    """Pairs (event, rule), sorted; both are positions, of the event in the batch and of the rule in its set."""

    found: NDArray[np.uint32]
    troubles: tuple[Trouble, ...] = ()
    events: int = 0

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs as numbers of Python."""
        return tuple(map(tuple, self.found.tolist()))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.found)

    def table(self) -> pa.Table:
        """The pairs as a table of schema `frames.MATCH`."""
        columns = [pa.array(np.ascontiguousarray(self.found[:, at])) for at in (0, 1)]
        return pa.Table.from_arrays(columns, schema=MATCH)


@dataclass(slots=True)
class _Tally:
    """What is known so far: pairs as arrays from the kernel and one by one from Python."""

    arrays: list[NDArray[np.uint32]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    events: int = 0

    def matches(self) -> Matches:
        """Everything, sorted by event, then rule."""
        single = np.array(self.pairs, np.uint32).reshape(-1, 2)
        found = np.concatenate([*self.arrays, single])
        found = found[np.lexsort((found[:, 1], found[:, 0]))]
        return Matches(found, tuple(sorted(self.troubles, key=lambda each: each.event)), self.events)


_PLANS: WeakKeyDictionary[RuleSet, Plan] = WeakKeyDictionary()
_ENGINES: WeakKeyDictionary[RuleSet, native.Engine] = WeakKeyDictionary()


def match(rules: RuleSet, events: Events, *, logsource: Logsource | None = None, threads: int = 1) -> Matches:
    """Evaluates the rules on every event.

    `events` are JSON objects as dicts, JSON texts as str or bytes, a batch with a column `raw` of JSON texts, or a
    batch whose columns are the fields. `logsource` declares the source of events that do not say it themselves
    (sigma_product, _category, _service). An event that cannot be read is named in `troubles` with the reason; the
    others are evaluated all the same. `threads` share the work where the kernel is there; the answer is the same.
    """
    plan = _plan(rules)
    source = logsource or Logsource()
    declared = Key(None, None, source.product, source.category, source.service)
    tally = _Tally()
    engine = _engine(rules, plan)
    for batch in _batches(events):
        if engine is None or not batch.readable:
            _by_python(plan, declared, tally, range(batch.count), batch.given(range(batch.count)))
        else:
            _by_kernel(engine, plan, declared, tally, batch, threads)
        tally.events += batch.count
    return tally.matches()


def _plan(rules: RuleSet) -> Plan:
    plan = _PLANS.get(rules)
    if plan is None:
        plan = _PLANS[rules] = Plan(rules.rules)
    return plan


def _engine(rules: RuleSet, plan: Plan) -> native.Engine | None:
    if not native.available():
        return None
    engine = _ENGINES.get(rules)
    if engine is None:
        engine = _ENGINES[rules] = native.Engine(plan)
    return engine


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some events in the form the kernel reads, and as they were given."""

    count: int
    given: Callable[[Sequence[int]], Sequence[object]]
    raw: pa.Array | None = None
    columns: native.Columns | None = None

    @property
    def readable(self) -> bool:
        return self.raw is not None or (self.columns is not None and self.columns.readable)

    def flat(self, chosen: Sequence[int]) -> list[Mapping[str, Any] | None]:
        """Events flattened; None where one cannot be read."""
        return [_readable(given) for given in self.given(chosen)]


def _batches(events: Events) -> Iterator[_Batch]:
    if isinstance(events, pa.Table):
        for batch in events.to_batches():
            yield _of_arrow(batch)
    elif isinstance(events, pa.RecordBatch):
        yield _of_arrow(events)
    else:
        stream = iter(events)
        while chunk := list(islice(stream, _AT_ONCE)):
            yield _of_list(chunk)


def _of_arrow(batch: pa.RecordBatch) -> _Batch:
    if "raw" not in batch.schema.names:
        columns = native.Columns(batch)
        return _Batch(len(batch), columns.events, columns=columns)
    raw = batch.column("raw")
    kind = raw.type
    simple = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    simple = simple or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return _Batch(
        len(batch),
        lambda chosen: [raw[at].as_py() for at in chosen],
        raw=raw if simple and not raw.null_count else None,
    )


def _of_list(chunk: list[object]) -> _Batch:
    texts = pa.array([_as_bytes(given) for given in chunk], pa.large_binary())
    return _Batch(len(chunk), lambda chosen: [chunk[at] for at in chosen], raw=texts)


def _as_bytes(given: object) -> bytes:
    """The JSON of an event; empty where it has none, which leaves it to Python."""
    try:
        if isinstance(given, bytes):
            return given
        return given.encode() if isinstance(given, str) else orjson.dumps(given, option=_STRICT)
    except (TypeError, UnicodeEncodeError, orjson.JSONEncodeError):
        return b""


def _by_kernel(engine: native.Engine, plan: Plan, declared: Key, tally: _Tally, batch: _Batch, threads: int) -> None:
    if batch.raw is not None:
        left = engine.lines(batch.raw, declared, batch.flat, threads)
    else:
        assert batch.columns is not None
        left = engine.rows(batch.columns, declared, batch.flat, threads)
    first = tally.events
    tally.arrays.append(left.matches + np.array([first, 0], np.uint32))
    if len(left.asks):
        _answer(plan, declared, tally, batch, left.asks)
    if len(left.odd):
        odd = np.unique(left.odd).tolist()
        _by_python(plan, declared, tally, odd, batch.given(odd))


def _answer(plan: Plan, declared: Key, tally: _Tally, batch: _Batch, asks: NDArray[np.uint32]) -> None:
    """Evaluates the rules the kernel could not decide, and only those."""
    first = tally.events
    by_event = [(at, [rule for _, rule in pairs]) for at, pairs in groupby(asks.tolist(), key=lambda pair: pair[0])]
    for (at, wanted), event in zip(by_event, batch.flat([at for at, _ in by_event]), strict=True):
        try:
            assert event is not None
            route = plan.route(plan.key(event, declared), [event])
            tally.pairs.extend((first + at, rule) for rule in route.which(wanted, event))
        except Exception as problem:  # whatever an event does, the others must be evaluated
            tally.troubles.append(trouble(first + at, problem))


def _by_python(plan: Plan, declared: Key, tally: _Tally, numbers: Sequence[int], events: Sequence[object]) -> None:
    """Evaluates some events, route by route."""
    first = tally.events
    routed: dict[Key, list[tuple[int, Mapping[str, Any]]]] = {}
    for at, given in zip(numbers, events, strict=True):
        try:
            event = flat(parse(given) if isinstance(given, str | bytes) else given)
            routed.setdefault(plan.key(event, declared), []).append((first + at, event))
        except Exception as problem:  # whatever an event does, the others must be evaluated
            tally.troubles.append(trouble(first + at, problem))
    for key, group in routed.items():
        route = plan.route(key, [event for _, event in group])
        for at, event in group:
            try:
                tally.pairs.extend((at, rule) for rule in _matches(route.matches, event))
            except Exception as problem:  # as above
                tally.troubles.append(trouble(at, problem))


def _readable(given: object) -> Mapping[str, Any] | None:
    try:
        return flat(parse(given) if isinstance(given, str | bytes) else given)
    except Exception:  # what cannot be read is named when its turn comes
        return None


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
