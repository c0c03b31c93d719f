"""The register."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _keep_counting(**_given: object) -> None:
    """SQLite loses triggers when a migration rebuilds their table."""
    from django.db import connection

    from bastide.registry import tally

    tally.put_up(connection)


class RegistryConfig(AppConfig):
    name = "bastide.registry"
    label = "registry"
    verbose_name = _("Register")

    def ready(self) -> None:
        from bastide.base import words
        from bastide.base.hooks import kinds
        from bastide.base.people import roles
        from bastide.base.ui import menu, panels, timeline
        from bastide.base.ui import search as searching
        from bastide.registry import access, facts, jobs, models, reads, search  # noqa: F401 – the jobs register themselves

        post_migrate.connect(_keep_counting, sender=self, dispatch_uid="registry.tally")
        can = access.Can
        roles.register(access.GRANTS)
        kinds.offer(facts.UnitGraded, _("Network unit graded"), "registry.networkunit", "unit")
        words.index(models.NetworkUnit, "name_zh", "name_en", "code")
        searching.register(search.find)
        panels.lend("registry.operator", reads.operators)
        panels.lend("registry.unit", reads.units)
        panels.lend("registry.import", reads.imports)
        timeline.name_acts(
            {
                "registry.operator.enter": _("Operator entered"),
                "registry.operator.change": _("Operator changed"),
                "registry.operator.take_out": _("Entry undone with its import"),
                "registry.networkunit.remove": _("Entry undone with its import"),
            }
        )
        menu.add(
            menu.Item("mechanism", _("Operators"), "registry:operator_list", can.SEE_OPERATOR,
                      icon="building-broadcast-tower", order=40),
            menu.Item("mechanism", _("Network units"), "registry:unit_list", can.SEE_UNIT, icon="server-2", order=50),
            menu.Item("mechanism", _("Dependencies"), "registry:dependency_list", can.SEE_UNIT,
                      icon="topology-star-3", order=60),
            menu.Item("mechanism", _("Sector map"), "registry:sector_map", can.SEE_OPERATOR, icon="sitemap", order=70),
            menu.Item("mechanism", _("Imports"), "registry:import_list", can.SEE_IMPORT, icon="file-import", order=80),
        )  # fmt: skip
