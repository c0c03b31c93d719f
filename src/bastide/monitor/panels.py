"""Alerts and sources on the pages of operators and network units."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bastide.base.ui.pages import account_of
from bastide.base.ui.panels import panel
from bastide.base.ui.tables import small_table
from bastide.monitor import reads, tables
from bastide.monitor.access import Can

TEMPLATE = "ui/_table_small.html"


@panel("registry.operator", TEMPLATE, title=_("Open alerts"), can=Can.SEE_ALERT, icon="alert-triangle", order=30)
def operator_alerts(request: HttpRequest, operator: Any) -> dict[str, Any]:
    rows = reads.open_alerts(account_of(request)).filter(operator=operator)
    more = f"{reverse('monitor:alert_list')}?operator={operator.code}&open=yes"
    return small_table(request, tables.AlertLines, rows, more_url=more)


@panel("registry.operator", TEMPLATE, title=_("Sources of events"), can=Can.SEE_SOURCE, icon="antenna", order=60)
def operator_sources(request: HttpRequest, operator: Any) -> dict[str, Any]:
    rows = reads.sources(account_of(request)).filter(operator=operator)
    return small_table(
        request, tables.SourceLines, rows, more_url=f"{reverse('monitor:source_list')}?operator={operator.code}"
    )


@panel("registry.unit", TEMPLATE, title=_("Open alerts"), can=Can.SEE_ALERT, icon="alert-triangle", order=30)
def unit_alerts(request: HttpRequest, unit: Any) -> dict[str, Any]:
    rows = reads.open_alerts(account_of(request)).filter(unit=unit)
    return small_table(
        request, tables.AlertLines, rows, more_url=f"{reverse('monitor:alert_list')}?q={unit.number}&open=yes"
    )
