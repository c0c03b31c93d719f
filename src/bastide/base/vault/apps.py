"""The room of evidence."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VaultConfig(AppConfig):
    name = "bastide.base.vault"
    label = "vault"
    verbose_name = _("Evidence vault")

    def ready(self) -> None:
        from bastide.base.jobs import kinds
        from bastide.base.people import roles
        from bastide.base.ui import menu, panels, timeline
        from bastide.base.vault import access, jobs, reads

        roles.register(access.GRANTS)
        kinds.schedule(jobs.RECHECK, every=24 * 3600)
        kinds.schedule(jobs.SWEEP, every=24 * 3600)
        panels.lend("vault.evidencefile", reads.visible)
        menu.add(menu.Item("system", _("Evidence"), "vault:evidence_list", access.Can.SEE, icon="archive"))
        menu.add(
            menu.Item(
                "system", _("Deletions"), "vault:disposal_list", access.Can.APPROVE_DISPOSAL, icon="archive", order=51
            )
        )
        panels.lend("vault.disposal", reads.disposals)
        timeline.name_acts(
            {
                "vault.evidence.receive": _("Evidence received"),
                "vault.evidence.attach": _("Evidence attached"),
                "vault.evidence.damaged": _("Evidence found damaged"),
                "vault.evidence.dispose": _("Evidence deleted"),
                "vault.evidence.hold": _("Put under a hold"),
                "vault.evidence.lift": _("Hold lifted"),
            }
        )
