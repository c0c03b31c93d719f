"""Findings and orders on the pages of operators, network units, inspections and incidents."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base.ui.pages import account_of
from bastide.base.ui.panels import panel
from bastide.base.ui.tables import small_table
from bastide.rectify import reads
from bastide.rectify.access import Can
from bastide.rectify.tables import FindingShortTable, OrderShortTable

TEMPLATE = "rectify/_rows.html"
LIVE_LINES = Count("lines", filter=Q(lines__released=False))


@panel("registry.operator", TEMPLATE, title=_("Rectification orders"), icon="gavel", order=40)
def operator_orders(request: HttpRequest, operator: Any) -> dict[str, Any] | None:
    account = account_of(request)
    rows = reads.orders(account).filter(operator=operator).annotate(line_count=LIVE_LINES)
    if not rows.exists():
        return None
    address = f"{reverse('rectify:order_list')}?operator={operator.code}"
    return small_table(request, OrderShortTable, rows, more_url=address) | {
        "recurrence": reads.recurrence(account, operator.pk)
    }


@panel("registry.operator", TEMPLATE, title=pgettext_lazy("rectify", "Findings"), icon="zoom-exclamation", order=41)
def operator_findings(request: HttpRequest, operator: Any) -> dict[str, Any] | None:
    rows = reads.open_findings(account_of(request)).filter(operator=operator)
    address = f"{reverse('rectify:finding_list')}?operator={operator.code}"
    return small_table(request, FindingShortTable, rows, more_url=address) if rows.exists() else None


@panel("registry.unit", TEMPLATE, title=pgettext_lazy("rectify", "Findings"), icon="zoom-exclamation", order=40)
def unit_findings(request: HttpRequest, unit: Any) -> dict[str, Any] | None:
    rows = reads.findings(account_of(request)).filter(unit=unit)
    return small_table(request, FindingShortTable, rows) if rows.exists() else None


@panel("inspection.visit", TEMPLATE, title=_("Findings under rectification"), icon="zoom-exclamation", order=10)
def visit_findings(request: HttpRequest, visit: Any) -> dict[str, Any] | None:
    rows = reads.findings(account_of(request)).filter(source_kind="inspection", source_number=visit.number)
    return small_table(request, FindingShortTable, rows) if rows.exists() else None


@panel("respond.incident", TEMPLATE, title=_("Findings from this incident"), icon="zoom-exclamation", order=40)
def incident_findings(request: HttpRequest, incident: Any) -> dict[str, Any] | None:
    account = account_of(request)
    rows = reads.findings(account).filter(source_kind="incident", source_number=incident.number)
    record = ""
    if account.may(Can.RECORD_FINDING, incident):
        record = f"{reverse('rectify:finding_record')}?incident={incident.number}&operator={incident.operator.code}"
    return small_table(request, FindingShortTable, rows) | {"record": record} if rows.exists() or record else None
