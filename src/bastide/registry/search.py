"""The register in the search: operators and units by number, code, name and host."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account
from bastide.base.ui.search import LIMIT, Hit, begins, holds, is_number, stands_in
from bastide.registry import reads, tables
from bastide.registry.access import Can
from bastide.registry.models import NetworkUnit, UnitHost


def _units(account: Account, words: str) -> list[NetworkUnit]:
    """By number or host out of an index; only if there is none, by code and names, the newest first."""
    seen = reads.units(account, with_cii=False).order_by("-pk")
    known = seen.filter(begins("number", words.upper()))[:LIMIT]
    at_host = UnitHost.objects.filter(begins("value", words.lower())).values("unit")
    found = list(known) or list(seen.filter(pk__in=at_host)[:LIMIT])
    if found or is_number(words):
        return found
    return list(seen.filter(stands_in(NetworkUnit, words, "name_zh", "name_en", "code"))[:LIMIT])


def find(account: Account, words: str) -> list[Hit]:
    """CII marks play no part in it."""
    found: list[Hit] = []
    if account.can(Can.SEE_OPERATOR):
        named = holds(words, "name_zh", "name_en", "code")
        rows = reads.operators(account).filter(named).order_by("code")[:LIMIT]
        found += [
            Hit(_("Operator"), row.name, tables.operator_url(row), row.code, "building-broadcast-tower") for row in rows
        ]
    if account.can(Can.SEE_UNIT):
        units = _units(account, words)
        found += [
            Hit(
                _("Network unit"),
                unit.name,
                unit.get_absolute_url(),
                f"{unit.number} · {unit.operator.name}",
                "server-2",
            )
            for unit in units
        ]
    return found
