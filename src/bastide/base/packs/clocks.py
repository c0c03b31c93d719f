"""Kinds of clock a regime knows: from which event, how long, who owes what to whom, when to remind."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from bastide.base.terms import Term

from .text import Names, Part, Stated, Text

OFFSET = re.compile(r"^([+-]?)(\d+)([mhdw])$")
STEP = {"m": dt.timedelta(minutes=1), "h": dt.timedelta(hours=1), "d": dt.timedelta(days=1), "w": dt.timedelta(weeks=1)}


class Unit(StrEnum):
    HOURS = "H"  # clock hours
    DAYS = "D"  # calendar days
    WORKING_DAYS = "WD"
    MONTHS = "MO"
    YEARS = "Y"
    DATE = "date"  # a day of every year
    IMMEDIATE = "immediate"  # at once; a value is the tolerance in minutes
    RATE = "rate"  # percent per day


class ClockKind(StrEnum):
    LIMIT = "limit"  # do it within
    CYCLE = "cycle"  # do it again every
    KEEP = "keep"  # keep it at least
    BEFORE = "before"  # do it at least so long before
    CALENDAR = "calendar"  # do it by a day of the year
    SURCHARGE = "surcharge"  # grows while it runs


class Told(StrEnum):
    """Whom a reminder reaches."""

    BEARER = "bearer"  # those in charge at the one who owes
    LEADER = "leader"  # the head of the one who owes
    AUTHORITY = "authority"  # the one it is owed to


def _offset(given: Any) -> Any:
    """ "-15m" is a quarter of an hour before the due time, "+3d" three days after."""
    if not isinstance(given, str):
        return given
    if not (found := OFFSET.match(given)):
        raise ValueError(f"'{given}' is no offset; write -15m, -4h, -3d, -1w, +0m, +3d")
    sign, number, step = found.groups()
    return STEP[step] * int(number) * (-1 if sign == "-" else 1)


class ReminderRule(Part):
    """One reminder: when it is due, counted from the clock's due time, and who is told."""

    at: Annotated[dt.timedelta, BeforeValidator(_offset)]
    to: Told = Told.BEARER


class ClockType(Stated):
    """A duty with a time: what starts it, how long it is, who bears it and to whom it is owed."""

    id: str
    name: Text
    start: Text
    value: int | float | None = None
    unit: Unit
    kind: ClockKind = ClockKind.LIMIT
    day: str = ""  # "01-31" where unit is date
    rolls: bool = False  # a last day that is no working day moves to the next one
    extension: int | None = None  # may be lengthened by so many of the same unit
    at_most: int | float | None = None  # longer value in graver cases, or the cap of a rate
    bearer: str  # code of a party
    owed_to: Names = ()
    reminders: tuple[ReminderRule, ...] = ()

    @model_validator(mode="after")
    def _value_fits_unit(self) -> ClockType:
        if self.unit is Unit.DATE:
            try:
                dt.date.fromisoformat(f"2023-{self.day}")
            except ValueError:
                raise ValueError(f"unit 'date' needs day: \"MM-DD\", not '{self.day}'") from None
        elif self.unit is Unit.IMMEDIATE:
            if self.value is not None and self.value < 0:
                raise ValueError("unit 'immediate' takes the minutes of tolerance, not less than 0")
        elif self.value is None:
            raise ValueError(f"unit '{self.unit}' needs a value")
        elif self.unit is not Unit.HOURS and self.unit is not Unit.RATE and not isinstance(self.value, int):
            raise ValueError(f"unit '{self.unit}' counts whole numbers, not {self.value}")
        return self

    @property
    def term(self) -> Term | None:
        """The time as base.terms counts it; a surcharge has none."""
        if self.unit is Unit.RATE:
            return None
        value = self.day if self.unit is Unit.DATE else self.value or 0
        return Term(value, self.unit.upper(), self.rolls)

    @property
    def span(self) -> Text:
        """How long, in words: "10 working days", "immediately"."""
        if self.unit is Unit.IMMEDIATE:
            if self.value:
                return Text(zh=f"立即（{self.value} 分钟内）", en=f"immediately (within {self.value} minutes)")
            return Text(zh="立即", en="immediately")
        if self.unit is Unit.DATE:
            month, day = self.day.split("-")
            return Text(zh=f"每年{int(month)}月{int(day)}日", en=f"{int(day)}/{int(month)} each year")
        if self.unit is Unit.HOURS and self.value is not None and abs(self.value) < 1:
            minutes = round(self.value * 60)
            return Text(zh=f"{minutes} 分钟", en=f"{minutes} minutes")
        zh, one, more = WORDS[self.unit]
        value = abs(self.value or 0)
        before_zh, before_en = ("前", " before") if self.kind is ClockKind.BEFORE else ("", "")
        return Text(zh=f"{value} {zh}{before_zh}", en=f"{value} {one if value == 1 else more}{before_en}")


WORDS = {
    Unit.HOURS: ("小时", "hour", "hours"),
    Unit.DAYS: ("日", "day", "days"),
    Unit.WORKING_DAYS: ("个工作日", "working day", "working days"),
    Unit.MONTHS: ("个月", "month", "months"),
    Unit.YEARS: ("年", "year", "years"),
    Unit.RATE: ("%/日", "% a day", "% a day"),
}
