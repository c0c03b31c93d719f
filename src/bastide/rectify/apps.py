"""The room of rectification."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RectifyConfig(AppConfig):
    name = "bastide.rectify"
    label = "rectify"
    verbose_name = _("Rectification")

    def ready(self) -> None:
        from bastide.base import words
        from bastide.base.hooks import kinds
        from bastide.base.papers import reads as papers
        from bastide.base.people import roles
        from bastide.base.ui import desk, menu, panels, search
        from bastide.base.vault import keeping
        from bastide.base.vault import reads as vault
        from bastide.rectify import access, facts, hears, jobs, models, reads, waiting
        from bastide.rectify import panels as own_panels  # noqa: F401 – the panels hang themselves up

        assert hears
        assert jobs
        roles.register(access.GRANTS)
        words.index(models.Finding, "title", "clause")
        kinds.offer(facts.OrderServed, _("Order served"), "rectify.order", "order")
        kinds.offer(facts.OrderOverdue, _("Order overdue"), "rectify.order", "order")
        kinds.offer(facts.OrderClosed, _("Order closed"), "rectify.order", "order")
        for noun, visible in {"rectify.order": reads.orders, "rectify.finding": reads.findings}.items():
            panels.lend(noun, visible)
            vault.shown_with(noun, visible)
            papers.shown_with(noun, visible)
        panels.lend("rectify.findingimport", reads.finding_imports)
        vault.shown_with("rectify.orderline", reads.lines)
        vault.shown_with("rectify.verification", reads.verifications)
        for noun in ("rectify.order", "rectify.finding", "rectify.orderline", "rectify.verification"):
            keeping.kept_while(noun, reads.is_unfinished)
        keeping.also_kept_while(reads.leans_on)
        desk.register(waiting.desk)
        search.register(waiting.hits)
        can = access.Can
        menu.add(
            menu.Item(
                menu.Pillar.SUPERVISION, pgettext_lazy("rectify", "Findings"), "rectify:finding_list",
                (can.SEE_FINDING, can.SEE_OWN_FINDING),
                waiting.findings_count, icon="zoom-exclamation", order=30,
            ),
            menu.Item(
                menu.Pillar.SUPERVISION, _("Orders"), "rectify:order_list", (can.SEE_ORDER, can.SEE_OWN_ORDER),
                waiting.orders_count, icon="gavel", order=40,
            ),
        )  # fmt: skip
