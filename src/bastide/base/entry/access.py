"""Who may look after organisations and accounts."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import AUTHORITY_ROLES, BODY_ROLES, OPERATOR_ROLES, Role


class Can(StrEnum):
    SEE_ORGANISATION = "entry.organisation.see"
    CHANGE_ORGANISATION = "entry.organisation.change"
    SEE_ACCOUNT = "entry.account.see"
    INVITE = "entry.account.invite"
    SUSPEND = "entry.account.suspend"
    EXPLAIN = "entry.sight.explain"
    OWN_TOKENS = "entry.token.own"


_SEE = {role: frozenset({Can.SEE_ORGANISATION, Can.OWN_TOKENS}) for role in AUTHORITY_ROLES | OPERATOR_ROLES}
_ADMIN = frozenset({Can.CHANGE_ORGANISATION, Can.SEE_ACCOUNT, Can.INVITE, Can.SUSPEND, Can.EXPLAIN})

GRANTS: dict[Role, frozenset[Can]] = {
    **_SEE,
    Role.CONTESTANT: frozenset(),
    Role.ADMINISTRATOR: _SEE[Role.ADMINISTRATOR] | _ADMIN,
    Role.AUDITOR: _SEE[Role.AUDITOR] | {Can.SEE_ACCOUNT, Can.EXPLAIN},
    Role.HEAD: _SEE[Role.HEAD] | {Can.SEE_ACCOUNT, Can.INVITE, Can.SUSPEND},
    Role.HOUSE: frozenset(Can),
}

# The roles that may be given in each kind of organisation.
ROLES_IN: dict[str, frozenset[Role]] = {
    "national_authority": AUTHORITY_ROLES,
    "provincial_office": AUTHORITY_ROLES,
    "operator": OPERATOR_ROLES,
    "assessment_body": BODY_ROLES,
    "support_body": BODY_ROLES | {Role.ANALYST},
    "vendor": frozenset({Role.CONTESTANT}),
}
