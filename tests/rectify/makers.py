"""Findings and orders in any state, with every field filled that the state needs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.rectify.models import (
    Finding,
    FindingImport,
    FindingImportContent,
    FindingImportRow,
    Order,
    OrderLine,
)
from tests.inspection.makers import authority_over

THEN = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
_count = itertools.count(1)
SERVED = {
    "issued", "received", "plan_submitted", "plan_returned", "in_progress", "extension_requested", "evidence_submitted",
    "verify_failed", "overdue", "interviewed", "verified", "closed", "revoked",
}  # fmt: skip


def make_finding(operator_org: Organisation, *, state: str = "open", **fields: Any) -> Finding:
    place, pack = next(_count), packs.active()
    values: dict[str, Any] = {
        "number": f"FND-2026-{900000 + place}", "source_kind": "inspection", "source_number": f"INS-2026-{800000 + place}",
        "clause": "CIIR 15", "pack": pack.id, "pack_version": pack.version, "severity": "high", "title": f"默认口令 {place}",
        "text": "网管存在 默认口令", "found_at": THEN, "state": state,
    }  # fmt: skip
    if state in {"verified", "closed"}:
        values |= {"verified_at": THEN}
    if state == "closed":
        values |= {"closed_at": THEN}
    if state == "withdrawn":
        values |= {"withdrawn_reason": "entered twice"}
    return Finding.objects.create(operator=operator_org, **{**values, **fields})


def make_order(operator_org: Organisation, *, state: str = "draft", findings: Any = None, **fields: Any) -> Order:
    """An order with one finding, in a state; without clocks and documents (those come by playing the flows)."""
    place, pack = next(_count), packs.active()
    values: dict[str, Any] = {
        "number": f"ORD-2026-{900000 + place}", "authority": authority_over(operator_org), "pack": pack.id,
        "pack_version": pack.version, "legal_basis": ["CIIR 26"], "source": f"INS 来源 {place}", "gravest": "high", "state": state,
    }  # fmt: skip
    if state in SERVED:
        values |= {"issued_by": Account.objects.house(), "served_at": THEN, "limit_at": THEN + timedelta(days=15)}
    if state in SERVED - {"issued"}:
        values |= {"received_at": THEN, "responsible": "安全 负责人"}
    if state in {"in_progress", "extension_requested", "evidence_submitted", "verify_failed", "verified", "closed"}:
        values |= {"planned_at": THEN, "plan_accepted_at": THEN}
    if state in {"evidence_submitted", "verified", "closed"}:
        values |= {"submitted_at": THEN, "percent": 100}
    if state in {"overdue", "interviewed"}:
        values |= {"overdue_since": THEN}
    if state in {"verified", "closed"}:
        values |= {"verified_at": THEN}
    if state == "closed":
        values |= {"closed_at": THEN}
    if state == "revoked":
        values |= {"revoked_reason": "addressed to the wrong operator"}
    order = Order.objects.create(operator=operator_org, **{**values, **fields})
    gone = state in {"discarded", "revoked"}
    inside = {"verified": "verified", "closed": "closed"}.get(
        state, "ordered" if state in SERVED and not gone else "open"
    )
    done = (
        {"done_what": "已经 修改", "handed_in_at": THEN}
        if state in {"evidence_submitted", "verified", "closed"}
        else {}
    )
    for finding in findings if findings is not None else [make_finding(operator_org, state=inside)]:
        OrderLine.objects.create(order=order, finding=finding, released=gone, **done)
    return order


def make_finding_import(operator_org: Organisation, *, state: str = "checked", **fields: Any) -> FindingImport:
    """A file of one row, in a state. It is owned by whom it is given, so that scope can be walked."""
    place = next(_count)
    content = FindingImportContent.objects.create(data=b'{"title": "x"}')
    values: dict[str, Any] = {
        "number": f"FIM-2026-{900000 + place}", "owner": operator_org, "file_name": f"扫描 {place}.csv", "sha256": "0" * 64,
        "content": content, "counts": {"rows": 1, "new": 1}, "state": state,
    }  # fmt: skip
    if state == "committed":
        values |= {"committed_at": THEN}
    made = FindingImport.objects.create(**{**values, **fields})
    FindingImportRow.objects.create(source=made, position=0, line=2, cells={"title": "默认 口令"}, verdict="new")
    return made


MAKERS = {
    "rectify.finding": make_finding,
    "rectify.findingimport": make_finding_import,
    "rectify.order": make_order,
}
