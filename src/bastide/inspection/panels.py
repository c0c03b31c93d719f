"""Inspections on the pages of operators and network units."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bastide.base.ui.pages import account_of
from bastide.base.ui.panels import panel
from bastide.base.ui.tables import small_table
from bastide.inspection import reads
from bastide.inspection.tables import VisitShortTable

TEMPLATE = "inspection/_visits.html"


@panel("registry.operator", TEMPLATE, title=_("Inspections"), icon="clipboard-check", order=30)
def operator_visits(request: HttpRequest, operator: Any) -> dict[str, Any] | None:
    rows = reads.visits(account_of(request)).filter(operator=operator).annotate(observed=Count("observations"))
    address = f"{reverse('inspection:visit_list')}?operator={operator.code}"
    return small_table(request, VisitShortTable, rows, more_url=address) if rows.exists() else None


@panel("registry.unit", TEMPLATE, title=_("Inspections"), icon="clipboard-check", order=30)
def unit_visits(request: HttpRequest, unit: Any) -> dict[str, Any] | None:
    rows = reads.visits(account_of(request)).filter(units=unit).annotate(observed=Count("observations"))
    return small_table(request, VisitShortTable, rows) if rows.exists() else None
