"""The register for programs: operators, units, dependencies, posture, imports, and the acts on them."""

# No postponed annotations here: the paginated endpoints are read by their own module's names.

from datetime import datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.errors import HttpError
from ninja.files import UploadedFile
from ninja.pagination import paginate

from bastide.base import terms
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.base.trail.request import whence
from bastide.base.ui import doors, purpose
from bastide.base.ui.pages import account_of
from bastide.registry import acts, flows, reads
from bastide.registry.access import Can
from bastide.registry.models import Dependency, Import, ImportRow, NetworkUnit

router = Router(tags=["registry"])


class OperatorOut(Schema):
    code: str
    name_zh: str
    name_en: str
    area: str
    operator_kind: str
    licence: str
    parent: str | None = None
    managed_by_parent: bool
    is_active: bool

    @staticmethod
    def resolve_parent(row: Organisation) -> str | None:
        return row.parent.code if row.parent else None


class OperatorIn(Schema):
    code: str
    name_zh: str
    name_en: str = ""
    area: str = ""
    operator_kind: str = ""
    licence: str = ""
    parent: str | None = None
    managed_by_parent: bool = False


class OperatorChange(Schema):
    """What is left out stays as it is."""

    name_zh: str | None = None
    name_en: str | None = None
    area: str | None = None
    operator_kind: str | None = None
    licence: str | None = None
    parent: str | None = None
    managed_by_parent: bool | None = None


class PostureOut(Schema):
    operator: str
    units: int
    graded: int
    by_grade: dict[str, int]
    cii: int | None = Field(None, description="Number of CII units; null for whoever may not know.")

    @staticmethod
    def resolve_operator(row: reads.Posture) -> str:
        return row.operator.code


class UnitOut(Schema):
    number: str
    code: str
    operator: str
    name_zh: str
    name_en: str
    state: str
    network_type: str
    area: str
    grade: str
    graded_at: datetime | None
    is_cii: bool | None = Field(None, description="Null: not shown. Needs the right and the header X-Purpose.")
    lifecycle: str
    description: str
    hosts: list[str]
    department: str
    head_name: str
    head_phone: str
    contact_name: str
    contact_phone: str
    latitude: float | None
    longitude: float | None
    version: int

    @staticmethod
    def resolve_operator(row: NetworkUnit) -> str:
        return row.operator.code

    @staticmethod
    def resolve_hosts(row: NetworkUnit) -> list[str]:
        return list(row.host_names)

    @staticmethod
    def resolve_is_cii(row: NetworkUnit) -> bool | None:
        return None if row.cii_is_hidden else row.is_cii


class UnitFull(Schema):
    """A unit with what it is tied to and what this account may do with it."""

    unit: UnitOut
    cii_reason: str | None
    cii_since: datetime | None
    needs: list[str] = Field(description="Numbers of the units it depends on.")
    needed_by: list[str]
    open_acts: list[str]


class DependencyOut(Schema):
    id: int
    unit: str
    depends_on: str
    kind: str
    note: str

    @staticmethod
    def resolve_unit(row: Dependency) -> str:
        return row.unit.number

    @staticmethod
    def resolve_depends_on(row: Dependency) -> str:
        return row.depends_on.number


class ImportOut(Schema):
    number: str
    state: str
    version: int
    subject: str
    mode: str
    file_name: str
    size: int
    sha256: str
    encoding: str
    counts: dict[str, int]
    created_at: datetime
    committed_at: datetime | None
    undone_at: datetime | None


class ProblemOut(Schema):
    field: str
    message: str


class ImportFull(ImportOut):
    faults: list[ProblemOut] = []
    open_acts: list[str] = []


class RowOut(Schema):
    line: int
    noun: str
    cells: dict[str, str]
    verdict: str
    outcome: str
    problems: list[ProblemOut]
    stuck: list[ProblemOut]

    @staticmethod
    def resolve_problems(row: ImportRow) -> list[ProblemOut]:
        return _problems(row.problems)

    @staticmethod
    def resolve_stuck(row: ImportRow) -> list[ProblemOut]:
        return _problems(row.stuck)


