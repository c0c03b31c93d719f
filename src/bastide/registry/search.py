"""The register in the search: operators and units by number, code, name and host."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account
from bastide.base.ui.search import LIMIT, Hit
from bastide.registry import reads, tables
from bastide.registry.access import Can


def find(account: Account, words: str) -> list[Hit]:
    """CII marks play no part in it."""
    found: list[Hit] = []
    if account.can(Can.SEE_OPERATOR):
        named = Q(code__icontains=words) | Q(name_zh__icontains=words) | Q(name_en__icontains=words)
        rows = reads.operators(account).filter(named).order_by("code")[:LIMIT]
        found += [
            Hit(_("Operator"), row.name, tables.operator_url(row), row.code, "building-broadcast-tower") for row in rows
        ]
    if account.can(Can.SEE_UNIT):
        told = Q(number__icontains=words) | Q(code__icontains=words) | Q(name_zh__icontains=words)
        told |= Q(name_en__icontains=words) | Q(hosts__value__istartswith=words)
        units = reads.units(account, with_cii=False).filter(told).distinct().order_by("-pk")[:LIMIT]
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
