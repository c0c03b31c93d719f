"""Who may look after background jobs."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "jobs.job.see"  # every job; one's own job is always visible to oneself
    TEND = "jobs.job.tend"  # is told of failures and may start a failed job again


GRANTS: dict[Role, frozenset[Can]] = {
    Role.ADMINISTRATOR: frozenset(Can),
    Role.AUDITOR: frozenset({Can.SEE}),
    Role.HOUSE: frozenset(Can),
}
