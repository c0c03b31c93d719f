"""Who reads the norms and who loads them. The law is for everybody who works here."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "norms.clause.see"
    LOAD = "norms.pack.load"


GRANTS: dict[Role, frozenset[Can]] = {
    **{role: frozenset({Can.SEE}) for role in Role},
    Role.ADMINISTRATOR: frozenset(Can),
    Role.HOUSE: frozenset(Can),
}
