"""Findings and orders for programs: lists, single ones, and every act."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, File, Form, Router, Schema, Status
from ninja.errors import HttpError
from ninja.files import UploadedFile
from ninja.pagination import paginate

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.ui import doors
from bastide.base.ui.pages import account_of
from bastide.base.ui.purpose import saw_by_program
from bastide.rectify import acts, flows, reads, tables
from bastide.rectify.access import Can
from bastide.rectify.models import FindingImport, OrderLine, Verification
from bastide.rectify.tables import LATE

router = Router(tags=["rectify"])


def _code(row: Any, name: str) -> str:
    """The code of an organisation of a row; a detail read gives rows as plain values, which have it already."""
    return str(row[name] if isinstance(row, dict) else getattr(row, name).code)


class FindingOut(Schema):
    """A finding. The text of findings at critical infrastructure is told only on its own page."""

    number: str
    state: str
    operator: str
    severity: str
    clause: str
    title: str
    source_kind: str
    source_number: str
    external_id: str
    found_at: datetime
    returns: str
    version: int

    @staticmethod
    def resolve_operator(finding: Any) -> str:
        return _code(finding, "operator")

    @staticmethod
    def resolve_returns(finding: Any) -> str:
        return str((finding["returns"] if isinstance(finding, dict) else finding.returns) or "")


class FindingWhole(FindingOut):
    unit: str
    text: str
    measure: str
    verified_at: datetime | None
    closed_at: datetime | None
    order: str
    evidence: list[str]
    open_acts: list[str]


class LineOut(Schema):
    finding: str
    severity: str
    due_at: datetime | None
    plan_measure: str
    plan_owner: str
    plan_day: date | None
    plan_interim: str
    done_what: str
    done_by: str
    done_on: date | None
    retest: str
    handed_in_at: datetime | None
    verified_at: datetime | None
    failures: int
    evidence: list[str]


class OutcomeOut(Schema):
    finding: str
    result: str
    note: str


class VerificationOut(Schema):
    number: str
    at: datetime
    verifier: str
    method: str
    result: str
    opinion: str
    outcomes: list[OutcomeOut]


class OrderOut(Schema):
    """An order in a list."""

    number: str
    state: str
    operator: str
    authority: str
    gravest: str
    percent: int
    served_at: datetime | None
    limit_at: datetime | None
    overdue_since: datetime | None
    closed_at: datetime | None
    version: int

    @staticmethod
    def resolve_operator(order: Any) -> str:
        return _code(order, "operator")

    @staticmethod
    def resolve_authority(order: Any) -> str:
        return _code(order, "authority")


class OrderWhole(OrderOut):
    legal_basis: list[str]
    source: str
    requirements: str
    responsible: str
    received_at: datetime | None
    planned_at: datetime | None
    plan_accepted_at: datetime | None
    submitted_at: datetime | None
    verified_at: datetime | None
    extensions_granted: int
    lines: list[LineOut]
    verifications: list[VerificationOut]
    open_acts: list[str]


@router.get("/findings", response=list[FindingOut], summary="Findings")
@paginate
def finding_list(
    request: HttpRequest, state: str = "", severity: str = "", clause: str = "", source: str = "", operator: str = ""
) -> Any:
    """`source` is the number of what the finding came from; `operator` is the operator's code."""
    asked = {
        "state": state, "severity": severity, "clause": clause, "source_number": source, "operator__code": operator,
    }  # fmt: skip
    return reads.findings(account_of(request)).filter(**{path: value for path, value in asked.items() if value})


@router.get("/findings/{number}", response=FindingWhole, summary="One finding")
def finding_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    finding = reads.finding_for(account, number)
    saw_by_program(account, finding)
    order = reads.order_of(finding)
    shown = order and reads.orders(account).filter(pk=order.pk).exists()
    return {
        **FindingOut.from_orm(finding).dict(),
        "unit": finding.unit.number if finding.unit else "",
        "text": finding.text, "measure": finding.measure, "verified_at": finding.verified_at,
        "closed_at": finding.closed_at,
        "order": order.number if order and shown else "",
        "evidence": [file.number for file in reads.proofs_of(account, finding)],
        "open_acts": [act["name"] for act in acts.FINDINGS.next_acts(finding, account)],
    }  # fmt: skip


@router.get("/orders", response=list[OrderOut], summary="Rectification orders")
@paginate
def order_list(
    request: HttpRequest, state: str = "", gravest: str = "", operator: str = "", overdue: bool | None = None
) -> Any:
    """`overdue` asks for the orders that are (or are not) over their limit now; `operator` is the operator's code."""
    asked = {"state": state, "gravest": gravest, "operator__code": operator}
    rows = reads.orders(account_of(request)).filter(**{path: value for path, value in asked.items() if value})
    if overdue is None:
        return rows
    return rows.filter(state__in=LATE) if overdue else rows.exclude(state__in=LATE)


