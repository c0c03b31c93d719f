"""The room of dispatch."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DispatchConfig(AppConfig):
    name = "bastide.base.dispatch"
    label = "dispatch"
    verbose_name = _("Mails and calendars")

    def ready(self) -> None:
        from bastide.base.dispatch import jobs, kept
        from bastide.base.entry import personal
        from bastide.base.jobs import kinds
        from bastide.base.ui import menu, timeline
        from bastide.base.ui.icons import named

        personal.register(*kept.HOLDINGS)
        kinds.schedule(jobs.MAIL, every=60)
        menu.add_own(
            menu.Own(_("How I am told"), "dispatch:choices", named("bell-cog")),
            menu.Own(_("My dates in a calendar"), "dispatch:calendar", named("calendar-share")),
        )
        timeline.name_acts(
            {
                "dispatch.feed.make": _("Calendar address made"),
                "dispatch.feed.renew": _("Calendar address renewed"),
                "dispatch.feed.revoke": _("Calendar address ended"),
            }
        )
