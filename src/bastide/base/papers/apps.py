"""The room of official documents."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PapersConfig(AppConfig):
    name = "bastide.base.papers"
    label = "papers"
    verbose_name = _("Official documents")

    def ready(self) -> None:
        from bastide.base.papers import access
        from bastide.base.people import roles
        from bastide.base.ui import menu, timeline

        roles.register(access.GRANTS)
        menu.add(menu.Item("system", _("Documents"), "papers:document_list", access.Can.SEE, icon="file-text"))
        timeline.name_acts(
            {"papers.document.issue": _("Document issued"), "papers.document.void": _("Document declared void")}
        )
