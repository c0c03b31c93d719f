"""The list of operators behind "n of m operators": who sends events, and what each is known by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base import packs, terms
from bastide.base.people.models import Account, Organisation
from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Choice, Column, Filter, Search, Table
from bastide.home.sections.coverage import STATES
from bastide.home.sections.ground import survey

HAS = [
    ("events", _("Events arrive")),
    ("incidents", _("Incident on file")),
    ("warned", _("Warned, warning in force")),
    ("answers", _("All warnings acknowledged")),
    ("orders", _("Order in force")),
    ("units", _("Units registered")),
]


def _areas(account: Account) -> list[tuple[str, Any]]:
    return [(area.code, str(area.name)) for area in packs.active().areas]


def _badge(row: Any) -> Badge:
    label, tone = STATES[row.coverage]
    return Badge(label, tone)


def _operator_url(row: Organisation) -> str:
    return reverse("registry:operator_detail", args=[row.code])


@dataclass(frozen=True)
class Has(Choice):
    """By what a figure of the situation room rests on; counted by the same read as the figure."""

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        wanted = self.chosen(given, account)
        if not wanted:
            return rows
        ground = survey(account, at=terms.now())
        return rows.filter(pk__in=set.intersection(*(ground.who(kind) for kind in wanted)))


class KnownTable(Table):
    """Operators in sight, for those who may not know the sources."""

    name = "home.known"
    columns: ClassVar[Sequence[Column]] = (
        Column("code", _("Code"), kind="code", link=_operator_url),
        Column("name", _("Operator"), sort="name_zh", link=_operator_url),
        Column("area", _("Province"), lambda row: packs.active().area_name(row.area), sort="area"),
    )
    filters: ClassVar[Sequence[Filter]] = (
        Search("code", "name_zh", "name_en"),
        Choice("area", _("Province"), choices=_areas),
        Has("has", _("Figure rests on"), choices=HAS),
    )
    sort = "code"


class CoverageTable(KnownTable):
    """The same with the state of their events."""

    name = "home.coverage"
    columns = (
        *KnownTable.columns,
        Column("coverage", pgettext_lazy("coverage", "Events"), _badge, kind="badge", sort="coverage"),
        Column("last_batch_at", _("Events last received"), kind="ago", sort="last_batch_at"),
    )
    filters = (
        *KnownTable.filters,
        Choice(
            "state",
            pgettext_lazy("coverage", "Events"),
            choices=[(key, label) for key, (label, _tone) in STATES.items()],
            path="coverage",
        ),
    )
    sort = "last_batch_at"
