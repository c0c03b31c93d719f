"""The steps of an incident: from which state to which, by whom, under which needs."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bastide.base.flow.machine import Flow, Step
from bastide.base.packs import Stage
from bastide.respond.access import Can
from bastide.respond.models import Incident, Report

S = Incident.State
Words = str | Promise | None


def reason_is_given(incident: Incident, given: dict[str, Any]) -> Words:
    """Acts that change a judgement say why."""
    return None if str(given.get("reason") or "").strip() else _("State the reason: it is kept with the incident.")


def nothing_must_be_reported(incident: Incident, given: dict[str, Any]) -> Words:
    """Below every threshold means that no first report is owed and none was sent."""
    owed = incident.reports.filter(stage__in=[Stage.FIRST, Stage.SECOND, Stage.OTHER], cancelled_at=None)
    if names := [str(line.name) for line in owed]:
        return format_lazy(
            _("This incident must be reported and cannot be set aside: {duties}."), duties="; ".join(names)
        )
    return None


def something_goes_onward(incident: Incident, given: dict[str, Any]) -> Words:
    if open_lines(incident, Stage.ONWARD):
        return None
    return _(
        "No onward report is owed: the incident has not reached the level from which it goes on, or it went already."
    )


def something_else_is_owed(incident: Incident, given: dict[str, Any]) -> Words:
    return None if open_lines(incident, Stage.OTHER) else _("No further duty is open.")


def everything_is_fulfilled(incident: Incident, given: dict[str, Any]) -> Words:
    """An incident is closed when nothing is owed any more."""
    if names := [str(line.name) for line in incident.reports.filter(filed_at=None, cancelled_at=None)]:
        return format_lazy(_("These duties are still open: {duties}."), duties="; ".join(names))
    return None


def open_lines(incident: Incident, *stages: Stage) -> list[Report]:
    """The duties of these stages that are neither met nor cancelled."""
    rows = incident.reports.filter(filed_at=None, cancelled_at=None).select_related("clock", "bearer")
    return list(rows.filter(stage__in=stages) if stages else rows)


REPORTED = (S.REPORTED_INITIAL, S.LEVEL_CONFIRMED, S.RESPONDING, S.CONTAINED)
HANDLED = (S.RESPONSE_ENDED, S.SUMMARY_SUBMITTED, S.AUTHORITY_REPORTED)

INCIDENT = Flow(
    Incident,
    Step("report", (), S.DETECTED, can=Can.REPORT, title=_("Report an incident")),
    Step("take_call", (), S.DETECTED, can=Can.TAKE_CALL, title=_("Take a report by telephone")),
    Step("open_from_alert", (), S.DETECTED, can=Can.OPEN_FROM_ALERT, title=_("Opened from an alert"), by_hand=False),
    Step("judge", (S.DETECTED,), S.TRIAGED, can=Can.JUDGE, title=_("Judge the level")),
    Step("file", (S.TRIAGED,), S.REPORTED_INITIAL, can=Can.FILE, title=_("Send the first report")),
    Step("reject", (S.TRIAGED,), S.REJECTED, can=Can.JUDGE, title=_("Set aside as below every threshold"),
         needs=(reason_is_given, nothing_must_be_reported), deciding=True),
    Step("rejudge", (S.TRIAGED, *REPORTED), None, can=Can.JUDGE,
         title=_("Judge the level again"), needs=(reason_is_given,)),
    Step("supplement", (*REPORTED, S.RESPONSE_ENDED), None, can=Can.FILE, title=_("Supplement the report")),
    Step("progress", REPORTED, None, can=Can.FILE, title=_("Send a progress report")),
    Step("forward", (*REPORTED, *HANDLED), None, can=Can.FORWARD, title=_("Send the onward report"),
         needs=(something_goes_onward,), deciding=True),
    Step("fulfil", (S.TRIAGED, *REPORTED, *HANDLED), None, can=Can.FILE,
         title=_("Record that a further duty was fulfilled"),
         needs=(something_else_is_owed,)),
    Step("confirm", (S.REPORTED_INITIAL,), S.LEVEL_CONFIRMED, can=Can.CONFIRM,
         title=_("Confirm the level"), deciding=True),
    Step("change_level", (S.LEVEL_CONFIRMED, S.RESPONDING, S.CONTAINED), None, can=Can.CONFIRM,
         title=_("Change the confirmed level"), needs=(reason_is_given,), deciding=True),
    Step("start_response", (S.LEVEL_CONFIRMED,), S.RESPONDING, can=Can.RESPOND,
         title=_("Start the response"), deciding=True),
    Step("adjust_response", (S.RESPONDING, S.CONTAINED), S.RESPONDING, can=Can.RESPOND, title=_("Adjust the response"),
         needs=(reason_is_given,), deciding=True),
    Step("contain", (S.RESPONDING,), S.CONTAINED, can=Can.RESPOND, title=_("Declare the harm contained")),
    Step("end", (S.LEVEL_CONFIRMED, S.CONTAINED), S.RESPONSE_ENDED, can=Can.RESPOND,
         title=_("End the response"), deciding=True),
    Step("summarise", (S.RESPONSE_ENDED,), S.SUMMARY_SUBMITTED, can=Can.SUMMARISE,
         title=_("Submit the summary report")),
    Step("report_upward", (S.SUMMARY_SUBMITTED,), S.AUTHORITY_REPORTED, can=Can.CLOSE,
         title=_("Send the authority's own report"),
         deciding=True),
    Step("close", (S.SUMMARY_SUBMITTED, S.AUTHORITY_REPORTED), S.CLOSED, can=Can.CLOSE, title=_("Close the incident"),
         needs=(everything_is_fulfilled,), deciding=True),
)  # fmt: skip
