"""Incidents as pages: the list, one incident, and the acts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.ui import clockface
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page
from bastide.respond import acts, reads, tables
from bastide.respond.access import Can


@page("respond/incident_list.html", can=Can.SEE)
def incident_list(request: HttpRequest) -> Any:
    account = account_of(request)
    return list_page(
        request, tables.IncidentTable, reads.incidents(account), title=_("Incidents"),
        create=(_("Report an incident"), reverse("respond:incident_report")) if account.can(Can.REPORT) else None,
        may_take_calls=account.can(Can.TAKE_CALL),
        empty=_("No incident yet. One appears when an operator reports, a call is taken, or an alert is escalated."),
    )  # fmt: skip


@page("respond/incident_detail.html", can=Can.SEE)
def incident_detail(request: HttpRequest, number: str) -> Any:
    account, now = account_of(request), terms.now()
    incident = reads.incident_for(account, number)
    lines = [(line, clockface.face(line.clock, now) if line.clock else None) for line in reads.lines(incident)]
    return {
        "title": incident.title,
        "thing": incident,
        "acts": acts.offered(incident, account),
        "running": [(line, face) for line, face in lines if line.is_due and face],
        "own_clocks": clockface.faces(reads.own_clocks(incident), now),
        "lines": lines,
        "levels": [(view, clockface.certainty(view.mark) if view.mark else "") for view in incident.levels],
        "stated": reads.stated(incident),
        "versions": reads.versions(incident),
        "elsewhere": incident.found_zone != settings.TIME_ZONE,
    }


incident_report = acts.INCIDENTS.create_page("report")
incident_take_call = acts.INCIDENTS.create_page("take_call")


def incident_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """The page of one act on one incident."""
    return acts.INCIDENTS.page(request, number, act)
