"""Who may do what in monitoring."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE_SOURCE = "monitor.source.see"
    REGISTER_SOURCE = "monitor.source.register"
    KEEP_SOURCE = "monitor.source.keep"
    SEND = "monitor.batch.send"
    SEE_BATCH = "monitor.batch.see"
    SCAN = "monitor.batch.scan"
    SEE_RULE = "monitor.rule.see"
    KEEP_RULES = "monitor.rule.keep"
    SEE_ALERT = "monitor.alert.see"
    RAISE = "monitor.alert.raise"
    TRIAGE = "monitor.alert.triage"
    ESCALATE = "monitor.alert.escalate"
    HUNT = "monitor.hunt.ask"  # search the events themselves, and see what was found
    EXPIRE = "monitor.batch.expire"


_SEE = frozenset({Can.SEE_SOURCE, Can.SEE_BATCH, Can.SEE_ALERT})
_OWN = _SEE | {Can.REGISTER_SOURCE, Can.KEEP_SOURCE, Can.SEND, Can.TRIAGE, Can.ESCALATE, Can.HUNT}

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: _SEE | {Can.SEE_RULE},
    Role.OFFICER: _SEE | {Can.SEE_RULE, Can.REGISTER_SOURCE, Can.KEEP_SOURCE},
    Role.DUTY_OFFICER: _SEE | {Can.SEE_RULE, Can.TRIAGE, Can.ESCALATE, Can.HUNT},
    Role.ANALYST: _SEE
    | {
        Can.SEE_RULE,
        Can.KEEP_RULES,
        Can.TRIAGE,
        Can.ESCALATE,
        Can.SCAN,
        Can.REGISTER_SOURCE,
        Can.KEEP_SOURCE,
        Can.SEND,
        Can.HUNT,
    },
    Role.AUDITOR: frozenset({Can.SEE_SOURCE, Can.SEE_BATCH, Can.SEE_RULE}),
    Role.HEAD: _SEE,
    Role.SECURITY_OFFICER: _OWN,
    Role.REPORTER: _SEE | {Can.SEND},
    Role.SOURCE: frozenset({Can.SEND}),
    Role.HOUSE: frozenset(Can),
}
