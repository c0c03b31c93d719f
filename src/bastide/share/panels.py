"""Early warnings on the pages of incidents and operators."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bastide.base.ui.pages import account_of
from bastide.base.ui.panels import panel
from bastide.base.ui.tables import small_table
from bastide.share import reads
from bastide.share.access import Can
from bastide.share.tables import OwnTable, WarningTable


@panel(
    "respond.incident", "share/_incident.html", title=_("Early warnings"), can=Can.SEE, icon="speakerphone", order=30
)
def incident_warnings(request: HttpRequest, incident: Any) -> dict[str, Any]:
    account = account_of(request)
    rows = reads.with_progress(reads.of_incident(account, incident.number), account)
    address = f"{reverse('share:earlywarning_propose')}?incident={incident.number}"
    return {**small_table(request, WarningTable, rows), "propose_url": address if account.can(Can.PROPOSE) else ""}


@panel(
    "registry.operator", "share/_deliveries.html", title=_("Warnings delivered"), can=Can.SEE_DELIVERY,
    icon="speakerphone",
    order=25,
)  # fmt: skip
def operator_deliveries(request: HttpRequest, operator: Any) -> dict[str, Any]:
    rows = reads.deliveries(account_of(request)).filter(operator=operator)
    address = f"{reverse('share:delivery_list')}?operator={operator.code}"
    return small_table(request, OwnTable, rows, more_url=address)
