"""What happens to a clock. Each act adds one event, writes the cache anew from all events, plans the reminders and
keeps the trail, in one transaction."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction

from bastide.base import packs, terms
from bastide.base.clock import reminders
from bastide.base.clock.duty import term_of
from bastide.base.clock.models import Clock, ClockEvent
from bastide.base.clock.reading import Outcome, OutOfOrderError, Reading, What, read
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import Term, Unit
from bastide.base.trail import ledger


def start(
    thing: models.Model,
    type_id: str,
    *,
    at: datetime,
    by: Account,
    bearer: Organisation,
    clause: str = "",
    owed_to: str = "",
    fact: str = "",
    note: str = "",
    known_at: datetime | None = None,
    limit: Term | None = None,
    area: str | None = None,
    pack: packs.Pack | None = None,
) -> Clock:
    """Start the clock of a duty about a thing; `limit` is the term of an order, in place of the pack's.

    The same duty of the same bearer about the same thing runs once: starting it again returns the clock that runs,
    untouched, so that a report sent twice moves nothing.
    """
    law = pack or packs.active()
    kind = law.clock(type_id)
    owed = owed_to or ",".join(kind.owed_to)
    same = Clock.objects.filter(
        thing_kind=ledger.kind_of(thing), thing_id=thing.pk, type_id=type_id, bearer=bearer, owed_to=owed,
        state__in=["running", "paused"],
    )  # fmt: skip
    with transaction.atomic():
        if (running := same.select_for_update(of=("self",)).first()) is not None:
            return running
        term = limit or term_of(kind)
        place = ledger.place_of(thing)[1] if area is None else area
        clock = Clock(
            thing_kind=ledger.kind_of(thing), thing_id=thing.pk, thing_number=str(getattr(thing, "number", "") or ""),
            bearer=bearer, area=place or bearer.area, type_id=type_id, pack_id=law.id, pack_version=law.version,
            name_zh=kind.name.zh, name_en=kind.name.en, mark=str(kind.mark), clause=clause or kind.clause, owed_to=owed,
            term_value=term.value, term_unit=term.unit.value, term_rolls=term.rolls, zone=law.manifest.zone,
            calendar_id=law.manifest.calendar, known_at=known_at or at, started_at=at, state=Clock.Standing.RUNNING,
        )  # fmt: skip
        event = _event(What.START, at=at, by=by, known_at=known_at, clause=clock.clause, fact=fact, note=note)
        _cache(clock, read([event.event], term, terms.calendar(clock.calendar_id), ZoneInfo(clock.zone)))
        clock.save()
        return _write(clock, event, thing=thing)


def pause(
    clock: Clock, *, at: datetime, by: Account, clause: str, fact: str, note: str = "", known_at: datetime | None = None
) -> Clock:
    """Let it stand still: the law does not count what follows until it is resumed."""
    if clock.term.unit is Unit.DATE or clock.term.counts_back:
        raise OutOfOrderError(f"{clock.type_id} is bound to a day ({clock.term}); a day is not paused")
    return _happen(clock, _event(What.PAUSE, at=at, by=by, known_at=known_at, clause=clause, fact=fact, note=note))


def resume(
    clock: Clock, *, at: datetime, by: Account, clause: str, fact: str, note: str = "", known_at: datetime | None = None
) -> Clock:
    """Let it run on."""
    return _happen(clock, _event(What.RESUME, at=at, by=by, known_at=known_at, clause=clause, fact=fact, note=note))


def extend(
    clock: Clock,
    *,
    at: datetime,
    by: Account,
    clause: str,
    fact: str,
    term: Term | None = None,
    until: date | None = None,
    note: str = "",
    known_at: datetime | None = None,
) -> Clock:
    """Make it longer: by a term (30 working days and 15 more), or to the end of a day."""
    event = _event(What.EXTEND, at=at, by=by, known_at=known_at, clause=clause, fact=fact, note=note)
    event.until = until
    if term is not None:
        event.term_value, event.term_unit = term.value, term.unit.value
    return _happen(clock, event)


def stop(
    clock: Clock,
    *,
    at: datetime,
    by: Account,
    clause: str = "",
    fact: str = "",
    note: str = "",
    known_at: datetime | None = None,
) -> Clock:
    """What was owed is done: met or late follows from the events."""
    return _happen(clock, _event(What.STOP, at=at, by=by, known_at=known_at, clause=clause, fact=fact, note=note))


def cancel(
    clock: Clock,
    *,
    at: datetime,
    by: Account,
    clause: str = "",
    fact: str = "",
    note: str = "",
    known_at: datetime | None = None,
) -> Clock:
    """It is owed no longer."""
    event = _event(What.STOP, at=at, by=by, known_at=known_at, clause=clause, fact=fact, note=note)
    event.outcome = Outcome.CANCELLED.value
    return _happen(clock, event)


def stop_all(
    thing: models.Model,
    type_id: str = "",
    *,
    at: datetime,
    by: Account,
    clause: str = "",
    fact: str = "",
    cancelled: bool = False,
) -> list[Clock]:
    """Stop (or cancel) every open clock of a thing, or those of one type; returns them. None open is no fault."""
    found = Clock.objects.filter(
        thing_kind=ledger.kind_of(thing), thing_id=thing.pk, state__in=["running", "paused"]
    ).order_by("pk")
    if type_id:
        found = found.filter(type_id=type_id)
    act = cancel if cancelled else stop
    return [act(clock, at=at, by=by, clause=clause, fact=fact) for clock in found]


def recount(clock: Clock, *, at: datetime, by: Account) -> bool:
    """Write the cache anew from the events, as after a calendar came in. True if a due time or verdict changed."""
    with transaction.atomic():
        held = Clock.objects.select_for_update(of=("self",)).select_related("bearer").get(pk=clock.pk)
        before = _shown(held)
        _cache(held, reading_of(held))
        held.save()
        changed = before != _shown(held)
        if changed:
            note = f"{held.type_id} · {held.calendar_id} {held.calendar_version}"
            _trail(held, "recount", at=at, by=by, was=before["due"], note=note)
            reminders.plan(held, at=at)
    clock.refresh_from_db()
    return changed


def reading_of(clock: Clock, known_at: datetime | None = None) -> Reading:
    """The reading, computed from the events alone."""
    return read(clock.history(known_at), clock.term, terms.calendar(clock.calendar_id), ZoneInfo(clock.zone))


def _event(what: What, *, known_at: datetime | None, at: datetime, **fields: Any) -> ClockEvent:
    return ClockEvent(what=what.value, at=at, known_at=known_at or at, **fields)


def _happen(clock: Clock, event: ClockEvent) -> Clock:
    """Lock the clock, see that the event fits among the others, then write it."""
    with transaction.atomic():
        held = Clock.objects.select_for_update(of=("self",)).select_related("bearer").get(pk=clock.pk)
        # Rows of the same moment keep the order in which they were entered; the new one comes last.
        history = [*held.history(), event.event]
        history.sort(key=lambda one: one.at)
        before = _shown(held)
        _cache(held, read(history, held.term, terms.calendar(held.calendar_id), ZoneInfo(held.zone)))
        held.save()
        _write(held, event, before=before)
    clock.refresh_from_db()
    return clock


def _cache(clock: Clock, reading: Reading) -> None:
    """The columns are what the reading says, and nothing else."""
    clock.state = reading.state.value
    clock.started_at, clock.stopped_at = reading.started_at, reading.stopped_at
    clock.due_at, clock.due_day, clock.earliest_at = reading.due_at, reading.due_day, reading.earliest_at
    clock.unknown_year, clock.paused_since = reading.unknown_year, reading.paused_since
    clock.has_number = reading.has_number
    clock.calendar_version = terms.calendar(clock.calendar_id).version


def _write(
    clock: Clock, event: ClockEvent, *, thing: models.Model | None = None, before: dict[str, Any] | None = None
) -> Clock:
    event.clock = clock
    event.save()
    # What a stop meant is an act of its own for readers of the trail: met, missed, cancelled, unjudged.
    act = clock.state if event.what == What.STOP.value else event.what
    words = [part for part in (clock.type_id, event.clause, event.fact, event.note) if part]
    was = before["due"] if before else ""
    _trail(clock, act, at=event.known_at, by=event.by, was=was, note=" · ".join(words), thing=thing)
    reminders.plan(clock, at=event.known_at)
    return clock


def _trail(
    clock: Clock, act: str, *, at: datetime, by: Account, was: str, note: str, thing: models.Model | None = None
) -> None:
    """In the trail of the thing the clock is about, where people look for it; the due time stands under its type."""
    now = clock.due_label_plain
    changes = {clock.type_id: [was, now]} if was != now else {}
    ledger.record(at=at, by=by, act=f"clock.{act}", thing=thing or clock.thing() or clock, changes=changes, note=note)


def _shown(clock: Clock) -> dict[str, Any]:
    return {"state": clock.state, "due": clock.due_label_plain}
