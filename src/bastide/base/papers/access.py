"""Who may see documents, take copies, preview and void them. Issuing is a step of the act that needs the document."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    DOWNLOAD = "papers.document.download"
    SEE = "papers.document.see"
    VOID = "papers.document.void"


_READS = frozenset({Can.SEE, Can.DOWNLOAD})

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: _READS | {Can.VOID},
    Role.OFFICER: _READS,
    Role.DUTY_OFFICER: _READS,
    Role.INSPECTOR: _READS,
    Role.ANALYST: _READS,
    Role.HEAD: _READS,
    Role.SECURITY_OFFICER: _READS,
    Role.REPORTER: _READS,
    Role.ASSESSOR: _READS,
    Role.EXPERT: frozenset({Can.SEE}),
    Role.AUDITOR: _READS,
    Role.HOUSE: frozenset(Can),
}
