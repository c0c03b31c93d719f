"""The room of clocks."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ClockConfig(AppConfig):
    name = "bastide.base.clock"
    label = "clock"
    verbose_name = _("Clocks")

    def ready(self) -> None:
        from bastide.base import terms
        from bastide.base.clock import access, jobs
        from bastide.base.jobs import kinds
        from bastide.base.people import roles
        from bastide.base.ui import timeline

        roles.register(access.GRANTS)
        # Working-day calendars that were published after this release lie in the data folder.
        terms.look_in(Path(settings.BASTIDE_HOME) / "calendars")
        kinds.schedule(jobs.REMIND, every=60)
        kinds.schedule(jobs.RECOUNT, every=3600)
        timeline.name_acts(
            {
                "clock.start": _("Clock started"),
                "clock.pause": _("Clock paused"),
                "clock.resume": _("Clock resumed"),
                "clock.extend": _("Clock extended"),
                "clock.met": _("Done in time"),
                "clock.missed": _("Done late"),
                "clock.unjudged": _("Done; whether in time is not known yet"),
                "clock.cancelled": _("Clock cancelled"),
                "clock.recount": _("Due time recounted after a calendar was published"),
            }
        )
