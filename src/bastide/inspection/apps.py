"""The room of inspection."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InspectionConfig(AppConfig):
    name = "bastide.inspection"
    label = "inspection"
    verbose_name = _("Inspection")

    def ready(self) -> None:
        from bastide.base.dispatch import feeds
        from bastide.base.hooks import kinds
        from bastide.base.papers import reads as papers
        from bastide.base.people import roles
        from bastide.base.ui import desk, menu, panels, search
        from bastide.base.vault import reads as vault
        from bastide.base.vault.keeping import kept_while
        from bastide.inspection import access, facts, flows, reads, waiting
        from bastide.inspection import panels as own_panels  # noqa: F401 – the panels hang themselves up

        assert flows  # every flow is known from the start
        roles.register(access.GRANTS)
        kinds.offer(facts.FindingsConfirmed, _("Findings of an inspection confirmed"), "inspection.visit", "visit")
        panels.lend("inspection.visit", reads.visits)
        panels.lend("inspection.observation", reads.observations)
        panels.lend("inspection.answer", reads.answers)
        for kind, visible in {"inspection.visit": reads.visits, "inspection.observation": reads.observations}.items():
            vault.shown_with(kind, visible)
            papers.shown_with(kind, visible)
        vault.shown_with("inspection.answer", reads.answers)
        for kind in ("inspection.visit", "inspection.observation", "inspection.answer"):
            kept_while(kind, reads.is_unfinished)
        desk.register(waiting.desk)
        feeds.offer("inspection.visit", waiting.dates)
        search.register(waiting.hits)
        can = access.Can
        menu.add(
            menu.Item(
                menu.Pillar.SUPERVISION, _("Inspections"), "inspection:visit_list", (can.SEE, can.SEE_OWN),
                waiting.count, icon="clipboard-check", order=20, under=("/inspection/",),
            )
        )  # fmt: skip
