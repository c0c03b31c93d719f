"""Working-day calendars. A year that nobody has published is never guessed: it raises CalendarNotPublished."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any, Protocol

import yaml

SATURDAY = 5


class CalendarError(ValueError):
    """A calendar is not registered, or a year list cannot be read; the message says where and what to do."""


class CalendarNotPublished(LookupError):
    """Nobody has published the working days of this year for this calendar (or it is not loaded here)."""

    def __init__(self, calendar_id: str, year: int) -> None:
        super().__init__(f"the {year} working-day calendar of '{calendar_id}' is not published yet")
        self.calendar_id = calendar_id
        self.year = year


class Calendar(Protocol):
    """Who works when. `version` changes whenever an answer could."""

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...

    def knows(self, year: int) -> bool: ...

    def is_working_day(self, day: date) -> bool: ...


@dataclass(frozen=True, slots=True)
class YearList:
    """One published year: weekdays that are free, weekend days that are worked, and who published it."""

    calendar: str
    year: int
    rest: frozenset[date]
    work: frozenset[date]
    source: str
    digest: str

    def is_working_day(self, day: date) -> bool:
        return day in self.work or (day.weekday() < SATURDAY and day not in self.rest)


@dataclass(frozen=True, slots=True)
class Printed:
    """A calendar that comes with a library: its years, its answers, its version."""

    first: int
    last: int
    is_working_day: Callable[[date], bool]
    version: str


class Listed:
    """The calendar of a jurisdiction: a printed part (or none) and year lists, which win over it."""

    def __init__(self, calendar_id: str, printed: Printed | None = None) -> None:
        self.id = calendar_id
        self.printed = printed
        self.lists: Mapping[int, YearList] = {}

    @property
    def version(self) -> str:
        parts = [self.printed.version] if self.printed else []
        parts += [f"{year}:{self.lists[year].digest[:12]}" for year in sorted(self.lists)]
        return " ".join(parts) or "empty"

    def knows(self, year: int) -> bool:
        return year in self.lists or (self.printed is not None and self.printed.first <= year <= self.printed.last)

    def is_working_day(self, day: date) -> bool:
        if (listed := self.lists.get(day.year)) is not None:
            return listed.is_working_day(day)
        if self.printed is not None and self.printed.first <= day.year <= self.printed.last:
            return self.printed.is_working_day(day)
        raise CalendarNotPublished(self.id, day.year)


@cache
def _registered() -> dict[str, Listed]:
    """China from chinesecalendar (State Council notices with moved working days). In the European Union working days
    differ by member state and none is loaded, so `eu` knows no year until a state's list is put in."""
    from chinese_calendar.constants import holidays, workdays

    free, worked = frozenset(holidays), frozenset(workdays)
    china = Printed(
        min(free).year,
        max(free).year,
        lambda day: day in worked or (day.weekday() < SATURDAY and day not in free),
        f"chinesecalendar-{package_version('chinesecalendar')}",
    )
    return {"cn": Listed("cn", china), "eu": Listed("eu")}


_folders: list[Path] = []
_read: dict[Path, tuple[tuple[int, int], YearList]] = {}


def look_in(folder: Path) -> None:
    """Year lists of `<folder>/<calendar>/<year>.yaml` are used from now on; new files are found without a restart."""
    if folder not in _folders:
        _folders.append(folder)


def calendars() -> tuple[str, ...]:
    """The ids of all calendars."""
    return tuple(sorted(_registered()))


def calendar(calendar_id: str) -> Listed:
    """The calendar of this id, with the year lists that lie in the folders now."""
    try:
        found = _registered()[calendar_id]
    except KeyError:
        raise CalendarError(f"no calendar '{calendar_id}' is registered; there are {', '.join(calendars())}") from None
    lists = _lists_of(calendar_id)
    if lists != found.lists:
        found.lists = lists
    return found


def _lists_of(calendar_id: str) -> dict[int, YearList]:
    lists: dict[int, YearList] = {}
    for folder in _folders:
        for path in sorted((folder / calendar_id).glob("[0-9][0-9][0-9][0-9].yaml")):
            listed = _read_file(path)
            if listed.calendar != calendar_id or str(listed.year) != path.stem:
                raise CalendarError(f"{path}: this is {listed.calendar}/{listed.year}; it lies in the wrong place")
            lists[listed.year] = listed
    return lists


def _read_file(path: Path) -> YearList:
    """The list in a file, read again only when the file changed."""
    stat = path.stat()
    stamp = (stat.st_mtime_ns, stat.st_size)
    known = _read.get(path)
    if known is None or known[0] != stamp:
        known = _read[path] = (stamp, read_year(path.read_text(encoding="utf-8"), name=str(path)))
    return known[1]


def read_year(text: str, *, name: str = "year list") -> YearList:
    """Read a published year. Every fault is said with the file, the field and what to write."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CalendarError(f"{name}: not readable as YAML: {error}") from error
    if not isinstance(data, dict):
        raise CalendarError(f"{name}: expected the fields calendar, year, source, rest, work")
    if unknown := set(data) - {"calendar", "year", "source", "rest", "work"}:
        raise CalendarError(f"{name}: field {', '.join(sorted(map(str, unknown)))} is not known")
    year, source = data.get("year"), str(data.get("source") or "").strip()
    if not isinstance(year, int) or not 1900 <= year <= 2200:
        raise CalendarError(f"{name}: year: write the year as four digits")
    if not source:
        raise CalendarError(f"{name}: source: say which notice published these days")
    rest, work = _days(data, "rest", year, name), _days(data, "work", year, name)
    _weekdays_make_sense(rest, work, name)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return YearList(str(data.get("calendar") or ""), year, rest, work, source, digest)


def _days(data: dict[str, Any], field: str, year: int, name: str) -> frozenset[date]:
    """Days of a field: single dates or [first, last] pairs."""
    days: set[date] = set()
    for number, entry in enumerate(data.get(field) or [], start=1):
        first, last = entry if isinstance(entry, list) and len(entry) == 2 else (entry, entry)
        if type(first) is not date or type(last) is not date or first > last:
            raise CalendarError(f"{name}: {field}, entry {number}: write 2027-01-01 or [2027-02-05, 2027-02-12]")
        if first.year != year or last.year != year:
            raise CalendarError(f"{name}: {field}, entry {number}: {first} to {last} is not in {year}")
        days.update(date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))
    return frozenset(days)


def _weekdays_make_sense(rest: frozenset[date], work: frozenset[date], name: str) -> None:
    if both := rest & work:
        raise CalendarError(f"{name}: {min(both)} is both rest and work")
    if wrong := [day for day in work if day.weekday() < SATURDAY]:
        raise CalendarError(f"{name}: work: {min(wrong)} is no Saturday or Sunday; weekdays are worked anyway")
