"""The room of entry."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EntryConfig(AppConfig):
    name = "bastide.base.entry"
    label = "entry"
    verbose_name = _("Entry")

    def ready(self) -> None:
        from bastide.base.entry import access, jobs, records
        from bastide.base.jobs import kinds
        from bastide.base.people import roles
        from bastide.base.ui import menu, timeline

        roles.register(access.GRANTS)
        records.listen()
        kinds.schedule(jobs.SWEEP, every=3600)
        timeline.name_acts(
            {
                "people.organisation.enter": _("Organisation added"),
                "people.account.invite": _("Invited"),
                "people.account.withdraw_invitation": _("Invitation withdrawn"),
                "people.account.accept": _("Invitation accepted"),
                "people.account.give_role": _("Role given"),
                "people.account.end_role": _("Role ended"),
                "people.account.suspend": _("Suspended"),
                "people.account.restore": _("Restored"),
                "people.account.sign_in": _("Signed in"),
                "people.account.sign_out": _("Signed out"),
                "people.account.change_password": _("Password changed"),
                "people.account.add_factor": _("Second factor set up"),
                "people.account.remove_factor": _("Second factor taken off"),
                "people.account.guessed_at": _("Wrong passwords, closed to unknown browsers for a while"),
                "people.account.end_sessions": _("Sessions ended"),
                "people.account.link": _("Identity of a provider linked"),
                "people.account.export_personal": _("Personal data exported"),
                "people.token.make": _("Key made"),
                "people.token.revoke": _("Key ended"),
            }
        )
        menu.add(
            menu.Item(
                "system", _("Organisations"), "entry:organisation_list", access.Can.SEE_ORGANISATION, icon="building"
            ),
            menu.Item("system", _("Accounts"), "entry:account_list", access.Can.SEE_ACCOUNT, icon="users"),
        )
