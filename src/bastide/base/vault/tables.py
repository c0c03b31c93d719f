"""The list of evidence."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Search, Table
from bastide.base.vault.models import Disposal, EvidenceFile


def soundness(evidence: EvidenceFile) -> Badge:
    """What the last check of the content said."""
    if evidence.disposed_at is not None:
        return Badge(_("Deleted, certified"), "neutral")
    if evidence.is_damaged:
        return Badge(_("Damaged"), "bad")
    if evidence.verified_at is None:
        return Badge(_("Not checked again yet"), "neutral")
    return Badge(_("Unchanged"), "ok")


class EvidenceTable(Table):
    name = "vault.evidence"
    columns = (
        Column("number", _("Number"), link=True),
        Column("name", _("File name")),
        Column("thing_number", _("Belongs to")),
        Column("organisation", _("Organisation"), value="organisation.name", sort="organisation__name_zh"),
        Column("size", _("Size"), kind="size"),
        Column("received_at", _("Received")),
        Column("received_by", _("Received by"), value="received_by.name", sort="received_by__name"),
        Column("effective_on", _("Effective date")),
        Column("soundness", _("Content"), value=soundness, kind="badge", sort="is_damaged"),
        Column("media_type", _("Type"), shown=False),
        Column("sha256", _("SHA-256"), kind="sha", sort=False, shown=False),
    )
    filters = (
        Search("number", "name", "thing_number", "content__sha256"),
        DateRange("received_at", _("Received")),
        Boolean("is_damaged", _("Damaged")),
    )
    sort = "-received_at"


class DisposalTable(Table):
    name = "vault.disposal"
    columns = (
        Column("number", _("Number"), link=True),
        Column("evidence", _("Evidence"), value="evidence.number", sort="evidence__number"),
        Column("thing_number", _("Belongs to"), value="evidence.thing_number", sort="evidence__thing_number"),
        Column("state", _("State"), kind="badge"),
        Column("created_by", _("Proposed by"), value="created_by.name", sort="created_by__name"),
        Column("created_at", _("Proposed")),
        Column("decided_by", _("Decided by"), value="decided_by.name", sort="decided_by__name"),
        Column("decided_at", _("Decided")),
        Column("basis", _("Legal basis"), shown=False),
    )
    filters = (
        Search("number", "evidence__number", "evidence__name", "evidence__thing_number", "reason"),
        Choice("state", _("State"), choices=Disposal.State.choices),
    )
    sort = "-created_at"
