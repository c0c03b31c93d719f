"""Operators side by side: what lies open at each, the worst first, as a table that is a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

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

SHOWN = 12
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
    found = [_row(ground, operator) for operator in ground.operators.values()]
    found = [row for row in found if row.is_own or any(cell.value for cell in row.cells)]
    if not found:
        return None
    rows = _warmed(found)
    chosen = only if only in set(Standing) else ""
    listed_rows = _sorted([row for row in rows if not chosen or row.standing == chosen], sort)
    shown = listed_rows if everything else listed_rows[:SHOWN]
    given = {"sort": sort, "standing": chosen, "all": "1" if everything else "", **(kept or {})}
    return Posture(
        rows=shown, heads=_heads(rows[0], sort, given, shows_reports=ground.coverage is not None),
        groups=_groups(rows, chosen, given), total=len(listed_rows), hidden=len(listed_rows) - len(shown),
        all_url=_here({**given, "all": "1"}), chosen=chosen,
        whole_url=_here({**given, "standing": "", "all": ""}), shows_reports=ground.coverage is not None,
        reporting=ground.reporting("events"),
    )  # fmt: skip


def _here(given: Mapping[str, str]) -> str:
    return listed("home:situation", fragment="posture", **given)


def _row(ground: Ground, operator: Organisation) -> Row:
    heard, cells = ground.heard.get(operator.pk), _cells(ground, operator)
    found = {cell.name: cell.value for cell in cells}
    is_silent = bool(heard and heard.is_silent)
    return Row(
        operator=operator, area=str(packs.active().area_name(operator.area)), cells=cells,
        standing=criteria.standing(
            overdue=found.get("overdue", 0) + found.get("orders", 0), critical=found.get("critical", 0),
            pressing=found.get("high", 0) + found.get("incidents", 0) + found.get("owed", 0), is_heard=not is_silent,
        ),
        last_batch_at=heard.last_batch_at if heard else None, is_silent=is_silent,
        is_own=operator.pk in ground.own,
    )  # fmt: skip


def _cells(ground: Ground, operator: Organisation) -> list[Cell]:
    """The columns this account may see; each number leads to exactly its things."""
    pk, code, cells = operator.pk, operator.code, list[Cell]()

    def add(name: str, label: Any, value: int, url_name: str, **given: Any) -> None:
        cells.append(Cell(name, label, value, listed(url_name, operator=code, **given)))

    if ground.alerts is not None:
        levels = ground.alerts.get(pk, {})
        for level in ("critical", "high", "medium"):
            add(level, name_of(level), levels.get(level, 0), "monitor:alert_list", open="yes", level=level)
        rest = ["low", "informational"]
        lower = sum(levels.get(level, 0) for level in rest)
        add("low", pgettext_lazy("alert level", "Lower"), lower, "monitor:alert_list", open="yes", level=rest)
    if ground.incidents is not None:
        load = ground.incidents.get(pk)
        add("incidents", _("Open incidents"), load.open if load else 0, "respond:incident_list", open="yes")
        late = load.overdue if load else 0
        add("overdue", _("with overdue duty"), late, "respond:incident_list", open="yes", overdue="yes")
    if ground.answers is not None:
        answers = ground.answers.get(pk)
        add("owed", _("Unanswered warnings"), answers.owed if answers else 0, "share:delivery_list", unanswered="yes")
    if ground.orders is not None:
        order = ground.orders.get(pk)
        add("orders", _("Overdue orders"), order.overdue if order else 0, "rectify:order_list", overdue="yes")
    return cells


def _warmed(rows: list[Row]) -> list[Row]:
    """Each cell with its warmth against the largest of its column."""
    most = [max(row.cells[place].value for row in rows) for place in range(len(rows[0].cells))]
    return [
        replace(row, cells=[replace(c, heat=_warm(c, m)) for c, m in zip(row.cells, most, strict=True)]) for row in rows
    ]


def _warm(cell: Cell, most: int) -> int:
    """A single critical alert or overdue thing is never pale."""
    return criteria.warmth(cell.value, most, least=3 if cell.name in GRAVE else 1)


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    """The worst first, unless a column was chosen; equal ones stay worst first."""
    worst = sorted(rows, key=_badness)
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name == "name":
        return sorted(worst, key=lambda row: str(row.operator.name), reverse=backwards)
    if name == "reported":
        return sorted(worst, key=_silence, reverse=backwards)
    if name == "standing":
        return worst[::-1] if backwards else worst
    return sorted(worst, key=lambda row: row.value(name), reverse=backwards) if name else worst


def _silence(row: Row) -> float:
    """When it was last heard; never comes before everything."""
    return row.last_batch_at.timestamp() if row.last_batch_at else 0.0


def _badness(row: Row) -> tuple[int, ...]:
    numbers = ("overdue", "orders", "critical", "incidents", "owed", "high", "medium", "low")
    return (criteria.ORDER.index(row.standing), *(-row.value(name) for name in numbers))


def _heads(row: Row, sort: str, given: Mapping[str, str], *, shows_reports: bool) -> list[Head]:
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
    found += [head(cell.name, cell.label, is_number=True) for cell in row.cells]
    return [*found, head("reported", _("Events last received"), is_number=False)] if shows_reports else found


def _groups(rows: list[Row], chosen: str, given: Mapping[str, str]) -> list[Group]:
    counts = {standing: sum(row.standing is standing for row in rows) for standing in Standing}
    return [
        Group(
            standing, Badge(*BADGES[standing]), count,
            _here({**given, "standing": standing.value, "all": "1"}), chosen == standing, x, width,
        )
        for (standing, count), (x, width) in zip(counts.items(), criteria.strip(list(counts.values())), strict=True)
    ]  # fmt: skip
