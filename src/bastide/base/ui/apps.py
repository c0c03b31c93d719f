"""The room of pages and their parts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UiConfig(AppConfig):
    name = "bastide.base.ui"
    label = "ui"
    verbose_name = _("Pages")

    def ready(self) -> None:
        from bastide.base.trail.access import Can as TrailCan
        from bastide.base.ui import menu

        menu.add(menu.Item("system", _("Trail"), "ui:trail_list", TrailCan.SEE, icon="history", order=80))
