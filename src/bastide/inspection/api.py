"""Inspections for programs: lists, one visit with answers and findings, every act, and answering a question."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from bastide.base import terms
from bastide.base.ui import doors
from bastide.base.ui.doors import InvalidForm
from bastide.base.ui.pages import account_of
from bastide.base.ui.purpose import saw_by_program
from bastide.inspection import acts, flows, forms, reads
from bastide.inspection.access import Can
from bastide.inspection.models import Observation

router = Router(tags=["inspection"])


def _code(row: Any, name: str) -> str:
    """The code of an organisation of a row; a detail read gives rows as plain values, which have it already."""
    return str(row[name] if isinstance(row, dict) else getattr(row, name).code)


class VisitOut(Schema):
    """An inspection in a list."""

    number: str
    state: str
    operator: str
    authority: str
    item: str
    inspection_class: str
    checklist: str
    method: str
    starts_at: datetime
    ends_at: datetime
    version: int

    @staticmethod
    def resolve_operator(visit: Any) -> str:
        return _code(visit, "operator")

    @staticmethod
    def resolve_authority(visit: Any) -> str:
        return _code(visit, "authority")


class ObservationOut(Schema):
    """A finding of an inspection."""

    number: str
    state: str
    visit: str
    item: str
    clause: str
    unit: str
    severity: str
    title: str
    text: str
    reproduce: str
    measure: str
    objection: str
    decision: str
    version: int


class AnswerOut(Schema):
    item: str
    status: str
    result: str
    note: str
    answered_at: datetime | None
    version: int


class MemberOut(Schema):
    person: str
    organisation: str
    part: str


class VisitWhole(VisitOut):
    reason: str
    place: str
    units: list[str]
    team: list[MemberOut]
    noticed_at: datetime | None
    opened_at: datetime | None
    ended_at: datetime | None
    sent_at: datetime | None
    concluded_at: datetime | None
    result: str
    answers: list[AnswerOut]
    observations: list[ObservationOut]
    open_acts: list[str]


class AnswerIn(Schema):
    """An answer. `seen` is the version of the answer you read; it is refused if somebody answered meanwhile."""

    result: str = "not_assessed"
    note: str = ""
    seen: int | None = None
    evidence: list[int] = []


@router.get("/visits", response=list[VisitOut], summary="Inspections")
@paginate
def visit_list(request: HttpRequest, state: str = "", method: str = "", operator: str = "") -> Any:
    """`operator` is the operator's code."""
    asked = {"state": state, "method": method, "operator__code": operator}
    return reads.visits(account_of(request)).filter(**{path: value for path, value in asked.items() if value})


@router.get("/visits/{number}", response=VisitWhole, summary="One inspection with its answers and findings")
def visit_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    visit = reads.visit_for(account, number)
    saw_by_program(account, visit)
    sees = account.may(Can.SEE, visit)
    return {
        **VisitOut.from_orm(visit).dict(),
        **{name: getattr(visit, name) for name in ("reason", "place", "result", "noticed_at", "opened_at", "ended_at")},
        "sent_at": visit.sent_at,
        "concluded_at": visit.concluded_at,
        "units": [unit.number for unit in visit.units.all()],
        "team": [
            {"person": str(m.account), "organisation": m.organisation.code, "part": m.part}
            for m in visit.team.select_related("account", "organisation")
        ],
        "answers": list(visit.answers.all()) if sees else [],
        "observations": [_observation(o) for o in reads.observations_of(account, visit)],
        "open_acts": [act["name"] for act in acts.VISITS.next_acts(visit, account)],
    }


def _observation(one: Observation) -> dict[str, Any]:
    names = ("number", "state", "item", "clause", "severity", "title", "text", "reproduce", "measure", "objection")
    return {
        **{name: getattr(one, name) for name in names}, "visit": one.visit.number, "decision": one.decision,
        "unit": one.unit.number if one.unit else "", "version": one.version,
    }  # fmt: skip


@router.get("/observations", response=list[ObservationOut], summary="Findings of inspections")
@paginate
def observation_list(request: HttpRequest, visit: str = "", state: str = "") -> Any:
    rows = reads.observations(account_of(request)).filter(visit__concerns_cii=False)
    rows = rows.filter(visit__number=visit) if visit else rows
    return [_observation(one) for one in (rows.filter(state=state) if state else rows)]


@router.get("/observations/{number}", response=ObservationOut, summary="One finding of an inspection")
def observation_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    one = reads.observation_for(account, number)
    saw_by_program(account, one)
    return _observation(one)


@router.post("/visits/{number}/answers/{item}", response=AnswerOut, summary="Answer a question of the checklist")
def give_answer(request: HttpRequest, number: str, item: str, body: AnswerIn) -> Any:
    account = account_of(request)
    visit = reads.visit_for(account, number)
    saw_by_program(account, visit)
    form = forms.AnswerForm(body.dict(), {"evidence": body.evidence}, by=account)
    if not form.is_valid():
        raise InvalidForm(form)
    return flows.answer(
        visit, item, by=account, at=terms.now(), result=form.cleaned_data["result"], note=form.cleaned_data["note"],
        evidence=form.cleaned_data["evidence"], seen=body.seen,
    )  # fmt: skip


doors.mount(router, "/visits", acts.VISITS)
doors.mount(router, "/observations", acts.OBSERVATIONS)
