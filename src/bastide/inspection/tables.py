"""Columns and filters of the lists of inspections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.people.models import Account
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Picked, Search, Table
from bastide.inspection.models import Visit
from bastide.registry import reads as registry

DONE = (Visit.State.REPORTED, Visit.State.CLOSED, Visit.State.CANCELLED)


def areas(account: Account) -> list[tuple[str, Any]]:
    return [(area.code, str(area.name)) for area in packs.active().areas]


class VisitTable(Table):
    name = "inspection.visit"
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Number"), link=True),
        Column("item", _("Inspection item"), lambda visit: visit.inspection_item.name, sort="item"),
        Column("operator", _("Operator"), "operator.name", sort="operator__name_zh"),
        Column("state", _("State"), kind="badge"),
        Column("method", _("Method")),
        Column("starts_at", _("Begins"), kind="moment"),
        Column("observations", _("Findings"), "observed", kind="number", sort="observed"),
        Column(
            "area", _("Province"), lambda visit: packs.active().area_name(visit.operator.area), sort="operator__area"
        ),
        Column("class", _("Class of inspection"), "class_name", sort="inspection_class", shown=False),
        Column("authority", _("Inspecting authority"), "authority.name", sort="authority__name_zh", shown=False),
        Column("concluded_at", _("Concluded"), kind="moment", shown=False),
    )
    filters = (
        Search("number", "reason", "operator__name_zh", "operator__name_en"),
        Choice("state", _("State"), choices=Visit.State.choices),
        Choice("method", _("Method"), choices=Visit.Method.choices),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
        Choice("area", _("Province"), choices=areas, path="operator__area"),
        Boolean(
            "open", _("Under way"),
            by=lambda rows, yes: rows.exclude(state__in=DONE) if yes else rows.filter(state__in=DONE),
        ),
        DateRange("starts", _("Begins"), path="starts_at"),
    )  # fmt: skip
    sort = "-starts_at"


class VisitShortTable(VisitTable):
    """As many columns as a panel has room for."""

    name = "inspection.visit.short"
    columns: ClassVar[Sequence[Column]] = tuple(
        c for c in VisitTable.columns if c.name in {"number", "item", "state", "starts_at"}
    )
