"""What happens to findings and orders. Every change of their state is made here."""

from __future__ import annotations

from bastide.rectify.flows.answering import (
    ask_extension,
    hand_in,
    receive,
    report_progress,
    submit_evidence,
    submit_plan,
)
from bastide.rectify.flows.findings import change_finding, record, record_findings, withdraw
from bastide.rectify.flows.imports import (
    FINDING_IMPORT,
    carry_out_findings,
    check_findings,
    commit_findings,
    discard_findings,
    upload_findings,
)
from bastide.rectify.flows.orders import close, discard, draft, interview, issue, mark_overdue, revoke
from bastide.rectify.flows.reviewing import accept_plan, fail, grant_extension, refuse_extension, return_plan, verify
from bastide.rectify.flows.table import FINDING, ORDER

__all__ = [
    "FINDING",
    "FINDING_IMPORT",
    "ORDER",
    "accept_plan",
    "ask_extension",
    "carry_out_findings",
    "change_finding",
    "check_findings",
    "close",
    "commit_findings",
    "discard",
    "discard_findings",
    "draft",
    "fail",
    "grant_extension",
    "hand_in",
    "interview",
    "issue",
    "mark_overdue",
    "receive",
    "record",
    "record_findings",
    "refuse_extension",
    "report_progress",
    "return_plan",
    "revoke",
    "submit_evidence",
    "submit_plan",
    "upload_findings",
    "verify",
    "withdraw",
]  # fmt: skip
