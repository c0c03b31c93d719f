"""Columns and filters of the lists of norms."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account
from bastide.base.ui.tables import Choice, Column, Search, Table
from bastide.norms import reads
from bastide.norms.models import MARK_TONES, MARKS, Clause, Instrument


def _instrument_choices(account: Account) -> list[tuple[str, Any]]:
    return [(row.code, row.code) for row in reads.instruments(account)]


class InstrumentTable(Table):
    name = "norms.instrument"
    columns = (
        Column("code", _("Code"), kind="code", link=True),
        Column("name", _("Name"), link=True, sort="name_zh"),
        Column("identifier", _("Document number")),
        Column("rank", _("Rank")),
        Column("issuer", _("Issued by"), sort=False),
        Column("in_force", _("In force since")),
        Column("status", _("Legal status"), kind="badge"),
        Column("clauses", _("Clauses"), "clause_count", kind="number", sort="clause_count"),
        Column("mark", _("Source check"), kind="badge", tone=MARK_TONES),
    )
    filters = (
        Search("code", "name_zh", "name_en", "identifier"),
        Choice("rank", _("Rank"), choices=Instrument.Rank.choices),
        Choice("status", _("Legal status"), choices=Instrument.Status.choices),
        Choice("mark", _("Source check"), choices=tuple(MARKS.items())),
    )
    sort = "position"


class ClauseTable(Table):
    name = "norms.clause"
    columns = (
        Column("anchor", _("Clause"), kind="code", link=True, sort=("instrument__position", "position")),
        Column("text", _("What is asked"), sort=False),
        Column("who", _("Duty bearer"), "who_names", sort=False),
        Column("deadline", _("Time limit"), sort=False),
        Column("sanction", _("Sanction"), sort=False),
        Column("mark", _("Source check"), kind="badge", tone=MARK_TONES),
        Column("instrument", _("Instrument"), "instrument.name", sort=False, shown=False),
        Column("edition", _("Edition read"), shown=False),
        Column("valid_from", _("Here since"), shown=False),
    )
    filters = (
        Search("anchor", "text_zh", "text_en", "instrument__name_zh", "instrument__name_en"),
        Choice("instrument", _("Instrument"), choices=_instrument_choices, path="instrument__code"),
        Choice("mark", _("Source check"), choices=tuple(MARKS.items())),
    )
    sort = "anchor"

    @classmethod
    def row_class(cls, row: Clause) -> str:
        return "" if row.is_checked else "is-unchecked"
