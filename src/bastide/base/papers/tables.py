"""The list of documents."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.papers.models import Document
from bastide.base.people.models import Account
from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Choice, Column, DateRange, Search, Table


def standing(document: Document) -> Badge:
    """In force, or void."""
    return Badge(_("Void"), "bad") if document.is_void else Badge(_("In force"), "ok")


def type_choices(_account: Account) -> list[tuple[str, str]]:
    return [(kind.id, str(kind.name)) for kind in packs.active().document_types]


class DocumentTable(Table):
    name = "papers.document"
    columns = (
        Column("reference", _("Number"), link=True),
        Column("title", _("Document"), sort="title_zh"),
        Column("thing_number", _("About")),
        Column("issuer", _("Issuer"), value="issuer.name", sort="issuer__name_zh"),
        Column("addressee", _("Addressee"), value="addressee.name", sort="addressee__name_zh"),
        Column("issued_at", _("Issued")),
        Column("standing", _("State"), value=standing, kind="badge", sort="voided_at"),
        Column("number", _("Plain number"), shown=False),
        Column("digest", _("Data digest"), kind="sha", shown=False),
    )
    filters = (
        Search("number", "reference", "thing_number", "title_zh", "title_en"),
        Choice("type_id", _("Type"), choices=type_choices),
        DateRange("issued_at", _("Issued")),
    )
    sort = "-issued_at"
