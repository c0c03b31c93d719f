"""Early warnings and deliveries for programs: lists, one of each, and every act."""

# No postponed annotations here: the paginated endpoints are read by their own module's names.

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import FilterSchema, Query, Router, Schema
from ninja.pagination import paginate

from bastide.base.ui import doors
from bastide.base.ui.pages import account_of
from bastide.share import acts, reads
from bastide.share.access import Can
from bastide.share.models import Delivery, EarlyWarning, PhoneCall

router = Router(tags=["share"])


class WarningOut(Schema):
    """What was told to all. `told`, `signed` and `acted` count the deliveries in the reader's sight."""

    number: str
    title: str
    colour: str
    category: str
    state: str
    issuer: str
    start_at: datetime
    published_at: datetime | None
    lifted_at: datetime | None
    tlp: str
    revision: int
    told: int
    signed: int
    acted: int
    version: int


class WarningWhole(WarningOut):
    """One warning. What only its office knows is empty for others."""

    matters: str
    reach: str
    harm: str
    measures: list[str]
    hotline: str
    change_reason: str
    lift_reason: str
    follow_up: str
    incident: str | None
    targets: dict[str, Any] | None
    review_on: date | None
    deliveries: list[str]
    open_acts: list[str]


class DeliveryOut(Schema):
    number: str
    warning: str
    title: str
    colour: str
    operator: str
    state: str
    revision: int
    delivered_at: datetime
    due_at: datetime | None
    acknowledged_at: datetime | None
    reported_at: datetime | None
    affected: int | None
    fixed: int | None
    version: int


class CallOut(Schema):
    at: datetime
    by: str
    number_called: str
    reached: bool
    spoken_with: str
    note: str


class DeliveryWhole(DeliveryOut):
    remark: str
    contact: str
    contact_phone: str
    escalated_at: datetime | None
    reasons: list[str]
    calls: list[CallOut]
    open_acts: list[str]


class WarningFilter(FilterSchema):
    state: str | None = None
    colour: str | None = None
    category: str | None = None


class DeliveryFilter(FilterSchema):
    state: str | None = None


def _warning(one: EarlyWarning) -> dict[str, Any]:
    counts = {name: getattr(one, name, 0) for name in ("told", "signed", "acted")}
    return {
        "number": one.number, "title": one.title, "colour": one.colour, "category": one.category, "state": one.state,
        "issuer": one.issuer.code, "start_at": one.start_at, "published_at": one.published_at,
        "lifted_at": one.lifted_at, "tlp": one.tlp, "revision": one.revision, "version": one.version, **counts,
    }  # fmt: skip


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "number": one.number, "warning": one.warning.number, "title": one.title, "colour": one.warning.colour,
        "operator": one.operator.code, "state": one.state, "revision": one.revision, "delivered_at": one.delivered_at,
        "due_at": getattr(one, "due_at", None), "acknowledged_at": one.acknowledged_at, "reported_at": one.reported_at,
        "affected": one.affected, "fixed": one.fixed, "version": one.version,
    }  # fmt: skip


@router.get("/warnings", response=list[WarningOut], summary="Early warnings")
@paginate
def warning_list(request: HttpRequest, filters: Annotated[WarningFilter, Query()]) -> Any:
    account = account_of(request)
    rows = reads.with_progress(reads.warnings(account), account).order_by("-created_at", "-pk")
    return [_warning(one) for one in filters.filter(rows)]


@router.get("/warnings/{number}", response=WarningWhole, summary="One early warning")
def warning_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    rows = reads.warnings(account).filter(pk=reads.warning_for(account, number).pk)
    one = reads.with_progress(rows, account).get()
    whole = reads.is_insider(account, one)
    return {
        **_warning(one), "matters": one.matters, "reach": one.reach, "harm": one.harm, "measures": one.measure_lines,
        "hotline": one.hotline, "change_reason": one.change_reason, "lift_reason": one.lift_reason,
        "follow_up": one.follow_up, "incident": one.incident if whole else None,
        "targets": one.targets if whole else None, "review_on": one.review_on if whole else None,
        "deliveries": list(reads.deliveries(account).filter(warning=one).order_by("pk").values_list("number",
        flat=True)),
        "open_acts": [act["name"] for act in acts.offered(acts.WARNINGS, one, account)],
    }  # fmt: skip


@router.get("/deliveries", response=list[DeliveryOut], summary="Deliveries of early warnings")
@paginate
def delivery_list(
    request: HttpRequest,
    filters: Annotated[DeliveryFilter, Query()],
    warning: str = "",
    operator: str = "",
    unanswered: bool | None = None,
    overdue: bool | None = None,
) -> Any:
    """`warning` and `operator` are number and code; `unanswered` and `overdue` ask for those owed, or late."""
    rows = filters.filter(reads.deliveries(account_of(request)).order_by("-delivered_at", "-pk"))
    rows = rows.filter(warning__number=warning) if warning else rows
    rows = rows.filter(operator__code=operator) if operator else rows
    rows = rows if unanswered is None else reads.unanswered(rows, unanswered)
    rows = rows if overdue is None else reads.overdue(rows, overdue)
    return [_delivery(one) for one in rows]


@router.get("/deliveries/{number}", response=DeliveryWhole, summary="One delivery with its answer")
def delivery_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    one = reads.delivery_for(account, number)
    inside = reads.is_insider(account, one.warning)
    return {
        **_delivery(one), "remark": one.remark, "contact": one.contact, "contact_phone": one.contact_phone,
        "escalated_at": one.escalated_at, "reasons": reads.reasons_of(one) if inside else [],
        "calls": [_call(call) for call in one.calls.select_related("by")] if account.can(Can.SEE) else [],
        "open_acts": [act["name"] for act in acts.offered(acts.DELIVERIES, one, account)],
    }  # fmt: skip


def _call(call: PhoneCall) -> dict[str, Any]:
    return {
        "at": call.at, "by": str(call.by), "number_called": call.number_called, "reached": call.reached,
        "spoken_with": call.spoken_with, "note": call.note,
    }  # fmt: skip


doors.mount(router, "/warnings", acts.WARNINGS)
doors.mount(router, "/deliveries", acts.DELIVERIES)
