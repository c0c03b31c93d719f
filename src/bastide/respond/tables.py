"""The list of incidents: columns and filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Picked, Search, Table
from bastide.registry import reads as registry
from bastide.respond import reads
from bastide.respond.models import Incident


def level_badge(incident: Incident) -> Badge | None:
    """The gravest level in force, or nothing."""
    return Badge(incident.level_name, incident.level_tone) if incident.rank else None


class IncidentTable(Table):
    name = "respond.incident"
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Number"), link=True),
        Column("title", _("Incident"), link=True),
        Column("level", _("Level"), value=level_badge, kind="badge", sort="rank"),
        Column("state", _("State"), kind="badge"),
        Column("operator", _("Operator"), value="operator.name", sort="operator__name_zh"),
        Column("area", _("Province"), value="area_name", sort="area"),
        Column("found_at", _("Found or learned"), kind="moment"),
        Column("due_at", _("Next clock due"), kind="ago", sort="due_at"),
        Column("nature", _("Type of incident"), shown=False),
        Column("source", _("How it was learned"), value="source_name", sort="source", shown=False),
        Column("door", _("How it came in"), shown=False),
        Column("reported_at", _("First reported"), kind="moment", shown=False),
        Column("response", _("Response"), value="response_name", sort="response_rank", shown=False),
        Column("ended_at", _("Handling ended"), kind="moment", shown=False),
        Column("created_at", _("Entered"), kind="moment", shown=False),
    )
    filters = (
        Search("number", "title", "operator__name_zh", "operator__name_en"),
        Choice("state", _("State"), choices=Incident.State.choices),
        Choice("level", _("Level"), choices=lambda account: reads.level_choices(), path="rank"),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
        Choice("area", _("Province"), choices=lambda account: [(a.code, str(a.name)) for a in packs.active().areas]),
        Choice("nature", _("Type of incident"), choices=Incident.Nature.choices),
        Boolean("overdue", _("Duty overdue"), by=reads.overdue),
        Boolean("open", _("Still open"), by=reads.still_open),
        DateRange("found", _("Found or learned"), path="found_at"),
    )  # fmt: skip
    sort = "-found_at"

    @classmethod
    def row_class(cls, row: Incident) -> str:
        return "is-overdue" if getattr(row, "is_late", False) else ""


class IncidentLines(IncidentTable):
    """The same for panels: few columns."""

    columns = tuple(c for c in IncidentTable.columns if c.name in {"number", "title", "level", "state", "due_at"})
