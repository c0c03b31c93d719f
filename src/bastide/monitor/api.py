"""Monitoring for programs: sending batches, reading receipts, alerts, rules and sources, and every act."""

# No postponed annotations here: the paginated endpoints are read by their own module's names.

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, FilterLookup, FilterSchema, Query, Router, Schema, Status
from ninja.errors import HttpError
from ninja.pagination import paginate

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.ui import doors
from bastide.base.ui.pages import account_of
from bastide.monitor import acts, flows, lake, reads
from bastide.monitor.access import Can
from bastide.monitor.jobs import evaluate_later
from bastide.monitor.models import Alert, Batch, Hunt, RuleException, RuleRecord, Source

router = Router(tags=["monitor"])
# The first lines put aside are named in the answer; the page of the batch shows more.
NAMED = 20


class PutAside(Schema):
    """A line that was not evaluated, and why."""

    line: int = Field(description="Line in the batch, counted from 0.")
    code: str = Field(description="json, object, text, deep, wide, long or future.")
    reason: str


class BatchOut(Schema):
    """What became of a batch."""

    batch: str = Field(validation_alias="number")
    source: str = Field(validation_alias="source.name")
    operator: str = Field(validation_alias="operator.code")
    file: str
    accepted: int
    quarantined: int
    sha256: str = Field(description="Of the batch after decompression.")
    size: int
    state: str
    matches: int | None
    received_at: datetime = Field(validation_alias="created_at")
    first_event_at: datetime | None
    last_event_at: datetime | None
    trouble: str = Field("", description="Why the evaluation failed, if it did.")


class Receipt(BatchOut):
    """The answer to whoever sent a batch, and the whole of one."""

    is_new: bool = Field(True, description="False: the same batch was here before and nothing changed.")
    first_quarantined: list[PutAside] = []


class AlertOut(Schema):
    """An alert in a list."""

    number: str
    title: str
    rule_id: str = Field(validation_alias="rule.rule_id")
    level: str
    techniques: list[str] = Field(validation_alias="rule.techniques")
    operator: str = Field(validation_alias="operator.code")
    unit: str | None = None
    host: str
    count: int
    first_seen: datetime
    last_seen: datetime
    state: str
    reason: str
    version: int

    @staticmethod
    def resolve_unit(alert: Alert) -> str | None:
        return alert.unit.number if alert.unit else None


class AlertWhole(AlertOut):
    """One alert with its evidence and the acts open to whoever asks."""

    evidence: list[dict[str, Any]] = Field(
        description="Matched events: batch, line, at, fields (those for which the rule fired), event."
    )
    open_acts: list[str]


class AlertFilter(FilterSchema):
    state: str | None = None
    level: str | None = None
    operator: Annotated[str | None, FilterLookup("operator__code")] = Field(None, description="Code of the operator.")
    host: str | None = None
    unit: Annotated[str | None, FilterLookup("unit__number")] = Field(None, description="Number of the network unit.")
    rule: Annotated[str | None, FilterLookup("rule__rule_id")] = Field(None, description="Id of the rule.")
    seen_after: Annotated[datetime | None, FilterLookup("last_seen__gte")] = None


class BatchFilter(FilterSchema):
    state: str | None = None
    source: Annotated[str | None, FilterLookup("source__name")] = Field(None, description="Name of the source.")
    sha256: str | None = None


class SourceOut(Schema):
    number: str
    name: str
    operator: str = Field(validation_alias="operator.code")
    description: str
    state: str
    last_batch_at: datetime | None
    version: int


class SourceWhole(SourceOut):
    open_acts: list[str]


class RuleOut(Schema):
    """A rule, or a file that could not be made into one (`rejected` says why)."""

    id: int
    rule_id: str
    title: str
    level: str
    status: str
    path: str
    line: int
    techniques: list[str]
    is_enabled: bool
    rejected: str


class RuleWhole(RuleOut):
    text: str


class RuleText(Schema):
    text: str = Field(min_length=1, max_length=100_000, description="One Sigma rule, as YAML.")


class BackTest(Schema):
    since: datetime
    until: datetime


