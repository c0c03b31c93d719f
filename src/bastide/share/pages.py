"""Early warnings as pages: the lists, a warning as its office and as others read it, a delivery, and the acts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from bastide.base import clock, terms
from bastide.base.people.models import Account
from bastide.base.ui import clockface
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import Bulk, list_page, small_table
from bastide.share import acts, reads, tables
from bastide.share.access import Can
from bastide.share.criteria import Targets
from bastide.share.models import Delivery, EarlyWarning


@page("ui/list.html", can=Can.SEE)
def warning_list(request: HttpRequest) -> Any:
    account = account_of(request)
    return list_page(
        request, tables.WarningTable, reads.with_progress(reads.warnings(account), account), title=_("Early warnings"),
        create=(_("Propose a warning"), reverse("share:earlywarning_propose")) if account.can(Can.PROPOSE) else None,
        empty=_("No warning yet. Propose one here or from the page of an incident."),
    )  # fmt: skip


@page("ui/list.html", can=Can.SEE_DELIVERY)
def delivery_list(request: HttpRequest) -> Any:
    account = account_of(request)
    return list_page(
        request, tables.DeliveryTable, reads.deliveries(account), title=_("Warnings delivered"),
        empty=_("No warning was delivered yet. Each one appears here with the time by which it is acknowledged."),
        bulk=[Bulk.of(acts.DELIVERIES, "acknowledge")],
    )  # fmt: skip


@page("share/warning_detail.html")
def warning_detail(request: HttpRequest, number: str) -> Any:
    """The office reads the whole; others what was told to all, with the deliveries in their own sight."""
    account = account_of(request)
    warning = reads.warning_for(account, number)
    deliveries = reads.deliveries(account).filter(warning=warning)
    values = {
        "title": warning.title, "thing": warning,
        "whole": reads.is_insider(account, warning), "acts": acts.offered(acts.WARNINGS, warning, account),
        **small_table(
            request, tables.RecipientTable, deliveries, limit=50,
            more_url=f"{reverse('share:delivery_list')}?q={warning.number}",
        ),
    }  # fmt: skip
    return {**values, **_inside(account, warning)} if values["whole"] else values


def _inside(account: Account, warning: EarlyWarning) -> dict[str, Any]:
    """What the office alone sees: the picture of the answers, or who would be told."""
    if warning.was_told:
        return {"tally": _tally(account, warning), "chart": _chart(account, warning)}
    concerned = reads.concerned(account, Targets.of(warning.targets))
    return {"concerned": concerned}


def _tally(account: Account, warning: EarlyWarning) -> EarlyWarning:
    return reads.with_progress(reads.warnings(account).filter(pk=warning.pk), account).get()


TONE_OF = {
    "pending": "warn",
    "escalated": "bad",
    "informed": "neutral",
    "acknowledged": "blue",
    "action_reported": "ok",
}


def _chart(account: Account, warning: EarlyWarning) -> dict[str, Any]:
    """How far the recipients are, as one bar."""
    counted = reads.by_state(account, warning)
    series = [
        {"name": str(state.label), "values": [counted.get(state.value, 0)], "tone": TONE_OF[state.value]}
        for state in Delivery.State
        if counted.get(state.value)
    ]
    return {"kind": "stacked", "labels": [_("Recipients")], "series": series, "flat": True}


@page("share/delivery_detail.html")
def delivery_detail(request: HttpRequest, number: str) -> Any:
    account, now = account_of(request), terms.now()
    delivery = reads.delivery_for(account, number)
    warning = delivery.warning
    whole = reads.is_insider(account, warning)
    return {
        "title": warning.title, "thing": delivery, "warning": warning,
        "whole": whole, "is_office": account.can(Can.SEE), "reasons": reads.reasons_of(delivery) if whole else [],
        "calls": delivery.calls.select_related("by") if account.can(Can.SEE) else [],
        "acts": acts.offered(acts.DELIVERIES, delivery, account),
        "running": [face for face in clockface.faces(clock.of(delivery), now) if face.clock.is_open],
    }  # fmt: skip


earlywarning_propose = acts.WARNINGS.create_page("propose")


def warning_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """The page of one act on one warning."""
    return acts.WARNINGS.page(request, number, act)


def delivery_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """The page of one act on one delivery."""
    return acts.DELIVERIES.page(request, number, act)
