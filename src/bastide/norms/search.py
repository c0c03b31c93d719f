"""The norms in the search: instruments and clauses by code, name and words."""

from __future__ import annotations

from django.db.models import Q
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account
from bastide.base.ui.search import LIMIT, Hit
from bastide.norms import reads
from bastide.norms.access import Can


def find(account: Account, words: str) -> list[Hit]:
    if not account.can(Can.SEE):
        return []
    named = Q(code__icontains=words) | Q(name_zh__icontains=words) | Q(name_en__icontains=words)
    said = Q(anchor__icontains=words) | Q(text_zh__icontains=words) | Q(text_en__icontains=words)
    found = [
        Hit(_("Instrument"), row.name, row.get_absolute_url(), row.code, "book-2")
        for row in reads.instruments(account).filter(named)[:LIMIT]
    ]
    return found + [
        Hit(_("Clause"), row.anchor, row.get_absolute_url(), Truncator(row.text).chars(90), "section")
        for row in reads.clauses(account).filter(said)[:LIMIT]
    ]
