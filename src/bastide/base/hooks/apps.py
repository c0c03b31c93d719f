"""The room of webhooks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HooksConfig(AppConfig):
    name = "bastide.base.hooks"
    label = "hooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from bastide.base.clock import facts as clock
        from bastide.base.hooks import access, jobs, kinds, reads
        from bastide.base.jobs.kinds import schedule
        from bastide.base.people import roles
        from bastide.base.ui import menu, panels, timeline

        roles.register(access.GRANTS)
        kinds.offer(clock.ClockOverdue, _("A clock is overdue"), "clock.clock", "clock_id", key="pk")
        schedule(jobs.TEND, every=30)
        schedule(jobs.SWEEP, every=24 * 3600)
        panels.lend("hooks.endpoint", reads.endpoints)
        panels.lend("hooks.delivery", reads.deliveries)
        menu.add(menu.Item("system", _("Webhooks"), "hooks:endpoint_list", can=access.Can.SEE, icon="webhook"))
        timeline.name_acts(
            {
                "hooks.endpoint.register": _("Webhook registered"),
                "hooks.endpoint.change": _("Webhook changed"),
                "hooks.endpoint.rotate": _("Secret of a webhook rotated"),
                "hooks.endpoint.switch": _("Webhook switched"),
                "hooks.endpoint.remove": _("Webhook removed"),
                "hooks.endpoint.ping": _("Webhook tested"),
                "hooks.endpoint.send_again": _("Webhook messages sent again"),
            }
        )
