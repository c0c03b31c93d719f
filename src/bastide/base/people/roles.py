"""The roles a person can hold in an organisation, and the rights each context grants them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person is in an organisation. A leader of a provincial office leads that province only."""

    LEADER = "leader", _("Authority leader")
    OFFICER = "officer", _("Authority officer")
    DUTY_OFFICER = "duty_officer", _("Duty officer")
    HEAD = "head", _("Operator's head")
    SECURITY_OFFICER = "security_officer", _("Security officer")
    REPORTER = "reporter", _("Reporter")
    INSPECTOR = "inspector", _("Inspector")
    ASSESSOR = "assessor", _("Assessor")
    EXPERT = "expert", _("Expert")
    ANALYST = "analyst", _("Analyst")
    ORGANISER = "organiser", _("Organiser")
    CONTESTANT = "contestant", _("Contestant")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    SOURCE = "source", _("Registered source (program)")
    HOUSE = "house", _("The system itself")


# Roles that see only what was assigned to them by name, for the time assigned.
BY_ASSIGNMENT = frozenset({Role.EXPERT, Role.ASSESSOR})

# Roles that make sense in each kind of organisation.
AUTHORITY_ROLES = frozenset(
    {
        Role.LEADER,
        Role.OFFICER,
        Role.DUTY_OFFICER,
        Role.INSPECTOR,
        Role.ANALYST,
        Role.ORGANISER,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    }
)
OPERATOR_ROLES = frozenset({Role.HEAD, Role.SECURITY_OFFICER, Role.REPORTER, Role.CONTESTANT})
BODY_ROLES = frozenset({Role.ASSESSOR, Role.EXPERT, Role.CONTESTANT})

_grants: dict[str, set[str]] = defaultdict(set)


def register(grants: Mapping[Role, Iterable[StrEnum]]) -> None:
    """Take in a context's GRANTS table; called once from its AppConfig.ready."""
    for role, rights in grants.items():
        _grants[role.value].update(str(right) for right in rights)


def rights_of(role: str) -> frozenset[str]:
    """Every right a role carries, over all contexts."""
    return frozenset(_grants[role])


def roles_with(right: str) -> frozenset[str]:
    """Every role that carries a right."""
    return frozenset(role for role, rights in _grants.items() if right in rights)


def table() -> dict[str, list[str]]:
    """Role → sorted rights, for docs/access.md."""
    return {role.value: sorted(_grants[role.value]) for role in Role}
