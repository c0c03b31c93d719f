"""The situation for programs: the numbers of the page, from the same read, each with the address of its list."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from bastide.base import terms
from bastide.base.ui.pages import account_of
from bastide.home import reads
from bastide.home.sections.ground import Reporting
from bastide.home.sections.incidents import Line

router = Router(tags=["home"])


class FigureBasis(Schema):
    """The figure rests on n of the m operators in sight."""

    n: int
    m: int
    list: str


class Number(Schema):
    """A number and the list that holds exactly those things."""

    name: str
    label: str
    value: int
    list: str


class Figure(Number):
    reporting: FigureBasis | None


class Clock(Schema):
    incident: str
    title: str
    operator: str
    rank: int
    duty: str | None
    due_at: datetime | None
    is_overdue: bool
    owed_at_once: int


class Incidents(Schema):
    open: int
    overdue: int
    levels: list[Number]
    gravest: list[Clock]


class Colour(Number):
    told: int
    unacknowledged: int
    unacknowledged_list: str


class Warnings(Schema):
    in_force: int
    told: int
    unacknowledged: int
    colours: list[Colour]


class Orders(Schema):
    open: int
    overdue: int
    ended: int
    ended_in_time: int
    on_time_rate: float | None


class Day(Schema):
    day: str
    levels: dict[str, int]
    list: str


class Alerts(Schema):
    open: int
    open_by_level: list[Number]
    days: list[Day]


class Coverage(Schema):
    current: int
    silent: int
    never: int
    silent_after_hours: int


class Units(Schema):
    total: int
    grades: list[Number]
    cii: int | None


class Operator(Schema):
    """An operator with what lies open at it; `numbers` leaves out what the caller may not see."""

    code: str
    name: str
    area: str
    standing: str
    numbers: list[Number]
    last_batch_at: datetime | None


class Situation(Schema):
    """A part is null where the caller may not see that kind of thing."""

    data_cut_off: datetime
    scope: str
    operators_in_sight: int
    figures: list[Figure]
    incidents: Incidents | None
    warnings: Warnings | None
    orders: Orders | None
    alerts: Alerts | None
    coverage: Coverage | None
    units: Units | None
    operators: list[Operator]


@router.get("/situation", response=Situation)
def situation(request: HttpRequest) -> Any:
    """The sector now, as far as the caller sees it."""
    seen = reads.situation(account_of(request), at=terms.now(), everything=True)
    return {
        "data_cut_off": seen.at, "scope": seen.scope, "operators_in_sight": seen.operators,
        "figures": [
            {**_number(one.name, one.label, one.value, one.url), "reporting": _basis(one.reporting)}
            for one in seen.figures
        ],
        "incidents": _incidents(seen), "warnings": _warnings(seen), "orders": _orders(seen), "alerts": _alerts(seen),
        "coverage": _coverage(seen), "units": _units(seen), "operators": _operators(seen),
    }  # fmt: skip


def _number(name: str, label: Any, value: int, url: str) -> dict[str, Any]:
    return {"name": name, "label": str(label), "value": value, "list": url}


def _basis(reporting: Reporting | None) -> dict[str, Any] | None:
    return {"n": reporting.n, "m": reporting.m, "list": reporting.url} if reporting else None


def _incidents(seen: reads.Situation) -> dict[str, Any] | None:
    if (part := seen.incidents) is None:
        return None
    levels = [_number(row.rank, row.name, row.count, row.url) for row in part.levels]
    return {
        "open": part.open,
        "overdue": part.overdue,
        "levels": levels,
        "gravest": [_clock(line, seen.at) for line in part.lines],
    }


def _clock(line: Line, at: datetime) -> dict[str, Any]:
    clock = line.next.clock if line.next else None
    return {
        "incident": line.number, "title": line.title, "operator": line.operator_code, "rank": line.rank,
        "duty": str(clock.title) if clock else None, "due_at": clock.due_at if clock else None,
        "is_overdue": bool(clock and clock.is_overdue(at)), "owed_at_once": line.at_once,
    }  # fmt: skip


def _warnings(seen: reads.Situation) -> dict[str, Any] | None:
    if (part := seen.warnings) is None:
        return None
    colours = [
        {
            **_number(row.colour, row.name, row.count, row.url), "told": row.told, "unacknowledged": row.owed,
            "unacknowledged_list": row.owed_url,
        }
        for row in part.colours
    ]  # fmt: skip
    return {"in_force": part.in_force, "told": part.told, "unacknowledged": part.owed, "colours": colours}


def _orders(seen: reads.Situation) -> dict[str, Any] | None:
    if (part := seen.orders) is None:
        return None
    return {
        "open": part.open, "overdue": part.overdue, "ended": part.ended, "ended_in_time": part.in_time,
        "on_time_rate": part.rate,
    }  # fmt: skip


def _alerts(seen: reads.Situation) -> dict[str, Any] | None:
    if (part := seen.alerts) is None:
        return None
    days = [
        {"day": day.day, "levels": {count.level: count.value for count in day.counts}, "list": day.url}
        for day in part.days
    ]
    by_level = [_number(count.level, count.name, count.value, count.url) for count in part.open_by_level]
    return {"open": part.open, "open_by_level": by_level, "days": days}


def _coverage(seen: reads.Situation) -> dict[str, Any] | None:
    if (part := seen.coverage) is None:
        return None
    return {
        "current": part.current, "silent": part.silent, "never": part.never, "silent_after_hours": part.limit_hours,
    }  # fmt: skip


def _units(seen: reads.Situation) -> dict[str, Any] | None:
    if (part := seen.units) is None:
        return None
    grades = [_number(grade.code, grade.name, grade.count, grade.url) for grade in part.grades]
    return {"total": part.total, "grades": grades, "cii": part.cii}


def _operators(seen: reads.Situation) -> list[dict[str, Any]]:
    return [
        {
            "code": row.operator.code, "name": row.operator.name, "area": row.area, "standing": row.standing.value,
            "numbers": [_number(cell.name, cell.label, cell.value, cell.url) for cell in row.cells],
            "last_batch_at": row.last_batch_at,
        }
        for row in (seen.posture.rows if seen.posture else [])
    ]  # fmt: skip
