"""A term: how long somebody has, in the unit in which the law says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum


class Unit(StrEnum):
    """How a term is counted."""

    H = "H"  # clock hours, fractions allowed
    D = "D"  # calendar days
    WD = "WD"  # working days of a calendar
    MO = "MO"  # calendar months
    Y = "Y"  # calendar years
    DATE = "DATE"  # the next occurrence of a month and day, "01-31"
    IMMEDIATE = "IMMEDIATE"  # at once; the value is the tolerance in minutes before it is called late


MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FRACTIONAL = frozenset({Unit.H, Unit.IMMEDIATE})


@dataclass(frozen=True, slots=True)
class Term:
    """A value and its unit. A negative value counts back from the start ("seven working days before the hearing").

    `rolls` moves a last day that is not a working day to the next working day (Civil Code Art 203; Regulation (EEC,
    Euratom) 1182/71 Art 3(4)). It is off unless a pack says otherwise: the earlier day is the safe one.
    """

    value: str
    unit: Unit
    rolls: bool = False

    def __init__(self, value: int | float | Decimal | str, unit: Unit | str, rolls: bool = False) -> None:
        object.__setattr__(self, "unit", _unit(unit))
        object.__setattr__(self, "value", _value(value, self.unit))
        object.__setattr__(self, "rolls", bool(rolls))

    @property
    def number(self) -> Decimal:
        """The value as a number; a date has none."""
        if self.unit is Unit.DATE:
            raise ValueError(f"the term {self} is a date and has no number")
        return Decimal(self.value)

    @property
    def month_day(self) -> tuple[int, int]:
        """Month and day of a DATE term."""
        if self.unit is not Unit.DATE:
            raise ValueError(f"the term {self} is not a date")
        month, day = self.value.split("-")
        return int(month), int(day)

    @property
    def counts_back(self) -> bool:
        return self.unit is not Unit.DATE and self.number < 0

    @property
    def is_by_day(self) -> bool:
        """Whether it ends with a day (24:00) and not at a minute."""
        return self.unit in {Unit.D, Unit.WD, Unit.MO, Unit.Y, Unit.DATE}

    def plus(self, other: Term) -> Term | None:
        """Both as one term when they are counted alike (30 + 15 working days), otherwise None."""
        mine, theirs = _in_months(self), _in_months(other)
        if mine is not None and theirs is not None:
            return Term(mine + theirs, Unit.MO, self.rolls)
        if self.unit is other.unit and self.unit not in {Unit.DATE, Unit.IMMEDIATE}:
            return Term(self.number + other.number, self.unit, self.rolls)
        return None

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"


def _unit(unit: Unit | str) -> Unit:
    try:
        return Unit(unit)
    except ValueError:
        raise ValueError(f"'{unit}' is no unit of a term; write one of {', '.join(Unit)}") from None


def _value(value: int | float | Decimal | str, unit: Unit) -> str:
    """The value in its one written form, so that equal terms are equal."""
    if unit is Unit.DATE:
        text = str(value).removeprefix("--")
        found = MONTH_DAY.fullmatch(text)
        if not found or int(found[2]) > DAYS_OF_MONTH[int(found[1]) - 1]:
            raise ValueError(f"'{value}' is no month and day; write MM-DD, for example 01-31")
        return text
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"'{value}' is no number of {unit}")
    if unit not in FRACTIONAL and number != number.to_integral_value():
        raise ValueError(f"{value} {unit}: only hours may have fractions")
    if unit is Unit.IMMEDIATE and number < 0:
        raise ValueError(f"{value} {unit}: the tolerance in minutes cannot be negative")
    return format(number.normalize(), "f")


def _in_months(term: Term) -> Decimal | None:
    if term.unit is Unit.MO:
        return term.number
    return term.number * 12 if term.unit is Unit.Y else None