class ExceptionOut(Schema):
    """Events of a rule that raise no alert."""

    number: str
    rule_id: str = Field(validation_alias="rule.rule_id")
    text: str
    operator: str | None = None
    until: datetime | None
    reason: str
    state: str
    version: int

    @staticmethod
    def resolve_operator(exception: RuleException) -> str | None:
        return exception.operator.code if exception.operator else None


class HuntOut(Schema):
    """A search over the lake, or the back-test of a rule."""

    number: str
    name: str
    owner: str = Field(validation_alias="owner.code")
    state: str
    rule_id: str | None = Field(None, description="Id of the rule that is tried on the past.")
    since: datetime
    until: datetime
    ran_at: datetime | None
    trouble: str
    version: int

    @staticmethod
    def resolve_rule_id(hunt: Hunt) -> str | None:
        return hunt.rule.rule_id if hunt.rule else None


class HuntWhole(HuntOut):
    text: str
    result: dict[str, Any] | None = Field(
        description="batches, events, matches, alerts, hosts, seconds, days, operators, most, rows (the newest events)."
    )
    open_acts: list[str]


class RuleSwitch(Schema):
    reason: str = Field(min_length=1, max_length=1000)


class RuleFilter(FilterSchema):
    level: str | None = None
    is_enabled: bool | None = None
    rule_id: str | None = None


def _receipt(batch: Batch, *, is_new: bool, aside: list[lake.PutAside]) -> Receipt:
    out = Receipt.from_orm(batch)
    out.is_new = is_new
    out.first_quarantined = [PutAside(line=one.line, code=one.code, reason=one.reason) for one in aside]
    return out


