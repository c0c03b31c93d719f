"""The norms for programs: instruments, clauses, checklists, and what was loaded when."""

# No postponed annotations here: the paginated endpoints are read by their own module's names.

from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from ninja.pagination import paginate

from bastide.base.packs import Checklist
from bastide.base.ui.pages import account_of
from bastide.norms import reads
from bastide.norms.access import Can
from bastide.norms.models import Clause, Instrument, PackLoad

router = Router(tags=["norms"])


class InstrumentOut(Schema):
    code: str
    name_zh: str
    name_en: str
    identifier: str
    issuer_zh: str
    issuer_en: str
    rank: str
    issued: date | None
    in_force: date | None
    status: str
    mark: str
    sources: list[str]
    clause_count: int


class ClauseOut(Schema):
    anchor: str
    instrument: str
    article: str
    text_zh: str
    text_en: str
    who: list[str]
    deadline_zh: str
    deadline_en: str
    clock: str
    sanction_zh: str
    sanction_en: str
    mark: str
    sources: list[str]
    edition: str
    valid_from: datetime
    valid_to: datetime | None

    @staticmethod
    def resolve_instrument(row: Clause) -> str:
        return row.instrument.code


class LoadOut(Schema):
    pack: str
    version: str
    digest: str
    at: datetime
    counts: dict[str, int]


class ClauseFilter(Schema):
    q: str = ""
    instrument: str = ""
    mark: str = ""


def _open(request: HttpRequest) -> Any:
    account = account_of(request)
    if not account.can(Can.SEE):
        raise HttpError(403, "this account may not read the norms")
    return account


@router.get("/instruments", response=list[InstrumentOut], summary="Instruments of the regime in force")
@paginate
def instruments(request: HttpRequest, q: str = "", status: str = "") -> QuerySet[Instrument]:
    rows = reads.instruments(_open(request))
    if q:
        rows = rows.filter(Q(code__icontains=q) | Q(name_zh__icontains=q) | Q(name_en__icontains=q))
    return rows.filter(status=status) if status else rows


@router.get("/instruments/{code}", response=InstrumentOut, summary="One instrument")
def instrument(request: HttpRequest, code: str) -> Instrument:
    return reads.instrument_for(account_of(request), code)


@router.get("/clauses", response=list[ClauseOut], summary="Clauses in their current wording")
@paginate
def clauses(request: HttpRequest, filters: Annotated[ClauseFilter, Query()]) -> QuerySet[Clause]:
    rows = reads.clauses(_open(request))
    if filters.q:
        words = filters.q
        rows = rows.filter(Q(anchor__icontains=words) | Q(text_zh__icontains=words) | Q(text_en__icontains=words))
    if filters.instrument:
        rows = rows.filter(instrument__code=filters.instrument)
    return rows.filter(mark=filters.mark) if filters.mark else rows


@router.get("/clauses/{path:anchor}/wordings", response=list[ClauseOut], summary="Every wording of a clause")
def wordings(request: HttpRequest, anchor: str) -> QuerySet[Clause]:
    return reads.wordings(reads.clause_for(account_of(request), anchor))


@router.get("/clauses/{path:anchor}", response=ClauseOut, summary="One clause by its anchor")
def clause(request: HttpRequest, anchor: str) -> Clause:
    return reads.clause_for(account_of(request), anchor)


@router.get("/checklists", response=list[Checklist], summary="Checklists of the regime in force")
def checklists(request: HttpRequest) -> list[Checklist]:
    _open(request)
    return reads.checklists()


@router.get("/checklists/{id}", response=Checklist, summary="One checklist")
def checklist(request: HttpRequest, id: str) -> Checklist:
    _open(request)
    return reads.checklist_for(id)


@router.get("/loads", response=list[LoadOut], summary="Which packs were loaded when")
@paginate
def loads(request: HttpRequest) -> QuerySet[PackLoad]:
    _open(request)
    return PackLoad.objects.order_by("-pk")
