"""Who may read the trail."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "trail.entry.see"
    EXPORT = "trail.entry.export"


GRANTS: dict[Role, frozenset[Can]] = {
    Role.AUDITOR: frozenset(Can),
    Role.LEADER: frozenset({Can.SEE}),
    Role.HOUSE: frozenset(Can),
}
