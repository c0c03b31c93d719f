"""Operators side by side: what lies open at each, the worst first, as a table that is a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
from bastide.monitor import reads as monitor
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
    """What is counted for every operator, of which few are shown; a tuple of tuples, because there are thousands."""

    operator: int
    numbers: tuple[int, ...]  # in the order of COLUMNS; nothing where this account may not see that kind
    standing: Standing


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
    columns = _columns(ground)
    found = [line for line in _lines(ground, columns) if line.operator in ground.own or any(line.numbers)]
    if not found:
        return None
    names, most = list(columns), [max(column) for column in zip(*(line.numbers for line in found), strict=True)]
    chosen = only if only in set(Standing) else ""
    listed_lines = _sorted([line for line in found if not chosen or line.standing == chosen], sort, names, ground)
    page = listed_lines[: ALL if everything else SHOWN]
    named = registry.operators_by_id(line.operator for line in page)
    shown = [_row(ground, line, named[line.operator], names, most) for line in page]
    given = {"sort": sort, "standing": chosen, "all": "1" if everything else "", **(kept or {})}
    return Posture(
        rows=shown, heads=_heads(names, sort, given, shows_reports=ground.heard is not None),
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


def _columns(ground: Ground) -> dict[str, Sequence[int]]:
    """What lies at each operator, as far as this account may see it: a number for each of `ground.operators`."""
    found: dict[str, Sequence[int]] = {}

    def of(known: Mapping[int, Any], none: Any) -> list[Any]:
        return [known.get(pk, none) for pk in ground.operators]

    if ground.alerts is not None:
        alerts = of(ground.alerts, monitor.Open())
        found |= {level: [getattr(row, level) for row in alerts] for level in ("critical", "high", "medium")}
        found["low"] = [row.low + row.informational for row in alerts]
    if ground.incidents is not None:
        loads = of(ground.incidents, None)
        found["incidents"] = [load.open if load else 0 for load in loads]
        found["overdue"] = [load.overdue if load else 0 for load in loads]
    if ground.answers is not None:
        found["owed"] = [answers.owed if answers else 0 for answers in of(ground.answers, None)]
    if ground.orders is not None:
        found["orders"] = [order.overdue if order else 0 for order in of(ground.orders, None)]
    return found


def _lines(ground: Ground, columns: Mapping[str, Sequence[int]]) -> Iterator[Line]:
    nothing = [0] * len(ground.operators)
    deaf = ground.heard.silent if ground.heard else frozenset()

    def sums(*names: str) -> list[int]:
        return [sum(row) for row in zip(*(columns.get(name, nothing) for name in names), strict=True)]

    rows = zip(*columns.values(), strict=True) if columns else ((),) * len(nothing)
    told = zip(sums("overdue", "orders"), sums("critical"), sums("high", "incidents", "owed"), strict=True)
    for operator, numbers, (overdue, critical, pressing) in zip(ground.operators, rows, told, strict=True):
        standing = criteria.standing(
            overdue=overdue, critical=critical, pressing=pressing, is_heard=operator not in deaf
        )
        yield Line(operator, numbers, standing)


def _row(ground: Ground, line: Line, operator: Organisation, names: Sequence[str], most: Sequence[int]) -> Row:
    """A line as it is shown: each number leads to exactly its things and is as warm as it is large."""
    cells = []
    for name, value, top in zip(names, line.numbers, most, strict=True):
        _heading, url_name, given = COLUMNS[name]
        url = listed(url_name, operator=operator.code, **given)
        cells.append(Cell(name, _label(name), value, url, _warm(name, value, top)))
    heard = ground.heard
    return Row(
        operator=operator, area=str(packs.active().area_name(operator.area)), standing=line.standing, cells=cells,
        last_batch_at=heard.last.get(operator.pk) if heard else None,
        is_silent=bool(heard and operator.pk in heard.silent), is_own=operator.pk in ground.own,
    )  # fmt: skip


def _label(name: str) -> str | Promise:
    return COLUMNS[name][0] or name_of(name)


def _warm(name: str, value: int, most: int) -> int:
    """A single critical alert or overdue thing is never pale."""
    return criteria.warmth(value, most, least=3 if name in GRAVE else 1)


# What makes one operator worse than another of the same standing, the gravest first.
WORST = ("overdue", "orders", "critical", "incidents", "owed", "high", "medium", "low")
RANKS = {standing: -place for place, standing in enumerate(criteria.ORDER)}


def _sorted(lines: list[Line], sort: str, names: Sequence[str], ground: Ground) -> list[Line]:
    """The worst first, unless a column was chosen; equal ones stay worst first."""
    places = [names.index(name) for name in WORST if name in names]
    worst = sorted(
        lines, key=lambda line: (RANKS[line.standing], *[line.numbers[place] for place in places]), reverse=True
    )
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name == "name":
        named = registry.operators_by_id(line.operator for line in worst)
        return sorted(worst, key=lambda line: named[line.operator].name, reverse=backwards)
    if name == "reported" and (heard := ground.heard):
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(worst, key=lambda line: heard.last.get(line.operator) or never, reverse=backwards)
    if name in names:
        place = names.index(name)
        return sorted(worst, key=lambda line: line.numbers[place], reverse=backwards)
    return worst[::-1] if sort == "-standing" else worst


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
    standings = Counter(row.standing for row in rows)
    counts = {standing: standings[standing] for standing in Standing}
    return [
        Group(
            standing, Badge(*BADGES[standing]), count,
            _here({**given, "standing": standing.value, "all": "1"}), chosen == standing, x, width,
        )
        for (standing, count), (x, width) in zip(counts.items(), criteria.strip(list(counts.values())), strict=True)
    ]  # fmt: skip
