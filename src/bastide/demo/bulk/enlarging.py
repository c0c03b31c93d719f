"""Making the sector larger: what is written in which order, in one transaction, so that a cut-off leaves nothing."""

from __future__ import annotations

import random
import time
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from bastide.base.clock.models import Clock, ClockEvent
from bastide.base.flow.models import Series
from bastide.base.jobs import upkeep
from bastide.base.people.models import Account, Membership, Organisation
from bastide.base.trail.models import Entry
from bastide.demo.bulk import ground as grounds
from bastide.demo.bulk import supervision, traces
from bastide.demo.bulk.ground import Ground
from bastide.demo.bulk.pouring import Say, next_id, pour
from bastide.demo.play import SEED
from bastide.monitor.models import Alert, Source
from bastide.rectify.models import Finding, Order, OrderLine
from bastide.registry.models import NetworkUnit, UnitHost


class CannotEnlarge(Exception):
    """Not here, or not twice; the message says why and what to do."""


def enlarge(scale: int, *, at: datetime, say: Say, seed: int = SEED) -> None:
    """Add a sector `scale` times 100 operators large to the demonstration."""
    _check(scale)
    _make_room()
    began = time.monotonic()
    say(f"Adding a sector of {grounds.OPERATORS * scale:,} operators; until it is done nobody else can write.")
    with transaction.atomic():
        made = Ground(scale, at, random.Random(seed))
        grounds.lay_out(made)
        _pour_ground(made, say)
        _pour_supervision(made, say)
    upkeep.measure_tables()
    say(f"  done in {time.monotonic() - began:.0f} s")


def _check(scale: int) -> None:
    if not settings.BASTIDE_DEMO:
        raise CannotEnlarge("made-up operators belong into a demonstration only: set BASTIDE_DEMO=1 in an empty folder")
    if scale < 1:
        raise CannotEnlarge(f"--scale {scale}: give a whole number from 1; 1 is {grounds.OPERATORS} operators")
    there = Organisation.objects.filter(code__startswith=grounds.PREFIX).count()
    if there:
        raise CannotEnlarge(f"this demonstration was enlarged already ({there:,} operators): take a new data folder")


def _make_room() -> None:
    """Half a gigabyte of pages for this connection: indexes that grow in random order should stay in memory."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size=-524288")


def _reserve(series: str, year: int, count: int) -> int:
    """Take `count` numbers of a series at once; returns the first."""
    row, _made = Series.objects.select_for_update().get_or_create(name=series, year=year)
    row.last += count
    row.save(update_fields=["last"])
    return row.last - count + 1


def _pour_ground(made: Ground, say: Say) -> None:
    count, units = len(made.operators), sum(one.size for one in made.operators)
    year = made.at.year
    pour(Organisation, grounds.organisations(made), total=count, say=say)
    pour(Account, grounds.accounts(made), total=count, say=say)
    pour(Membership, grounds.memberships(made), total=count, say=say)
    pour(Source, grounds.sources(made, _reserve(Source.SERIES, year, count)), total=count, say=say)
    pour(NetworkUnit, grounds.units(made, _reserve(NetworkUnit.SERIES, year, units)), total=units, say=say)
    pour(UnitHost, grounds.hosts(made), total=units, say=say)


def _pour_supervision(made: Ground, say: Say) -> None:
    year = made.at.year
    cases = list(supervision.cases(made))
    total, ordered = len(cases) * supervision.TOGETHER, sum(case.order is not None for case in cases)
    first_finding, first_order = _reserve(Finding.SERIES, year, total), _reserve(Order.SERIES, year, ordered)
    finding, order = supervision.bases()
    pour(Finding, supervision.findings(made, cases, first_finding, finding), total=total, say=say)
    pour(Order, supervision.orders(made, cases, first_order, order), total=ordered, say=say)
    many = ordered * supervision.TOGETHER
    pour(OrderLine, supervision.lines(cases, finding, order), total=many, say=say)
    run, clock = len(supervision.running(cases)), next_id(Clock)
    pour(Clock, supervision.clocks(made, cases, first_order, order, clock), total=run, say=say)
    pour(ClockEvent, supervision.clock_events(made, cases, clock), total=run, say=say)
    alerts = grounds.ALERTS * made.scale
    pour(Alert, supervision.alerts(made, _reserve(Alert.SERIES, year, alerts)), total=alerts, say=say)
    first_unit = (
        Series.objects.get(name=NetworkUnit.SERIES, year=year).last - sum(one.size for one in made.operators) + 1
    )
    entries = grounds.ENTRIES * made.scale
    told = traces.entries(
        made, cases, entries, units=first_unit, findings=(first_finding, finding), orders=(first_order, order)
    )
    pour(Entry, told, total=entries, say=say)