def _problems(kept: list[dict[str, Any]]) -> list[ProblemOut]:
    from bastide.registry.tables import told

    return [ProblemOut(field=one.get("field", ""), message=told([{**one, "field": ""}])) for one in kept]


def _open(request: HttpRequest, right: str) -> Account:
    account = account_of(request)
    if not account.can(right):
        raise HttpError(403, "this account may not do that")
    return account


# ---- operators


@router.get("/operators", response=list[OperatorOut], summary="Operators in sight")
@paginate
def operators(request: HttpRequest, q: str = "", area: str = "", operator_kind: str = "") -> QuerySet[Organisation]:
    rows = reads.operators(_open(request, Can.SEE_OPERATOR)).order_by("code")
    if q:
        rows = rows.filter(Q(code__icontains=q) | Q(name_zh__icontains=q) | Q(name_en__icontains=q))
    rows = rows.filter(area=area) if area else rows
    return rows.filter(operator_kind=operator_kind) if operator_kind else rows


@router.get("/operators/{code}", response=OperatorOut, summary="One operator")
def operator(request: HttpRequest, code: str) -> Organisation:
    return reads.operator_for(account_of(request), code)


@router.post("/operators", response={201: OperatorOut}, summary="Add an operator")
def enter_operator(request: HttpRequest, body: OperatorIn) -> Any:
    account = _open(request, Can.ENTER_OPERATOR)
    given = {**body.model_dump(), "parent": _parent(account, body.parent)}
    return Status(201, flows.enter_operator(by=account, at=terms.now(), **given))


@router.patch("/operators/{code}", response=OperatorOut, summary="Change an operator")
def change_operator(request: HttpRequest, code: str, body: OperatorChange) -> Organisation:
    account = account_of(request)
    known = reads.operator_for(account, code)
    given = body.model_dump(exclude_unset=True)
    if "parent" in given:
        given["parent"] = _parent(account, given["parent"])
    given = {key: value for key, value in given.items() if value is not None or key == "parent"}
    return flows.change_operator(known, by=account, at=terms.now(), **given)


def _parent(account: Account, code: str | None) -> Organisation | None:
    return reads.operator_for(account, code) if code else None


@router.get("/posture", response=list[PostureOut], summary="Units by grade, per operator")
def posture(request: HttpRequest) -> list[reads.Posture]:
    return reads.posture(_open(request, Can.SEE_UNIT))


# ---- units


class UnitFilter(Schema):
    q: str = ""
    operator: str = ""
    network_type: str = ""
    area: str = ""
    grade: str = ""
    state: str = ""
    host: str = ""
    is_cii: bool | None = None


@router.get("/units", response=list[UnitOut], summary="Network units in sight")
@paginate
def units(request: HttpRequest, filters: Annotated[UnitFilter, Query()]) -> QuerySet[NetworkUnit]:
    """CII marks are shown with the right and a purpose (X-Purpose); the look is recorded then."""
    account = _open(request, Can.SEE_UNIT)
    stated = whence().purpose.strip()
    marks = bool(stated) and account.can(Can.SEE_CII)
    if filters.is_cii is not None and not marks:
        raise HttpError(428, "CII marks are classified: state your purpose in the header X-Purpose")
    if marks:
        ledger.saw(at=terms.now(), by=account, kind="registry.networkunit", number="list", purpose=stated)
    rows = reads.units(account, with_cii=marks).order_by("-pk")
    for name in ("network_type", "area", "grade", "state"):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    if filters.operator:
        rows = rows.filter(operator__code=filters.operator)
    if filters.host:
        rows = rows.filter(hosts__value=filters.host.lower())
    if filters.is_cii is not None:
        rows = rows.filter(is_cii=filters.is_cii)
        rows = rows.filter(~Q(hidden_cii=True)) if "hidden_cii" in rows.query.annotations else rows
    if filters.q:
        told = Q(number__icontains=filters.q) | Q(code__icontains=filters.q)
        rows = rows.filter(told | Q(name_zh__icontains=filters.q) | Q(name_en__icontains=filters.q))
    return rows