@router.post(
    "/batches",
    response={200: Receipt, 201: Receipt},
    summary="Send a batch of events",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
def batch_send(request: HttpRequest, source: str = "") -> Status[Receipt]:
    """Events in the body: JSON lines, an Arrow stream, Parquet, EVTX, Zeek, Suricata, auditd, syslog or CEF, told by
    content; gzip is recognised, with or without `Content-Encoding: gzip`.

    A registered source's key needs no `source`. Sending the same batch twice changes nothing and gives the first
    receipt with 200. More than BASTIDE_BATCH_LIMIT bytes, packed or unpacked, are refused with 413.
    """
    account = account_of(request)
    if not account.can(Can.SEND):
        raise HttpError(403, "this account may not send events")
    found = reads.source_to_send(account, source)
    compressed = True if request.headers.get("Content-Encoding", "").lower() == "gzip" else None
    try:
        receipt = flows.take_batch(found, _body(request), by=account, at=terms.now(), compressed=compressed)
    except flows.TooLarge as refusal:
        raise HttpError(413, str(refusal)) from refusal
    evaluate_later(receipt, by=account, at=terms.now())
    aside = receipt.put_aside[:NAMED]
    return Status(201 if receipt.is_new else 200, _receipt(receipt.batch, is_new=receipt.is_new, aside=aside))


def _body(request: HttpRequest) -> bytes:
    """The whole body up to the limit of a batch, which is above Django's own limit for forms."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise HttpError(411, "say the length of the batch in Content-Length")
    if int(length) > settings.BASTIDE_BATCH_LIMIT:
        raise flows.too_large()
    return request.read()


@router.get("/batches", response=list[BatchOut], summary="Batches received")
@paginate
def batch_list(request: HttpRequest, filters: Annotated[BatchFilter, Query()]) -> QuerySet[Batch]:
    return filters.filter(reads.batches(account_of(request)))


@router.get("/batches/{number}", response=Receipt, summary="One receipt")
def batch_detail(request: HttpRequest, number: str) -> Receipt:
    batch = reads.batch_for(account_of(request), number)
    aside = lake.quarantine_of(batch.source.name, batch.sha256, limit=NAMED)
    return _receipt(batch, is_new=False, aside=aside)


@router.get("/alerts", response=list[AlertOut], summary="Alerts")
@paginate
def alert_list(request: HttpRequest, filters: Annotated[AlertFilter, Query()]) -> QuerySet[Alert]:
    return filters.filter(reads.alerts(account_of(request)))


@router.get("/alerts/{number}", response=AlertWhole, summary="One alert with its evidence")
def alert_detail(request: HttpRequest, number: str) -> Alert:
    account = account_of(request)
    alert = reads.alert_for(account, number)
    return _with_acts(alert, [step.name for step in flows.ALERT.open_steps(alert, account)])


def _with_acts(thing: Any, names: list[str]) -> Any:
    """The thing with the names of the acts open on it, where the schema looks for them."""
    thing.open_acts = names
    return thing


@router.get("/sources", response=list[SourceOut], summary="Registered sources")
@paginate
def source_list(request: HttpRequest) -> QuerySet[Source]:
    return reads.sources(account_of(request))


@router.get("/sources/{number}", response=SourceWhole, summary="One source")
def source_detail(request: HttpRequest, number: str) -> Source:
    account = account_of(request)
    source = reads.source_for(account, number)
    return _with_acts(source, [step.name for step in flows.SOURCE.open_steps(source, account)])


@router.get("/rules", response=list[RuleOut], summary="Detection rules")
@paginate
def rule_list(request: HttpRequest, filters: Annotated[RuleFilter, Query()]) -> QuerySet[RuleRecord]:
    account: Account = account_of(request)
    if not account.can(Can.SEE_RULE):
        raise HttpError(403, "this account may not see the detection rules")
    return filters.filter(reads.rules(account))


@router.get("/rules/{pk}", response=RuleWhole, summary="One rule with its text")
def rule_detail(request: HttpRequest, pk: int) -> RuleRecord:
    return reads.rule_for(account_of(request), pk)


@router.post("/rules/{pk}/acts/{act}", response=RuleOut, summary="Switch a rule on or off")
def rule_switch(request: HttpRequest, pk: int, act: Literal["enable", "disable"], body: RuleSwitch) -> RuleRecord:
    account = account_of(request)
    rule = reads.rule_for(account, pk)
    return flows.switch_rule(rule, by=account, at=terms.now(), on=act == "enable", reason=body.reason)


@router.post("/rules", response={201: RuleOut}, summary="Write a rule")
def rule_write(request: HttpRequest, body: RuleText) -> Status[RuleRecord]:
    """It is switched off: try it on the past, then switch it on."""
    account = account_of(request)
    if not account.can(Can.KEEP_RULES):
        raise HttpError(403, "this account may not change the detection rules")
    return Status(201, flows.write_rule(body.text, by=account, at=terms.now()))


@router.put("/rules/{pk}/text", response=RuleOut, summary="Another text for a rule")
def rule_change(request: HttpRequest, pk: int, body: RuleText) -> RuleRecord:
    account = account_of(request)
    return flows.write_rule(body.text, by=account, at=terms.now(), rule=reads.rule_for(account, pk))


@router.post("/rules/{pk}/back-tests", response={201: HuntOut}, summary="Try a rule on the past")
def rule_back_test(request: HttpRequest, pk: int, body: BackTest) -> Status[Hunt]:
    account = account_of(request)
    rule = reads.rule_for(account, pk)
    return Status(201, flows.back_test(rule, by=account, at=terms.now(), since=body.since, until=body.until))


@router.get("/exceptions", response=list[ExceptionOut], summary="Exceptions of rules")
@paginate
def exception_list(request: HttpRequest) -> QuerySet[RuleException]:
    account = account_of(request)
    if not account.can(Can.SEE_RULE):
        raise HttpError(403, "this account may not see the detection rules")
    return reads.exceptions(account)


@router.get("/hunts", response=list[HuntOut], summary="Hunts and back-tests")
@paginate
def hunt_list(request: HttpRequest) -> QuerySet[Hunt]:
    return reads.hunts(account_of(request))


@router.get("/hunts/{number}", response=HuntWhole, summary="One hunt with what it found")
def hunt_detail(request: HttpRequest, number: str) -> Hunt:
    account = account_of(request)
    hunt = reads.hunt_for(account, number)
    return _with_acts(hunt, [step.name for step in flows.HUNT.open_steps(hunt, account)])


doors.mount(router, "/alerts", acts.ALERTS)
doors.mount(router, "/exceptions", acts.EXCEPTIONS)
doors.mount(router, "/hunts", acts.HUNTS)
doors.mount(router, "/sources", acts.SOURCES)
