"""The list of evidence."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Boolean, Column, DateRange, Search, Table
from bastide.base.vault.models import EvidenceFile


def soundness(evidence: EvidenceFile) -> Badge:
    """What the last check of the content said."""
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
