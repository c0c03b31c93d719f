"""Who may look after the webhooks of an organisation."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE = "hooks.endpoint.see"
    KEEP = "hooks.endpoint.keep"  # register, change, rotate, send again; is told when an endpoint fails


GRANTS: dict[Role, frozenset[Can]] = {
    Role.ADMINISTRATOR: frozenset(Can),
    Role.HEAD: frozenset(Can),
    Role.SECURITY_OFFICER: frozenset({Can.SEE}),
    Role.AUDITOR: frozenset({Can.SEE}),
    Role.HOUSE: frozenset(Can),
}
