"""Who may do what with early warnings and their deliveries."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "share.warning.see"  # the authority's sight: proposals, recipients, where it came from
    SEE_RECEIVED = "share.warning.see_received"  # the recipient's sight: published, and nobody else's part of it
    PROPOSE = "share.warning.propose"
    APPROVE = "share.warning.approve"  # within the power of the office: a need of the step asks the colour
    PUBLISH = "share.warning.publish"
    CHANGE = "share.warning.change"
    LIFT = "share.warning.lift"
    SEE_DELIVERY = "share.delivery.see"
    ANSWER = "share.delivery.answer"  # the operator's acts: acknowledge, report what was done
    LOG_CALL = "share.delivery.log_call"
    ESCALATE = "share.delivery.escalate"  # the house alone, when the acknowledgement is overdue


_AUTHORITY = frozenset({Can.SEE, Can.SEE_DELIVERY})
_DUTY = _AUTHORITY | {Can.PROPOSE, Can.APPROVE, Can.PUBLISH, Can.CHANGE, Can.LIFT, Can.LOG_CALL}
_OPERATOR = frozenset({Can.SEE_RECEIVED, Can.SEE_DELIVERY, Can.ANSWER})

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: _DUTY,
    Role.DUTY_OFFICER: _DUTY,
    Role.OFFICER: _AUTHORITY | {Can.PROPOSE, Can.LOG_CALL},
    Role.INSPECTOR: _AUTHORITY,
    Role.ANALYST: _AUTHORITY,
    Role.AUDITOR: _AUTHORITY,
    Role.HEAD: _OPERATOR,
    Role.SECURITY_OFFICER: _OPERATOR,
    Role.REPORTER: _OPERATOR,
    Role.HOUSE: _AUTHORITY | {Can.ESCALATE},
}
