"""Who may do what with findings and orders."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE_FINDING = "rectify.finding.see"  # the authority's sight
    SEE_OWN_FINDING = "rectify.finding.see_own"  # the operator's: once confirmed or ordered
    RECORD_FINDING = "rectify.finding.record"
    WITHDRAW_FINDING = "rectify.finding.withdraw"
    SEE_ORDER = "rectify.order.see"  # the authority's sight: drafts too
    SEE_OWN_ORDER = "rectify.order.see_own"  # the operator's: once served
    DRAFT_ORDER = "rectify.order.draft"
    ISSUE_ORDER = "rectify.order.issue"
    REVOKE_ORDER = "rectify.order.revoke"
    ANSWER_ORDER = "rectify.order.answer"  # the operator's acts: receive, plan, progress, evidence, extension
    REVIEW_PLAN = "rectify.order.review_plan"
    VERIFY = "rectify.order.verify"
    DECIDE_EXTENSION = "rectify.order.decide_extension"
    INTERVIEW = "rectify.order.interview"
    CLOSE_ORDER = "rectify.order.close"
    MARK_OVERDUE = "rectify.order.mark_overdue"  # the house alone, when the clock has run out


_SEE = frozenset({Can.SEE_FINDING, Can.SEE_ORDER})
_OFFICER = _SEE | {Can.RECORD_FINDING, Can.DRAFT_ORDER, Can.REVIEW_PLAN, Can.VERIFY, Can.CLOSE_ORDER}
_OPERATOR = frozenset({Can.SEE_OWN_FINDING, Can.SEE_OWN_ORDER, Can.ANSWER_ORDER})

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: _OFFICER
    | {Can.WITHDRAW_FINDING, Can.ISSUE_ORDER, Can.REVOKE_ORDER, Can.DECIDE_EXTENSION, Can.INTERVIEW},
    Role.OFFICER: _OFFICER,
    Role.INSPECTOR: _SEE | {Can.RECORD_FINDING, Can.DRAFT_ORDER, Can.VERIFY},
    Role.DUTY_OFFICER: _SEE,
    Role.ANALYST: _SEE,
    Role.AUDITOR: _SEE,
    Role.HEAD: _OPERATOR,
    Role.SECURITY_OFFICER: _OPERATOR,
    Role.REPORTER: frozenset({Can.SEE_OWN_FINDING, Can.SEE_OWN_ORDER}),
    # Only the order assigned to them, for the time assigned; they assist and do not verify.
    Role.ASSESSOR: _SEE,
    Role.EXPERT: _SEE,
    Role.HOUSE: _SEE | {Can.RECORD_FINDING, Can.MARK_OVERDUE},
}
