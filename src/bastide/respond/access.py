"""Who may do what to an incident."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "respond.incident.see"
    # The operator's side.
    REPORT = "respond.incident.report"
    JUDGE = "respond.incident.judge"
    FILE = "respond.incident.file"
    SUMMARISE = "respond.incident.summarise"
    # The authority's side.
    TAKE_CALL = "respond.incident.take_call"
    FORWARD = "respond.incident.forward"
    CONFIRM = "respond.incident.confirm"
    RESPOND = "respond.incident.respond"
    COMMAND_GRAVEST = "respond.incident.command_gravest"
    CLOSE = "respond.incident.close"
    # The house itself.
    OPEN_FROM_ALERT = "respond.incident.open_from_alert"


_OPERATOR = frozenset({Can.SEE, Can.REPORT, Can.JUDGE, Can.FILE})
_AUTHORITY = frozenset({Can.SEE, Can.TAKE_CALL, Can.JUDGE, Can.FORWARD, Can.CONFIRM, Can.RESPOND})

GRANTS: dict[Role, frozenset[Can]] = {
    Role.REPORTER: _OPERATOR,
    Role.SECURITY_OFFICER: _OPERATOR | {Can.SUMMARISE},
    Role.HEAD: _OPERATOR | {Can.SUMMARISE},
    Role.DUTY_OFFICER: _AUTHORITY,
    Role.OFFICER: _AUTHORITY | {Can.CLOSE},
    Role.LEADER: _AUTHORITY | {Can.CLOSE, Can.COMMAND_GRAVEST},
    Role.ANALYST: frozenset({Can.SEE}),
    Role.EXPERT: frozenset({Can.SEE}),
    Role.AUDITOR: frozenset({Can.SEE}),
    Role.HOUSE: frozenset({Can.SEE, Can.OPEN_FROM_ALERT}),
}
