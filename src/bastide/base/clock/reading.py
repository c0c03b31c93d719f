"""Reading a clock from its events. Pure: the same events, term, calendar and zone always give the same reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from bastide.base.terms import Calendar, CalendarNotPublished, Pause, Term, Unit, advance, day_end, local_day
from bastide.base.terms.count import Optimist


class OutOfOrderError(ValueError):
    """These events cannot follow each other; the message says which and why."""


class What(StrEnum):
    """The five things that can happen to a clock."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    STOP = "stop"


class Outcome(StrEnum):
    """Why a clock stopped."""

    DONE = "done"  # what was owed was done
    CANCELLED = "cancelled"  # it is owed no longer


class State(StrEnum):
    """How a clock stands. Overdue is no state: it is a running clock after its due time."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    UNJUDGED = "unjudged"  # done, but a calendar that is not published yet decides whether in time


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a clock, and when by law (not when somebody typed it)."""

    what: What
    at: datetime
    term: Term | None = None  # an extension by so much
    until: date | None = None  # or an extension to the end of this day
    outcome: Outcome = Outcome.DONE


@dataclass(frozen=True, slots=True)
class Reading:
    """What the events say."""

    state: State
    started_at: datetime
    due_at: datetime | None  # None while paused, or while a calendar is missing
    due_day: date | None  # the last day, where the term ends with a day and not at a minute
    earliest_at: datetime | None  # no due time is before this, whatever happens next
    unknown_year: int | None  # the year whose calendar is missing
    paused_since: datetime | None
    stopped_at: datetime | None
    has_number: bool  # False: "at once" without minutes, lateness is for people to judge

    @property
    def is_open(self) -> bool:
        return self.state in {State.RUNNING, State.PAUSED}

    @property
    def met(self) -> bool | None:
        """In time, late, or not known (still open, cancelled, calendar missing)."""
        return {State.MET: True, State.MISSED: False}.get(self.state)

    def is_overdue(self, at: datetime) -> bool:
        """Is it running and past due? Acting at the very due moment is still in time."""
        return self.state is State.RUNNING and self.has_number and self.due_at is not None and at > self.due_at

    def remaining(self, at: datetime) -> timedelta | None:
        """What is left of it; negative when late, None when nobody can know. While paused it stands still."""
        if self.state is State.PAUSED and self.paused_since is not None:
            return self.earliest_at - self.paused_since if self.earliest_at is not None else None
        if self.state is not State.RUNNING or self.due_at is None:
            return None
        return self.due_at - at

    def share_used(self, at: datetime, since: datetime | None = None) -> float | None:
        """How much of it has passed, 0 to 1; None when nobody can know."""
        end = self.due_at or self.earliest_at
        if end is None:
            return None
        begun = since or self.started_at
        now = self.stopped_at or self.paused_since or at
        if end <= begun:
            return 1.0
        return min(max((now - begun) / (end - begun), 0.0), 1.0)


def read(events: Sequence[Event], term: Term, calendar: Calendar, zone: tzinfo) -> Reading:
    """The reading of a clock. `events` are in the order of their time, a start first and at most one stop last."""
    start, stop, pauses, paused_since = _ordered(events)
    closing = _Closing(events, term, zone, pauses)
    due, day, unknown = closing.end(calendar)
    earliest = due
    if unknown is not None:
        earliest = None if term.counts_back else closing.end(Optimist(calendar))[0]
    if paused_since is not None and stop is None:
        due, day = None, None
    has_number = not (term.unit is Unit.IMMEDIATE and term.number == 0 and due == start.at)
    state = _judge(stop, due, earliest, has_number) if stop else State.PAUSED if paused_since else State.RUNNING
    return Reading(
        state=state,
        started_at=start.at,
        due_at=due,
        due_day=day,
        earliest_at=earliest,
        unknown_year=unknown,
        paused_since=None if stop else paused_since,
        stopped_at=stop.at if stop else None,
        has_number=has_number,
    )


def _ordered(events: Sequence[Event]) -> tuple[Event, Event | None, list[Pause], datetime | None]:
    """Start, stop, the pauses, and since when it is paused; or why these events cannot be."""
    if not events or events[0].what is not What.START:
        raise OutOfOrderError("a clock begins with its start")
    start, stop, since, last = events[0], None, None, events[0].at
    pauses: list[Pause] = []
    for event in events[1:]:
        if event.at < last:
            raise OutOfOrderError(f"{event.what} at {event.at} comes before what happened at {last}")
        if stop is not None:
            raise OutOfOrderError(f"{event.what} at {event.at} comes after the stop at {stop.at}")
        last = event.at
        if event.what is What.START:
            raise OutOfOrderError(f"the clock was started twice, at {start.at} and at {event.at}")
        if event.what is What.PAUSE:
            if since is not None:
                raise OutOfOrderError(f"it is already paused since {since}")
            since = event.at
        elif event.what is What.RESUME:
            if since is None:
                raise OutOfOrderError(f"it cannot be resumed at {event.at}, it is not paused")
            pauses.append(Pause(since, event.at))
            since = None
        elif event.what is What.EXTEND:
            if (event.term is None) == (event.until is None):
                raise OutOfOrderError("an extension needs a term or a last day, and not both")
        elif event.what is What.STOP:
            stop = event
            if since is not None:
                pauses.append(Pause(since, event.at))
    return start, stop, pauses, since


@dataclass(frozen=True, slots=True)
class _Closing:
    """From the start over all extensions to the end."""

    events: Sequence[Event]
    term: Term
    zone: tzinfo
    pauses: Sequence[Pause]

    def end(self, calendar: Calendar) -> tuple[datetime | None, date | None, int | None]:
        """Due moment, last day (where it ends with one), and the year that is not known."""
        try:
            end = self._walk(calendar)
        except CalendarNotPublished as missing:
            return None, None, missing.year
        if isinstance(end, datetime):
            return end, None, None
        return day_end(end, self.zone), end, None

    def _walk(self, calendar: Calendar) -> date | datetime:
        cursor: date | datetime = self.events[0].at
        term, pauses = self.term, self.pauses
        for event in self.events:
            if event.until is not None:
                # A day that was set stands; only pauses after it was set move it.
                cursor, term = local_day(event.at, self.zone), _days_until(event, self.zone)
                pauses = [pause for pause in self.pauses if pause.start >= event.at]
                if int(term.number) < 0:
                    cursor, term = event.until, Term(0, Unit.D)
            elif event.term is not None:
                if (longer := term.plus(event.term)) is not None:
                    term = longer
                else:
                    cursor, term = advance(cursor, term, calendar, self.zone, pauses), event.term
        return advance(cursor, term, calendar, self.zone, pauses)


def _days_until(event: Event, zone: tzinfo) -> Term:
    assert event.until is not None
    return Term((event.until - local_day(event.at, zone)).days, Unit.D)


def _judge(stop: Event, due: datetime | None, earliest: datetime | None, has_number: bool) -> State:
    if stop.outcome is Outcome.CANCELLED:
        return State.CANCELLED
    if not has_number:
        return State.MET
    if due is not None:
        return State.MET if stop.at <= due else State.MISSED
    return State.MET if earliest is not None and stop.at <= earliest else State.UNJUDGED
