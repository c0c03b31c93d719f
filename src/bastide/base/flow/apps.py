"""The room of flows."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FlowConfig(AppConfig):
    name = "bastide.base.flow"
    label = "flow"
    verbose_name = _("Flow")

    def ready(self) -> None:
        from bastide.base.flow import jobs  # noqa: F401 – the job registers itself
