"""Searching the lake: which events of the past a selection or a rule finds. Reads and computes, writes nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q, QuerySet
from django.utils import timezone

from bastide.monitor import criteria, detect
from bastide.monitor.models import Batch, Hunt

# Events shown of what was found, and hosts named; everything is counted.
ROWS, HOSTS = 200, 20
Progress = Callable[[int, int], None]


class Where(NamedTuple):
    """A host of an operator."""

    operator: str  # code
    host: str


@dataclass
class Result:
    """What a hunt found. `alerts` is how many alerts a rule would have raised: one a host and window."""

    batches: int = 0
    events: int = 0
    matches: int = 0
    alerts: int = 0
    hosts: int = 0
    seconds: float = 0.0
    days: dict[str, int] = field(default_factory=dict)  # ISO day of the console's zone → matches
    operators: dict[str, int] = field(default_factory=dict)  # code → matches
    most: list[tuple[str, str, int]] = field(default_factory=list)  # operator, host, matches
    rows: list[dict[str, Any]] = field(default_factory=list)  # as Alert.evidence, with operator and host

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Found:
    """A result as a page shows it."""

    whole: dict[str, Any]
    days: dict[str, int]
    most: list[tuple[str, str, int]]
    rows: list[detect.Evidence]

    @classmethod
    def of(cls, hunt: Hunt) -> Found:
        whole: dict[str, Any] = hunt.result or {}
        return cls(whole, whole["days"], whole["most"], [detect.Evidence.of(row) for row in whole["rows"]])


def reached(batches: QuerySet[Batch], hunt: Hunt) -> QuerySet[Batch]:
    """Of these batches those that may hold events of the time and place a hunt asks for, the newest first."""
    held = Q(first_event_at__lt=hunt.until, last_event_at__gte=hunt.since)
    undated = Q(created_at__gte=hunt.since, created_at__lt=hunt.until)
    found = batches.filter(held | undated).exclude(state=Batch.State.EXPIRED).order_by("-created_at", "-pk")
    if hunt.operator_id:
        found = found.filter(operator_id=hunt.operator_id)
    return found.filter(source_id=hunt.source_id) if hunt.source_id else found


def between(batch: Batch, events: pa.Table, since: datetime, until: datetime) -> pa.Table:
    """Events that happened in a time; one that does not say when counts as of its receipt."""
    when = pc.fill_null(events.column("at"), pa.scalar(batch.created_at, events.schema.field("at").type))
    events = events.set_column(events.schema.get_field_index("at"), events.schema.field("at"), when)
    inside = pc.and_(pc.greater_equal(when, pa.scalar(since)), pc.less(when, pa.scalar(until)))
    return events if pc.all(inside).as_py() else events.filter(inside)


@dataclass
class _Tally:
    """What was found so far."""

    rule: detect.Rule
    result: Result = field(default_factory=Result)
    days: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    hosts: Counter[Where] = field(default_factory=Counter)
    windows: set[tuple[Where, datetime]] = field(default_factory=set)

    def add(self, batch: Batch, events: pa.Table, rows: list[int]) -> None:
        found = events.select(["line", "at", "host"]).take(rows)
        lines, moments, hosts = (column.to_pylist() for column in found.columns)
        texts = events.column("raw").take(rows[: max(ROWS - len(self.result.rows), 0)]).to_pylist()
        for place, (line, moment, host) in enumerate(zip(lines, moments, hosts, strict=True)):
            where = Where(batch.operator.code, host or "")
            self.days[timezone.localtime(moment).date().isoformat()] += 1
            self.operators[where.operator] += 1
            self.hosts[where] += 1
            self.windows.add((where, criteria.window_start(moment)))
            if place < len(texts):
                self.result.rows.append(self._row(batch, line, moment, where, orjson.loads(texts[place])))

    def _row(self, batch: Batch, line: int, moment: datetime, where: Where, event: dict[str, Any]) -> dict[str, Any]:
        return {
            "batch": batch.number, "line": line, "at": moment.isoformat(), "operator": where.operator,
            "host": where.host, "event": event, "fields": detect.seen_first(self.rule, event),
        }  # fmt: skip

    def close(self) -> Result:
        result = self.result
        result.days, result.operators = dict(sorted(self.days.items())), dict(self.operators.most_common())
        result.most = [(*where, count) for where, count in self.hosts.most_common(HOSTS)]
        result.matches, result.alerts, result.hosts = sum(self.days.values()), len(self.windows), len(self.hosts)
        return result


def search(
    rule: detect.Rule, batches: Iterable[Batch], since: datetime, until: datetime, *, total: int = 0,
    progress: Progress = lambda done, total: None,
) -> Result:  # fmt: skip
    """Every event of these batches that the rule finds in a time, batch by batch: one is in memory at a time."""
    begun, tally, rules = time.monotonic(), _Tally(rule), detect.RuleSet((rule,))
    for done, (batch, events) in enumerate(_parts(batches, since, until), start=1):
        tally.result.batches += 1
        tally.result.events += events.num_rows
        rows = sorted({row for row, _rule in detect.rows_matched(batch.source, events, rules)})
        if rows:
            tally.add(batch, events, rows)
        progress(done, total)
    tally.result.seconds = round(time.monotonic() - begun, 2)
    return tally.close()


def _parts(batches: Iterable[Batch], since: datetime, until: datetime) -> Iterator[tuple[Batch, pa.Table]]:
    for batch in batches:
        yield batch, between(batch, detect.events_of(batch), since, until)
