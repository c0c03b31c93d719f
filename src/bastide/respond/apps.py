"""The context of incidents."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RespondConfig(AppConfig):
    name = "bastide.respond"
    label = "respond"
    verbose_name = _("Incidents")

    def ready(self) -> None:
        from bastide.base.hooks import kinds
        from bastide.base.papers.reads import shown_with as papers_shown_with
        from bastide.base.people import roles
        from bastide.base.ui import desk, menu, panels, search
        from bastide.base.vault.keeping import kept_while
        from bastide.base.vault.reads import shown_with as evidence_shown_with
        from bastide.respond import access, facts, flows, hears, reads  # noqa: F401
        from bastide.respond import panels as own_panels  # noqa: F401

        roles.register(access.GRANTS)
        kinds.offer(facts.IncidentReported, _("Incident reported"), "respond.incident", "incident")
        kinds.offer(facts.LevelConfirmed, _("Level of an incident confirmed"), "respond.incident", "incident")
        kinds.offer(facts.IncidentEnded, _("Handling of an incident ended"), "respond.incident", "incident")
        desk.register(reads.desk_items)
        search.register(reads.find_hits)
        panels.lend("respond.incident", reads.incidents)
        papers_shown_with("respond.incident", reads.incidents)
        evidence_shown_with("respond.incident", reads.incidents)
        kept_while("respond.incident", lambda incident: incident.is_open)
        menu.add(
            menu.Item(
                "supervision", _("Incidents"), "respond:incident_list", access.Can.SEE,
                lambda account: reads.waiting(account).count(), "urgent", 10,
            )
        )  # fmt: skip