@router.get("/orders/{number}", response=OrderWhole, summary="One order with its findings and verifications")
def order_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    order = reads.order_for(account, number)
    saw_by_program(account, order)
    names = (
        "legal_basis", "source", "requirements", "responsible", "received_at", "planned_at", "plan_accepted_at",
        "submitted_at", "verified_at", "extensions_granted",
    )  # fmt: skip
    return {
        **OrderOut.from_orm(order).dict(),
        **{name: getattr(order, name) for name in names},
        "lines": [_line(line) for line in reads.lines_of(order)],
        "verifications": [_verification(seen) for seen in reads.verifications_of(order)],
        "open_acts": [act["name"] for act in acts.ORDERS.next_acts(order, account)],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    names = (
        "due_at", "plan_measure", "plan_owner", "plan_day", "plan_interim", "done_what", "done_by", "done_on", "retest",
        "handed_in_at", "verified_at", "failures",
    )  # fmt: skip
    return {
        **{name: getattr(line, name) for name in names}, "finding": line.finding.number,
        "severity": line.finding.severity, "evidence": [file.number for file in line.__dict__["files"]],
    }  # fmt: skip


def _verification(seen: Verification) -> dict[str, Any]:
    return {
        "number": seen.number, "at": seen.at, "verifier": str(seen.verifier), "method": seen.method,
        "result": seen.result,
        "opinion": seen.opinion,
        "outcomes": [{"finding": o.line.finding.number, "result": o.result,
        "note": o.note} for o in seen.outcomes.all()],
    }  # fmt: skip


# ---- findings out of files


class FindingImportOut(Schema):
    number: str
    state: str
    file_name: str
    size: int
    sha256: str
    counts: dict[str, int]
    created_at: datetime
    committed_at: datetime | None
    version: int


class FindingImportWhole(FindingImportOut):
    faults: list[str]
    open_acts: list[str]


class FindingRowOut(Schema):
    """One row; `finding` is what it became or repeats, if you may see it."""

    line: int
    cells: dict[str, str]
    verdict: str
    outcome: str
    why: str
    finding: str = ""


class UploadFindingsIn(Schema):
    origin: str = Field("", description="For rows without one: inspection, assessment, vulnerability, …")
    source: str = Field("", description="For rows without one: the scanner or report.")
    clause: str = Field("", description="For rows without one, such as CIIR 15.")


def _recording(request: HttpRequest) -> Account:
    account = account_of(request)
    if not account.can(Can.RECORD_FINDING):
        raise HttpError(403, "you may not record findings")
    return account


@router.get("/imports", response=list[FindingImportOut], summary="Files of findings")
@paginate
def finding_import_list(request: HttpRequest, state: str = "") -> QuerySet[FindingImport]:
    rows = reads.finding_imports(_recording(request)).order_by("-pk")
    return rows.filter(state=state) if state else rows


@router.post("/imports", response={201: FindingImportWhole}, summary="Upload a file of findings for a dry run")
def finding_upload(
    request: HttpRequest, file: Annotated[UploadedFile, File()], given: Annotated[UploadFindingsIn, Form()]
) -> Any:
    """CSV, XLSX or NDJSON. Nothing is recorded until `acts/commit`."""
    account, told = _recording(request), given.model_dump()
    thing = flows.upload_findings(by=account, at=terms.now(), file_name=file.name or "", data=file.read(), **told)
    return Status(201, _import_whole(thing, account))


@router.get("/imports/{number}", response=FindingImportWhole, summary="One file with its counts")
def finding_import_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    return _import_whole(reads.finding_import_for(account, number), account)


def _import_whole(thing: FindingImport, account: Account) -> dict[str, Any]:
    return {
        **FindingImportOut.from_orm(thing).dict(), "faults": [tables.told([fault]) for fault in thing.faults],
        "open_acts": [act["name"] for act in acts.FINDING_IMPORTS.next_acts(thing, account)],
    }  # fmt: skip


@router.get("/imports/{number}/rows", response=list[FindingRowOut], summary="Rows of a file with verdict and outcome")
def finding_import_rows(
    request: HttpRequest, number: str, verdict: str = "", outcome: str = "", after: int = -1, limit: int = 500
) -> Any:
    """In the order of the file, from behind the row `after` on."""
    account = account_of(request)
    thing = reads.finding_import_for(account, number)
    asked = {key: value for key, value in {"verdict": verdict, "outcome": outcome}.items() if value}
    rows = reads.rows_of(account, thing).filter(line__gt=after, **asked).order_by("position")
    return [_row(row) for row in rows[: max(1, min(limit, 1000))]]


def _row(row: Any) -> dict[str, Any]:
    return {
        "line": row.line, "cells": row.cells, "verdict": row.verdict, "outcome": row.outcome, "why": tables.why(row),
        "finding": row.seen or "",
    }  # fmt: skip


doors.mount(router, "/findings", acts.FINDINGS)
doors.mount(router, "/imports", acts.FINDING_IMPORTS)
doors.mount(router, "/orders", acts.ORDERS)
