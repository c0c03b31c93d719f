"""The room everybody enters first."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "bastide.home"
    label = "home"
    verbose_name = _("Home")

    def ready(self) -> None:
        from bastide.base.ui import menu
        from bastide.base.ui.desk import waiting_for

        menu.add(
            menu.Item(
                "top", _("Situation room"), "home:situation", icon="layout-dashboard", order=5,
                under=("/", "/coverage/"),
            ),
            menu.Item(
                "top", _("My desk"), "home:desk", icon="inbox", order=10, under=("/desk/", "/ui/notifications/"),
                count=lambda account: len(waiting_for(account)),
            ),
        )  # fmt: skip
