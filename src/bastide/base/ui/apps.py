"""The room of pages and their parts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UiConfig(AppConfig):
    name = "bastide.base.ui"
    label = "ui"
    verbose_name = _("Pages")

    def ready(self) -> None:
        from bastide.base.entry import personal
        from bastide.base.entry.access import Can as EntryCan
        from bastide.base.trail.access import Can as TrailCan
        from bastide.base.ui import insight, menu, timeline
        from bastide.base.ui.models import SavedView, TableChoice

        personal.register(
            personal.Holding(
                "saved_filters", _("Saved filters"), _("To find a list again as it was"), personal.WHILE_ACCOUNT,
                lambda account: SavedView.objects.filter(account=account), ("table", "name", "query", "created_at"),
            ),
            personal.Holding(
                "table_choices", _("Chosen columns"), _("To show tables as the person wants them"),
                personal.WHILE_ACCOUNT, lambda account: TableChoice.objects.filter(account=account),
                ("table", "columns", "per_page"),
            ),
        )  # fmt: skip
        menu.add(
            menu.Item("system", _("Trail"), "ui:trail_list", TrailCan.SEE, icon="history", order=80),
            menu.Item("system", _("Who sees what"), "ui:why", EntryCan.EXPLAIN, icon="search", order=81),
        )
        timeline.name_acts({insight.ASKED: _("Asked who sees it")})
