"""Who may hand in evidence, see it, take a copy, and have it checked."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    DOWNLOAD = "vault.evidence.download"
    RECEIVE = "vault.evidence.receive"
    SEE = "vault.evidence.see"
    VERIFY = "vault.evidence.verify"


_WORKS = frozenset({Can.SEE, Can.DOWNLOAD, Can.RECEIVE})

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: _WORKS | {Can.VERIFY},
    Role.OFFICER: _WORKS | {Can.VERIFY},
    Role.DUTY_OFFICER: _WORKS,
    Role.INSPECTOR: _WORKS | {Can.VERIFY},
    Role.ANALYST: _WORKS,
    Role.HEAD: _WORKS,
    Role.SECURITY_OFFICER: _WORKS,
    Role.REPORTER: _WORKS,
    Role.ASSESSOR: _WORKS,
    Role.EXPERT: frozenset({Can.SEE}),  # looks, takes nothing away
    Role.AUDITOR: frozenset({Can.SEE, Can.VERIFY}),
    Role.HOUSE: frozenset(Can),
}
