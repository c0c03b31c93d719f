"""The lists of organisations and accounts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.entry.forms import area_choices
from bastide.base.people.models import Account, Organisation
from bastide.base.ui.tables import Boolean, Choice, Column, Search, Table


def area_name(organisation: Organisation) -> str:
    """The province of an organisation, or that it works nationwide."""
    return str(packs.active().area_name(organisation.area)) if organisation.area else str(_("Nationwide"))


class OrganisationTable(Table):
    name = "entry.organisation"
    columns = (
        Column("code", _("Code"), kind="code", link=lambda row: f"/entry/organisations/{row.code}/"),
        Column("name", _("Name"), sort="name_zh"),
        Column("kind", _("Kind"), value="get_kind_display", sort="kind"),
        Column("area", _("Province"), value=area_name, sort="area"),
        Column("parent", _("Belongs to"), value="parent.name", sort="parent__code"),
        Column("people", _("Accounts"), kind="number", sort="people"),
    )
    filters = (
        Search("code", "name_zh", "name_en"),
        Choice("kind", _("Kind"), choices=Organisation.Kind.choices),
        Choice("area", _("Province"), choices=lambda account: area_choices()),
    )
    sort = "code"


def roles_of(account: Account) -> list[str]:
    """ "Role, organisation" for each membership in force, from prefetched rows."""
    return [f"{m.get_role_display()} · {m.organisation.name}" for m in account.memberships.all() if m.until is None]


class AccountTable(Table):
    name = "entry.account"
    columns = (
        Column("username", _("User name"), link=lambda row: f"/entry/accounts/{row.username}/"),
        Column("name", _("Name")),
        Column("roles", _("Roles"), value=roles_of),
        Column("is_active", _("Active"), kind="boolean"),
        Column("last_login", _("Last sign-in"), kind="ago"),
        Column("is_demo", _("Demo account"), kind="boolean", shown=False),
        Column("email", _("E-mail"), shown=False),
    )
    filters = (Search("username", "name", "email"), Boolean("is_active", _("Active")))
    sort = "username"
