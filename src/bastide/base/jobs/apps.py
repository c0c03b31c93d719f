"""The room of background jobs."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "bastide.base.jobs"
    label = "jobs"
    verbose_name = _("Background jobs")

    def ready(self) -> None:
        from bastide.base.jobs import access, kinds, sealing, upkeep
        from bastide.base.people import roles
        from bastide.base.ui import menu, timeline

        roles.register(access.GRANTS)
        kinds.schedule(upkeep.SWEEP, every=24 * 3600)
        kinds.schedule(upkeep.MEASURE, every=24 * 3600)
        kinds.schedule(sealing.SEAL, every=60)
        if settings.BASTIDE_TSA_URL:
            kinds.schedule(sealing.STAMP, every=60)
        kinds.schedule(sealing.VERIFY, every=24 * 3600)
        menu.add(menu.Item("system", _("Background jobs"), "jobs:job_list", can=access.Can.SEE, icon="progress"))
        timeline.name_acts({"jobs.job.again": _("Job begun again"), "selftest.leaks": _("Leak self-test")})
