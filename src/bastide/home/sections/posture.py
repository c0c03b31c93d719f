"""Operators side by side: what lies open at each, the worst first, as a table that is a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base import packs
from bastide.base.people.models import Organisation
from bastide.base.ui.badges import Badge
from bastide.home import criteria
from bastide.home.criteria import Standing
from bastide.home.sections.alerts import name_of
from bastide.home.sections.ground import Ground, Reporting, listed
from bastide.registry import reads as registry

SHOWN = 12
ALL = 500  # what one page can hold
LOWER = ["low", "informational"]
GRAVE = {"critical", "overdue", "orders"}
BADGES: dict[Standing, tuple[str | Promise, str]] = {
    Standing.ACT: (_("Act now"), "bad"),
    Standing.WATCH: (pgettext_lazy("standing", "Watch"), "warn"),
    Standing.BLIND: (_("Not heard"), "muted"),
    Standing.CALM: (_("Quiet"), "ok"),
}


@dataclass(frozen=True)
class Cell:
    """A number of one kind at one operator, its list, and how warm it is against the others."""

    name: str
    label: str | Promise
    value: int
    url: str
    heat: int = 0


class Line(NamedTuple):
    """What is counted for every operator, of which few are shown; a tuple, because there are thousands."""

    operator: int
    numbers: Mapping[str, int]
    standing: Standing
    last_batch_at: datetime | None
    is_silent: bool
    is_own: bool


@dataclass(frozen=True)
class Row:
    operator: Organisation
    area: str
    standing: Standing
    cells: list[Cell]
    last_batch_at: datetime | None
    is_silent: bool
    is_own: bool

    @property
    def badge(self) -> Badge:
        label, tone = BADGES[self.standing]
        return Badge(label, tone)

    @property
    def url(self) -> str:
        return reverse("registry:operator_detail", args=[self.operator.code])

    def value(self, name: str) -> int:
        return next((cell.value for cell in self.cells if cell.name == name), 0)


@dataclass(frozen=True)
class Head:
    """A heading with the address that sorts by it; `order` is ascending, descending or empty."""

    name: str
    label: str | Promise
    url: str
    order: str
    is_number: bool


@dataclass(frozen=True)
class Group:
    """How many operators stand in one way."""

    standing: Standing
    badge: Badge
    count: int
    url: str
    is_chosen: bool
    x: float
    width: float


@dataclass(frozen=True)
class Posture:
    rows: list[Row]
    heads: list[Head]
    groups: list[Group]
    total: int
    hidden: int
    all_url: str
    chosen: str
    whole_url: str
    shows_reports: bool
    reporting: Reporting


def posture(
    ground: Ground, *, sort: str = "", only: str = "", everything: bool = False, kept: Mapping[str, str] | None = None
) -> Posture | None:
    """None where no operator is in sight. `kept` are the parameters of the address that links carry on.

    Of operators supervised elsewhere only those are listed at which something in sight lies open.
    """
    found = [_line(ground, operator) for operator in ground.operators]
    found = [line for line in found if line.is_own or any(line.numbers.values())]
    if not found:
        return None
    most = {name: max(line.numbers[name] for line in found) for name in found[0].numbers}
    chosen = only if only in set(Standing) else ""
    listed_lines = _sorted([line for line in found if not chosen or line.standing == chosen], sort)
    page = listed_lines[: ALL if everything else SHOWN]
    named = registry.operators_by_id(line.operator for line in page)
    shown = [_row(line, named[line.operator], most) for line in page]
    given = {"sort": sort, "standing": chosen, "all": "1" if everything else "", **(kept or {})}
    return Posture(
        rows=shown, heads=_heads(list(most), sort, given, shows_reports=ground.heard is not None),
        groups=_groups(found, chosen, given), total=len(listed_lines), hidden=len(listed_lines) - len(shown),
        all_url=_here({**given, "all": "1"}), chosen=chosen,
        whole_url=_here({**given, "standing": "", "all": ""}), shows_reports=ground.heard is not None,
        reporting=ground.reporting("events"),
    )  # fmt: skip


def _here(given: Mapping[str, str]) -> str:
    return listed("home:situation", fragment="posture", **given)


# Each number of a row: its heading (levels have their own names), its list, and how that is narrowed to it.
COLUMNS: dict[str, tuple[str | Promise | None, str, dict[str, Any]]] = {
    "critical": (None, "monitor:alert_list", {"open": "yes", "level": "critical"}),
    "high": (None, "monitor:alert_list", {"open": "yes", "level": "high"}),
    "medium": (None, "monitor:alert_list", {"open": "yes", "level": "medium"}),
    "low": (pgettext_lazy("alert level", "Lower"), "monitor:alert_list", {"open": "yes", "level": LOWER}),
    "incidents": (_("Open incidents"), "respond:incident_list", {"open": "yes"}),
    "overdue": (_("with overdue duty"), "respond:incident_list", {"open": "yes", "overdue": "yes"}),
    "owed": (_("Unanswered warnings"), "share:delivery_list", {"unanswered": "yes"}),
    "orders": (_("Overdue orders"), "rectify:order_list", {"overdue": "yes"}),
}


def _line(ground: Ground, operator: int) -> Line:
    heard, found = (ground.heard or {}).get(operator), _numbers(ground, operator)
    is_silent = bool(heard and heard.is_silent)
    return Line(
        operator=operator, numbers=found,
        standing=criteria.standing(
            overdue=found.get("overdue", 0) + found.get("orders", 0), critical=found.get("critical", 0),
            pressing=found.get("high", 0) + found.get("incidents", 0) + found.get("owed", 0), is_heard=not is_silent,
        ),
        last_batch_at=heard.last_batch_at if heard else None, is_silent=is_silent,
        is_own=operator in ground.own,
    )  # fmt: skip


def _numbers(ground: Ground, pk: int) -> dict[str, int]:
    """What lies at an operator, as far as this account may see it."""
    found: dict[str, int] = {}
    if ground.alerts is not None:
        levels = ground.alerts.get(pk, {})
        found.update({level: levels.get(level, 0) for level in ("critical", "high", "medium")})
        found["low"] = levels.get("low", 0) + levels.get("informational", 0)
    if ground.incidents is not None:
        load = ground.incidents.get(pk)
        found["incidents"], found["overdue"] = (load.open, load.overdue) if load else (0, 0)
    if ground.answers is not None:
        answers = ground.answers.get(pk)
        found["owed"] = answers.owed if answers else 0
    if ground.orders is not None:
        order = ground.orders.get(pk)
        found["orders"] = order.overdue if order else 0
    return found


def _row(line: Line, operator: Organisation, most: Mapping[str, int]) -> Row:
    """A line as it is shown: each number leads to exactly its things and is as warm as it is large."""
    cells = []
    for name, value in line.numbers.items():
        _heading, url_name, given = COLUMNS[name]
        url = listed(url_name, operator=operator.code, **given)
        cells.append(Cell(name, _label(name), value, url, _warm(name, value, most[name])))
    return Row(
        operator=operator, area=str(packs.active().area_name(operator.area)), standing=line.standing,
        cells=cells, last_batch_at=line.last_batch_at, is_silent=line.is_silent, is_own=line.is_own,
    )  # fmt: skip


def _label(name: str) -> str | Promise:
    return COLUMNS[name][0] or name_of(name)


def _warm(name: str, value: int, most: int) -> int:
    """A single critical alert or overdue thing is never pale."""
    return criteria.warmth(value, most, least=3 if name in GRAVE else 1)


def _sorted(rows: list[Line], sort: str) -> list[Line]:
    """The worst first, unless a column was chosen; equal ones stay worst first."""
    worst = sorted(rows, key=_badness)
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name == "name":
        named = registry.operators_by_id(row.operator for row in worst)
        return sorted(worst, key=lambda row: named[row.operator].name, reverse=backwards)
    if name == "reported":
        return sorted(worst, key=_silence, reverse=backwards)
    if name == "standing":
        return worst[::-1] if backwards else worst
    return sorted(worst, key=lambda row: row.numbers.get(name, 0), reverse=backwards) if name else worst


def _silence(row: Line) -> float:
    """When it was last heard; never comes before everything."""
    return row.last_batch_at.timestamp() if row.last_batch_at else 0.0


def _badness(row: Line) -> tuple[int, ...]:
    numbers = ("overdue", "orders", "critical", "incidents", "owed", "high", "medium", "low")
    return (criteria.ORDER.index(row.standing), *(-row.numbers.get(name, 0) for name in numbers))


def _heads(names: list[str], sort: str, given: Mapping[str, str], *, shows_reports: bool) -> list[Head]:
    def head(name: str, label: Any, *, is_number: bool) -> Head:
        here = sort.removeprefix("-") == name or (name == "standing" and not sort)
        order = ("descending" if sort.startswith("-") else "ascending") if here else ""
        ahead = (
            f"-{name}" if (is_number and order != "descending") or (not is_number and order == "ascending") else name
        )
        return Head(name, label, _here({**given, "sort": ahead}), order, is_number)

    found = [
        head("name", _("Operator"), is_number=False),
        head("standing", pgettext_lazy("posture", "Standing"), is_number=False),
    ]
    found += [head(name, _label(name), is_number=True) for name in names]
    return [*found, head("reported", _("Events last received"), is_number=False)] if shows_reports else found


def _groups(rows: list[Line], chosen: str, given: Mapping[str, str]) -> list[Group]:
    counts = {standing: sum(row.standing is standing for row in rows) for standing in Standing}
    return [
        Group(
            standing, Badge(*BADGES[standing]), count,
            _here({**given, "standing": standing.value, "all": "1"}), chosen == standing, x, width,
        )
        for (standing, count), (x, width) in zip(counts.items(), criteria.strip(list(counts.values())), strict=True)
    ]  # fmt: skip
