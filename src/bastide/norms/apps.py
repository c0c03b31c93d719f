"""The norms."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NormsConfig(AppConfig):
    name = "bastide.norms"
    label = "norms"
    verbose_name = _("Norms")

    def ready(self) -> None:
        from bastide.base.people import roles
        from bastide.base.ui import menu, panels, timeline
        from bastide.base.ui import search as searching
        from bastide.norms import access, reads, search

        roles.register(access.GRANTS)
        searching.register(search.find)
        panels.lend("norms.clause", reads.clauses)
        timeline.name_acts({"norms.pack.load": _("Regime pack loaded")})
        menu.add(
            menu.Item("mechanism", _("Norms"), "norms:instrument_list", access.Can.SEE, icon="book-2", order=10),
            menu.Item("mechanism", _("Clauses"), "norms:clause_list", access.Can.SEE, icon="section", order=20),
            menu.Item(
                "mechanism", _("Checklists"), "norms:checklist_list", access.Can.SEE, icon="list-check", order=30
            ),
        )
