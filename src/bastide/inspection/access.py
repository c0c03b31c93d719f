"""Who may do what with visits, answers and observations."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "inspection.visit.see"  # the authority's sight: from the first draft on
    SEE_OWN = "inspection.visit.see_own"  # the operator's sight: from the notice on
    DRAFT = "inspection.visit.draft"
    APPROVE = "inspection.visit.approve"
    CANCEL = "inspection.visit.cancel"
    NOTIFY = "inspection.visit.notify"
    INSPECT = "inspection.visit.inspect"
    OBSERVE = "inspection.observation.draft"
    SEND = "inspection.visit.send"
    REPLY = "inspection.visit.reply"
    DECIDE = "inspection.visit.decide"
    CONCLUDE = "inspection.visit.conclude"


_INSPECTING = frozenset({Can.SEE, Can.DRAFT, Can.INSPECT, Can.OBSERVE, Can.SEND})
_OFFICER = _INSPECTING | {Can.NOTIFY, Can.DECIDE, Can.CONCLUDE, Can.CANCEL}
_OPERATOR = frozenset({Can.SEE_OWN, Can.REPLY})
_ASSISTING = frozenset({Can.SEE, Can.OBSERVE})

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: _OFFICER | {Can.APPROVE},
    Role.OFFICER: _OFFICER,
    Role.INSPECTOR: _INSPECTING,
    Role.DUTY_OFFICER: frozenset({Can.SEE}),
    Role.ANALYST: frozenset({Can.SEE}),
    Role.AUDITOR: frozenset({Can.SEE}),
    Role.HEAD: _OPERATOR,
    Role.SECURITY_OFFICER: _OPERATOR,
    # Bodies that assist see the visit they were assigned to and may draft observations; they never inspect.
    Role.ASSESSOR: _ASSISTING,
    Role.EXPERT: _ASSISTING,
    Role.HOUSE: frozenset({Can.SEE}),
}
