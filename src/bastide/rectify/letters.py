"""What the documents of an order say: order, extension, verification, closure, interview."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from bastide.base import packs, vault
from bastide.rectify import criteria
from bastide.rectify.models import Extension, Order, OrderLine, Verification

CONSEQUENCE = _(
    "If the order is not followed in time, the person in charge may be called in for an interview, and the law on "
    "administrative penalties applies to a refusal to put things right."
)
RIGHTS = _(
    "You may state your view and defend yourself; whoever disagrees may seek review or go to court as the law provides."
)
AS_THE_CLAUSE_ASKS = _("Put it right as the clause requires and prove it.")


def order(thing: Order, lines: list[OrderLine], *, receipt_by: datetime | None, contact: str) -> dict[str, Any]:
    """For `rectify.order`."""
    said = {
        "order": thing.number, "basis": thing.legal_basis, "source": thing.source, "addressee": thing.operator,
        "issuer": thing.authority, "found_at": min(line.finding.found_at for line in lines),
        "findings": [_line(n, line) for n, line in enumerate(lines, start=1)],
        "limit": _day(thing, thing.limit_at), "requirements": [t for t in thing.requirements.splitlines() if t.strip()],
        "receipt_by": _day(thing, receipt_by) if receipt_by else None, "consequence": CONSEQUENCE, "rights": RIGHTS,
        "contact": contact,
    }  # fmt: skip
    return _said(said)


def _line(n: int, line: OrderLine) -> dict[str, Any]:
    finding = line.finding
    about = finding.unit or finding.operator
    return {
        "n": n, "number": finding.number, "object": {"zh": about.name_zh, "en": about.name_en or about.name_zh},
        "clause": finding.clause, "severity": packs.pack(finding.pack).severity(finding.severity).name,
        "text": f"{finding.title}\n{finding.text}", "measure": finding.measure or AS_THE_CLAUSE_ASKS,
        "due_at": _day(line.order, line.due_at),
    }  # fmt: skip


def _day(thing: Order, moment: datetime | None) -> Any:
    """The day a limit ends with, in the zone of the pack; words if the calendar of that year is not known."""
    if moment is None:
        return _("when the calendar of the year is published")
    return criteria.last_day(moment, ZoneInfo(packs.pack(thing.pack).manifest.zone))


def extension(thing: Order, asked: Extension) -> dict[str, Any]:
    """For `rectify.extension`."""
    said = {
        "order": thing.number, "asked_at": asked.asked_at, "reason": asked.reason, "decision": asked.decision,
        "was_limit": _day(thing, asked.was_limit), "new_limit": asked.new_limit, "interim": asked.interim,
        "grounds": asked.grounds,
    }  # fmt: skip
    return _said(said)


def verification(thing: Order, seen: Verification) -> dict[str, Any]:
    """For `rectify.verification`."""
    outcomes = list(seen.outcomes.select_related("line__finding"))
    verifiers = [{"name": str(seen.verifier), "post": thing.authority.name_zh}]
    if seen.assisted_by:
        verifiers.append({"name": seen.assisted_by.name_zh, "post": _("technical support")})  # type: ignore[dict-item]
    said = {
        "order": thing.number, "verified_at": seen.at, "method": seen.Method(seen.method), "result": seen.result,
        "findings": [
            {"n": n, "number": o.line.finding.number, "text": o.line.finding.title, "result": o.result, "note": o.note}
            for n, o in enumerate(outcomes, start=1)
        ],
        "verifiers": verifiers, "opinion": seen.opinion,
        "evidence": [{"number": f.number, "name": f.name, "sha256": f.sha256} for f in vault.of(seen)],
        "next_limit": _day(thing, seen.next_limit) if seen.next_limit else None,
    }  # fmt: skip
    return _said(said)


def closure(thing: Order) -> dict[str, Any]:
    """For `rectify.closure`."""
    lines = thing.lines.filter(released=False).select_related("finding")
    last = thing.verifications.last()
    said = {
        "order": thing.number, "closed_at": thing.closed_at,
        "findings": [
            {"n": n, "number": line.finding.number, "text": line.finding.title, "verified_at": line.verified_at}
            for n, line in enumerate(lines, start=1)
        ],
        "verification": last.number if last else "", "text": thing.closing_note,
    }  # fmt: skip
    return _said(said)


def interview(thing: Order) -> dict[str, Any]:
    """For `rectify.interview`."""
    said = {
        "order": thing.number, "department": thing.authority, "person": thing.interview_person,
        "matter": thing.interview_matter, "basis": thing.legal_basis, "meets_at": thing.interview_at,
        "requirement": AS_THE_CLAUSE_ASKS, "limit": _day(thing, thing.limit_at),
    }  # fmt: skip
    return _said(said)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is not said."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
