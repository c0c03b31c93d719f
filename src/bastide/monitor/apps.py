"""The context of monitoring."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitorConfig(AppConfig):
    name = "bastide.monitor"
    label = "monitor"
    verbose_name = _("Monitoring")

    def ready(self) -> None:
        from bastide.base.hooks import kinds
        from bastide.base.people import roles
        from bastide.base.ui import desk, menu, panels, timeline
        from bastide.base.ui import search as searching
        from bastide.monitor import access, facts, jobs, reads, search  # noqa: F401 – the jobs register themselves
        from bastide.monitor import panels as own_panels  # noqa: F401 – they hang themselves

        roles.register(access.GRANTS)
        kinds.offer(facts.AlertEscalated, _("Alert became an incident"), "monitor.alert", "alert")
        searching.register(search.find)
        desk.register(search.waiting)
        panels.lend("monitor.alert", reads.alerts)
        panels.lend("monitor.batch", reads.batches)
        panels.lend("monitor.source", reads.sources)
        panels.lend("monitor.hunt", reads.hunts)
        panels.lend("monitor.ruleexception", reads.exceptions)
        timeline.name_acts(
            {
                "monitor.rulerecord.add": _("Rules added"),
                "monitor.rulerecord.write": _("Rule written"),
                "monitor.rulerecord.change": _("Text of the rule changed"),
                "monitor.query": _("Events queried"),
                "monitor.rulerecord.enable": _("Rule switched on"),
                "monitor.rulerecord.disable": _("Rule switched off"),
            }
        )
        can = access.Can
        menu.add(
            menu.Item(
                "technology",
                _("Alerts"),
                "monitor:alert_list",
                can.SEE_ALERT,
                count=reads.alerts_waiting,
                icon="alert-triangle",
                order=10,
            ),
            menu.Item(
                "technology", _("Across operators"), "monitor:across", can.SEE_RULE, icon="topology-star-3", order=12
            ),
            menu.Item("technology", _("Hunts"), "monitor:hunt_list", can.HUNT, icon="search", order=15),
            menu.Item("technology", _("Query events"), "monitor:query", can.HUNT, icon="terminal-2", order=16),
            menu.Item("technology", _("Event batches"), "monitor:batch_list", can.SEE_BATCH, icon="database", order=20),
            menu.Item("technology", _("Sources"), "monitor:source_list", can.SEE_SOURCE, icon="antenna", order=30),
            menu.Item("technology", _("Detection rules"), "monitor:rule_list", can.SEE_RULE, icon="filter", order=40),
            menu.Item(
                "technology", _("Coverage of the rules"), "monitor:coverage", can.SEE_RULE, icon="grid-dots", order=45
            ),
        )
