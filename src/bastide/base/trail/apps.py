"""The room of the trail."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrailConfig(AppConfig):
    name = "bastide.base.trail"
    label = "trail"
    verbose_name = _("Trail")

    def ready(self) -> None:
        from bastide.base.people import roles
        from bastide.base.trail import access

        roles.register(access.GRANTS)
