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
from bastide.rectify.flows.orders import close, discard, draft, interview, issue, mark_overdue, revoke
from bastide.rectify.flows.reviewing import accept_plan, fail, grant_extension, refuse_extension, return_plan, verify
from bastide.rectify.flows.table import FINDING, ORDER

__all__ = [
    "FINDING", "ORDER", "accept_plan", "ask_extension", "change_finding", "close", "discard", "draft", "fail",
    "grant_extension", "hand_in", "interview", "issue", "mark_overdue", "receive", "record", "record_findings",
    "refuse_extension", "report_progress", "return_plan", "revoke", "submit_evidence", "submit_plan", "verify",
    "withdraw",
]  # fmt: skip
