"""Incidents for programs: lists, one incident with its lines and reports, and every act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from bastide.base.ui import doors
from bastide.base.ui.pages import account_of
from bastide.base.ui.purpose import saw_by_program
from bastide.respond import acts, reads
from bastide.respond.models import Incident, Report, Submission

router = Router(tags=["respond"])


class IncidentOut(Schema):
    """An incident in a list. Whether it concerns critical infrastructure is told only on its own."""

    number: str
    title: str
    state: str
    rank: int
    operator: str
    area: str
    nature: str
    source: str
    found_at: datetime
    found_zone: str
    entered_at: datetime
    due_at: datetime | None
    version: int


class IncidentRow(IncidentOut):
    """The same, read from the row itself, so that only the rows of the page are fetched."""

    @staticmethod
    def resolve_operator(row: Incident) -> str:
        return row.operator.code

    @staticmethod
    def resolve_entered_at(row: Incident) -> datetime:
        return row.created_at


class LevelOut(Schema):
    scale: str
    judged: str | None
    confirmed: str | None
    reason: str | None
    mark: str | None
    draft: bool


class LineOut(Schema):
    """A duty to report, with its clock."""

    duty: str
    name: str
    stage: str
    to: list[str]
    basis: str
    starts_at: datetime
    known_at: datetime
    due_at: datetime | None
    clock: str
    fulfilled_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str


class SubmissionOut(Schema):
    sequence: int
    kind: str
    channel: str
    sent_at: datetime
    entered_at: datetime
    content: dict[str, Any]
    missing: list[str]
    document: str


class IncidentWhole(IncidentOut):
    is_cii: bool
    units: list[str]
    alerts: list[str]
    facts: dict[str, Any]
    levels: list[LevelOut]
    lines: list[LineOut]
    reports: list[SubmissionOut]
    open_acts: list[str]


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "number": incident.number, "title": incident.title, "state": incident.state, "rank": incident.rank,
        "operator": incident.operator.code, "area": incident.area, "nature": incident.nature, "source": incident.source,
        "found_at": incident.found_at, "found_zone": incident.found_zone, "entered_at": incident.created_at,
        "due_at": getattr(incident, "due_at", None), "version": incident.version,
    }  # fmt: skip


def _line(line: Report) -> dict[str, Any]:
    return {
        "duty": line.duty, "name": str(line.name), "stage": line.stage, "to": [str(name) for name in line.to],
        "basis": line.basis, "starts_at": line.starts_at, "known_at": line.known_at,
        "due_at": line.clock.due_at if line.clock else None, "clock": line.clock.state if line.clock else "",
        "fulfilled_at": line.filed_at, "cancelled_at": line.cancelled_at, "cancel_reason": line.cancel_reason,
    }  # fmt: skip


def _submission(sent: Submission) -> dict[str, Any]:
    return {
        "sequence": sent.sequence, "kind": sent.kind, "channel": sent.channel, "sent_at": sent.sent_at,
        "entered_at": sent.entered_at, "content": sent.content, "missing": sent.missing, "document": sent.document,
    }  # fmt: skip


@router.get("/incidents", response=list[IncidentRow], summary="Incidents")
@paginate
def incident_list(
    request: HttpRequest,
    state: str = "",
    rank: int | None = None,
    nature: str = "",
    area: str = "",
    operator: str = "",
    overdue: bool | None = None,
) -> Any:
    """`operator` is the operator's code; `overdue` asks for those with (or without) a duty whose time has run out."""
    rows = reads.incidents(account_of(request)).order_by("-found_at", "-pk")
    wanted = {"state": state, "nature": nature, "area": area, "operator__code": operator}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    rows = rows if rank is None else rows.filter(rank=rank)
    return rows if overdue is None else reads.overdue(rows, overdue)


@router.get("/incidents/{number}", response=IncidentWhole, summary="One incident with its duties and reports")
def incident_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    incident = reads.incident_for(account, number)
    saw_by_program(account, incident)
    return {
        **_incident(incident), "is_cii": incident.is_cii, "units": [unit.number for unit in incident.units.all()],
        "alerts": [link.alert for link in incident.alert_links.all()], "facts": incident.facts,
        "levels": [
            {
                "scale": view.scale.id, "judged": view.judged.id if view.judged else None,
                "confirmed": view.confirmed.id if view.confirmed else None,
                "reason": str(view.reason) if view.reason else None, "mark": view.mark, "draft": view.is_draft,
            }
            for view in incident.levels
        ],
        "lines": [_line(line) for line in reads.lines(incident)],
        "reports": [_submission(sent) for sent in reads.submissions(incident)],
        "open_acts": [act["name"] for act in acts.offered(incident, account)],
    }  # fmt: skip


doors.mount(router, "/incidents", acts.INCIDENTS)
