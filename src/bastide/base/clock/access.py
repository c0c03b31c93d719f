"""Who sees clocks, and who is told when one is nearly due or late."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "clock.clock.see"
    OWES = "clock.reminder.owes"  # is told as one in charge at the organisation that owes
    LEADS = "clock.reminder.leads"  # is told as the head of the organisation that owes
    OVERSEES = "clock.reminder.oversees"  # is told at the authority it is owed to


GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: frozenset({Can.SEE, Can.LEADS}),
    Role.OFFICER: frozenset({Can.SEE, Can.OWES, Can.OVERSEES}),
    Role.DUTY_OFFICER: frozenset({Can.SEE, Can.OWES, Can.OVERSEES}),
    Role.INSPECTOR: frozenset({Can.SEE}),
    Role.ANALYST: frozenset({Can.SEE}),
    Role.HEAD: frozenset({Can.SEE, Can.LEADS}),
    Role.SECURITY_OFFICER: frozenset({Can.SEE, Can.OWES}),
    Role.REPORTER: frozenset({Can.SEE, Can.OWES}),
    Role.AUDITOR: frozenset({Can.SEE}),
    Role.HOUSE: frozenset(Can),
}
