"""Who may hand in evidence, see it, take a copy, and have it checked, held or deleted."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    APPROVE_DISPOSAL = "vault.disposal.approve"
    DISPOSE = "vault.disposal.propose"
    DOWNLOAD = "vault.evidence.download"
    HOLD = "vault.evidence.hold"
    LIFT = "vault.evidence.lift"
    RECEIVE = "vault.evidence.receive"
    SEE = "vault.evidence.see"
    VERIFY = "vault.evidence.verify"


_WORKS = frozenset({Can.SEE, Can.DOWNLOAD, Can.RECEIVE})

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: _WORKS | {Can.VERIFY, Can.HOLD, Can.LIFT, Can.DISPOSE, Can.APPROVE_DISPOSAL},
    Role.OFFICER: _WORKS | {Can.VERIFY, Can.HOLD, Can.DISPOSE},
    Role.DUTY_OFFICER: _WORKS,
    Role.INSPECTOR: _WORKS | {Can.VERIFY},
    Role.ANALYST: _WORKS,
    Role.HEAD: _WORKS,
    Role.SECURITY_OFFICER: _WORKS,
    Role.REPORTER: _WORKS,
    Role.ASSESSOR: _WORKS,
    Role.EXPERT: frozenset({Can.SEE}),  # looks, takes nothing away
    Role.AUDITOR: frozenset({Can.SEE, Can.VERIFY, Can.HOLD}),
    Role.HOUSE: frozenset(Can),
}
