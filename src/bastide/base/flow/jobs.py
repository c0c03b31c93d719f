"""What the clock starts in the room of flows: forgetting requests carried out long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import jobs, terms
from bastide.base.flow import carriers
from bastide.base.flow.models import Remembered

KEPT = timedelta(days=7)


@jobs.job("flow.forget", max_attempts=1, title=_("Forget answered requests"))
def forget(job: Any) -> dict[str, int]:
    """A request sent again after a week is a new one."""
    gone, _kinds = Remembered.objects.filter(at__lt=terms.now() - KEPT).delete()
    return {"forgotten": gone, "carriers": carriers.sweep()}


jobs.schedule("flow.forget", every=24 * 3600)
