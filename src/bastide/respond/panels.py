"""Incidents on the pages of operators, network units and alerts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bastide.base.ui.pages import account_of
from bastide.base.ui.panels import panel
from bastide.base.ui.tables import small_table
from bastide.respond import reads
from bastide.respond.access import Can
from bastide.respond.tables import IncidentLines

TEMPLATE = "respond/_incidents.html"


@panel("registry.operator", TEMPLATE, title=_("Incidents"), can=Can.SEE, icon="urgent", order=20)
def operator_incidents(request: HttpRequest, operator: Any) -> dict[str, Any]:
    rows = reads.incidents(account_of(request)).filter(operator=operator)
    return small_table(
        request, IncidentLines, rows, more_url=f"{reverse('respond:incident_list')}?operator={operator.code}"
    )


@panel("registry.unit", TEMPLATE, title=_("Incidents"), can=Can.SEE, icon="urgent", order=20)
def unit_incidents(request: HttpRequest, unit: Any) -> dict[str, Any]:
    return small_table(request, IncidentLines, reads.incidents(account_of(request)).filter(units=unit))


@panel("monitor.alert", TEMPLATE, title=_("Incident"), can=Can.SEE, icon="urgent", order=10)
def alert_incident(request: HttpRequest, alert: Any) -> dict[str, Any] | None:
    rows = reads.incidents(account_of(request)).filter(alert_links__alert=alert.number)
    return small_table(request, IncidentLines, rows) if rows.exists() else None
