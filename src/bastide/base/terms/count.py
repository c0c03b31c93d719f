"""Counting a term from its start to its end. Pure: the calendar, the zone and the pauses are given.

The rules, and where they come from (docs/contexts/clock.md says it at length):
- hours run from the moment itself, exactly, across any change of summer time;
- days, working days, months and years: the day of the start is not counted (Civil Code Art 201), the term ends at 24:00
  of its last day (Art 203), that is at the next local midnight; months and years end on the corresponding day, or on
  the last day of a shorter month (Art 202);
- a negative value is the mirror image: that many whole days (months ...) lie between the end and the day of the start;
- a day that a pause touches is not counted; of hours exactly the paused time is not counted. A date is not moved.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from .calendars import Calendar, CalendarNotPublished
from .term import Term, Unit

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a term does not run: from `start` until just before `end`."""

    start: datetime
    end: datetime

    def touches(self, day: date, zone: tzinfo) -> bool:
        return self.start < self.end and self.start < day_end(day, zone) and day_start(day, zone) < self.end


def due(start: datetime, term: Term, calendar: Calendar, zone: tzinfo, pauses: Sequence[Pause] = ()) -> datetime:
    """When the term ends, in UTC. Acting at this very moment is in time; after it is late."""
    end = advance(_aware(start), term, calendar, zone, pauses)
    return end if isinstance(end, datetime) else day_end(end, zone)


def earliest(start: datetime, term: Term, calendar: Calendar, zone: tzinfo, pauses: Sequence[Pause] = ()) -> datetime:
    """The earliest moment the term can end, whatever unpublished years will say: as if all their days were worked."""
    return due(start, term, Optimist(calendar), zone, pauses)


def advance(
    start: date | datetime, term: Term, calendar: Calendar, zone: tzinfo, pauses: Sequence[Pause] = ()
) -> date | datetime:
    """Count one term from a moment or from (the end of) a day. The result is a last day, or a moment for hours."""
    if term.unit is Unit.H or term.unit is Unit.IMMEDIATE:
        moment = start if isinstance(start, datetime) else day_end(start, zone)
        return _hours(moment, term, pauses)
    day = local_day(start, zone) if isinstance(start, datetime) else start
    if term.counts_back:
        return day_start(_back(day, term, calendar), zone)
    last = _forward(day, term, calendar, zone, pauses)
    return _rolled(last, calendar, zone, pauses) if term.rolls else last


def working_days_between(first: date, last: date, calendar: Calendar) -> int:
    """How many working days lie after `first` up to and including `last`; negative when `last` comes before."""
    if last < first:
        return -working_days_between(last, first, calendar)
    days = range(first.toordinal() + 1, last.toordinal() + 1)
    return sum(calendar.is_working_day(date.fromordinal(day)) for day in days)


def local_day(moment: datetime, zone: tzinfo) -> date:
    """The date on the wall in this zone."""
    return moment.astimezone(zone).date()


def day_start(day: date, zone: tzinfo) -> datetime:
    """0:00 of the day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def day_end(day: date, zone: tzinfo) -> datetime:
    """24:00 of the day, in UTC: the next midnight."""
    return day_start(day + DAY, zone)


class Optimist:
    """A calendar that takes every day of an unpublished year for a working day: gives the earliest end, never a date
    to show as due."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.id = calendar.id
        self.version = calendar.version

    def knows(self, year: int) -> bool:
        return self.calendar.knows(year)

    def is_working_day(self, day: date) -> bool:
        try:
            return self.calendar.is_working_day(day)
        except CalendarNotPublished:
            return True


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone; terms are counted from aware times only")
    return moment


def _hours(moment: datetime, term: Term, pauses: Sequence[Pause]) -> datetime:
    """Clock time: the end moves by exactly what was paused before it."""
    start = _aware(moment).astimezone(UTC)
    seconds = term.number * (60 if term.unit is Unit.IMMEDIATE else 3600)
    end = start + timedelta(microseconds=int(seconds * 1_000_000))
    if seconds < 0:
        return end
    for pause in sorted(pauses, key=lambda one: one.start):
        begins = max(pause.start, start)
        if begins < pause.end and begins < end:
            end += pause.end - begins
    return end


def _forward(day: date, term: Term, calendar: Calendar, zone: tzinfo, pauses: Sequence[Pause]) -> date:
    if term.unit is Unit.WD:
        return _walk(day, int(term.number), calendar, zone, pauses)
    if term.unit is Unit.DATE:
        return _next_date(day, *term.month_day)
    last = day + int(term.number) * DAY if term.unit is Unit.D else _months(day, _number_of_months(term))
    return _shifted(day, last, zone, pauses)


def _walk(day: date, count: int, calendar: Calendar, zone: tzinfo, pauses: Sequence[Pause]) -> date:
    while count > 0:
        day += DAY
        if calendar.is_working_day(day) and not _is_touched(day, zone, pauses):
            count -= 1
    return day


def _shifted(day: date, last: date, zone: tzinfo, pauses: Sequence[Pause]) -> date:
    """The last day, moved on by one for each day after the start that a pause touched."""
    if not pauses:
        return last
    while day < last:
        day += DAY
        if _is_touched(day, zone, pauses):
            last += DAY
    return last


def _rolled(last: date, calendar: Calendar, zone: tzinfo, pauses: Sequence[Pause]) -> date:
    while not calendar.is_working_day(last) or _is_touched(last, zone, pauses):
        last += DAY
    return last


def _is_touched(day: date, zone: tzinfo, pauses: Sequence[Pause]) -> bool:
    return any(pause.touches(day, zone) for pause in pauses)


def _back(day: date, term: Term, calendar: Calendar) -> date:
    """The first of the whole days that must lie between; a term that counts back is never paused."""
    count = -int(term.number)
    if term.unit is Unit.D:
        return day - count * DAY
    if term.unit is not Unit.WD:
        return _months(day, _number_of_months(term))
    while count > 0:
        day -= DAY
        count -= calendar.is_working_day(day)
    return day


def _number_of_months(term: Term) -> int:
    return int(term.number) * (12 if term.unit is Unit.Y else 1)


def _months(day: date, count: int) -> date:
    """The corresponding day so many months on, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return _clamped(year, month + 1, day.day)


def _next_date(day: date, month: int, number: int) -> date:
    """The next such month and day, today included; 29 February is 28 February in common years."""
    this_year = _clamped(day.year, month, number)
    return this_year if this_year >= day else _clamped(day.year + 1, month, number)


def _clamped(year: int, month: int, number: int) -> date:
    return date(year, month, min(number, monthrange(year, month)[1]))
