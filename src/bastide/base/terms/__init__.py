"""Time as the law counts it: the wall clock, working-day calendars and the arithmetic of terms. Knows no Django."""

from .calendars import (
    Calendar,
    CalendarError,
    CalendarNotPublished,
    YearList,
    calendar,
    calendars,
    look_in,
    read_year,
)
from .count import Pause, advance, day_end, day_start, due, earliest, local_day, working_days_between
from .term import Term, Unit
from .wall import CHINA, frozen, now

__all__ = [
    "CHINA",
    "Calendar",
    "CalendarError",
    "CalendarNotPublished",
    "Pause",
    "Term",
    "Unit",
    "YearList",
    "advance",
    "calendar",
    "calendars",
    "day_end",
    "day_start",
    "due",
    "earliest",
    "frozen",
    "local_day",
    "look_in",
    "now",
    "read_year",
    "working_days_between",
]
