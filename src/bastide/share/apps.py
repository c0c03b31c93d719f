"""The room of early warnings."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShareConfig(AppConfig):
    name = "bastide.share"
    label = "share"
    verbose_name = _("Early warnings")

    def ready(self) -> None:
        from bastide.base.hooks import kinds
        from bastide.base.papers.reads import shown_with as papers_shown_with
        from bastide.base.people import roles
        from bastide.base.ui import desk, menu, panels, search
        from bastide.base.vault.keeping import kept_while
        from bastide.base.vault.reads import shown_with as evidence_shown_with
        from bastide.share import access, facts, flows, hears, reads, waiting  # noqa: F401
        from bastide.share import panels as own_panels  # noqa: F401

        roles.register(access.GRANTS)
        kinds.offer(facts.WarningPublished, _("Early warning published"), "share.earlywarning", "warning")
        kinds.offer(facts.WarningLifted, _("Early warning lifted"), "share.earlywarning", "warning")
        desk.register(waiting.desk)
        search.register(waiting.hits)
        for noun, visible in {"share.earlywarning": reads.warnings, "share.delivery": reads.deliveries}.items():
            panels.lend(noun, visible)
            papers_shown_with(noun, visible)
            evidence_shown_with(noun, visible)
        kept_while("share.earlywarning", lambda warning: warning.state not in reads.ENDED)
        kept_while("share.delivery", lambda delivery: delivery.warning.state not in reads.ENDED)
        can, pillar = access.Can, menu.Pillar.SUPERVISION
        menu.add(
            menu.Item(
                pillar, _("Early warnings"), "share:earlywarning_list", can.SEE, waiting.warnings_count,
                icon="speakerphone", order=20,
            ),
            menu.Item(
                pillar, _("Warnings delivered"), "share:delivery_list", can.SEE_DELIVERY, waiting.deliveries_count,
                icon="mail-check", order=21,
            ),
        )  # fmt: skip