@router.get("/units/{number}", response=UnitFull, summary="One network unit")
def unit(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    found = reads.unit_for(account, number)
    purpose.saw_by_program(account, found)
    stated = reads.dependencies(account)
    return {
        "unit": found,
        "cii_reason": found.cii_reason if found.shows_cii else None,
        "cii_since": found.cii_since if found.shows_cii else None,
        "needs": list(stated.filter(unit=found).values_list("depends_on__number", flat=True)),
        "needed_by": list(stated.filter(depends_on=found).values_list("unit__number", flat=True)),
        "open_acts": [step.name for step in flows.UNIT.open_steps(found, account)],
    }


@router.get("/units/{number}/dependants", response=list[str], summary="Units that fail when this one does")
def dependants(request: HttpRequest, number: str) -> list[str]:
    account = account_of(request)
    found = reads.unit_for(account, number)
    purpose.saw_by_program(account, found)
    reach = {one.pk: one.number for one in reads.dependants_of(found)}
    seen = set(reads.units(account, with_cii=False).filter(pk__in=reach).values_list("pk", flat=True))
    return [told for pk, told in reach.items() if pk in seen]


@router.get("/dependencies", response=list[DependencyOut], summary="Dependencies both of whose ends are in sight")
@paginate
def dependencies(request: HttpRequest, unit: str = "", kind: str = "") -> QuerySet[Dependency]:
    rows = reads.dependencies(_open(request, Can.SEE_UNIT)).order_by("pk")
    rows = rows.filter(Q(unit__number=unit) | Q(depends_on__number=unit)) if unit else rows
    return rows.filter(kind=kind) if kind else rows


# ---- imports


@router.get("/imports", response=list[ImportOut], summary="Imports of your organisation")
@paginate
def imports(request: HttpRequest, state: str = "", subject: str = "") -> QuerySet[Import]:
    rows = reads.imports(_open(request, Can.SEE_IMPORT)).order_by("-pk")
    rows = rows.filter(state=state) if state else rows
    return rows.filter(subject=subject) if subject else rows


class UploadIn(Schema):
    subject: str = Field(description="operators, units, dependencies or map")
    operator: str = Field("", description="Maps only: code of the operator whose network it is.")
    network_type: str = ""
    area: str = ""
    kind: str = Field("", description="Maps only: what an edge means; empty is a link.")
    prefix: str | None = Field(None, description="Maps only: put before the id of each node.")


@router.post("/imports", response={201: ImportFull}, summary="Upload a file for a dry run")
def upload(request: HttpRequest, file: Annotated[UploadedFile, File()], given: Annotated[UploadIn, Form()]) -> Any:
    account = _open(request, Can.IMPORT)
    told = given.model_dump()
    thing = flows.upload_import(by=account, at=terms.now(), file_name=file.name or "", data=file.read(), **told)
    return Status(201, _import(thing, account))


@router.get("/imports/{number}", response=ImportFull, summary="One import with its counts")
def one_import(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    return _import(reads.import_for(account, number), account)


def _import(thing: Import, account: Account) -> dict[str, Any]:
    steps = [step.name for step in flows.IMPORT.open_steps(thing, account)]
    return {**ImportOut.from_orm(thing).model_dump(), "faults": _problems(thing.faults), "open_acts": steps}


@router.get("/imports/{number}/rows", response=list[RowOut], summary="Rows of an import with finding and outcome")
@paginate
def import_rows(request: HttpRequest, number: str, verdict: str = "", outcome: str = "") -> QuerySet[ImportRow]:
    thing = reads.import_for(account_of(request), number)
    rows = thing.rows.order_by("position")
    rows = rows.filter(verdict=verdict) if verdict else rows
    return rows.filter(outcome=outcome) if outcome else rows


doors.mount(router, "/units", acts.UNITS)
doors.mount(router, "/imports", acts.IMPORTS)
