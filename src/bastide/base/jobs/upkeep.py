"""Keeping the table of jobs small: scheduled jobs that went well are forgotten after some days."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job

SWEEP = "jobs.sweep"
KEPT = timedelta(days=3)


@job(SWEEP, lane=Lane.PROMPT, title=_("Forget old scheduled jobs"))
def sweep(held: Job) -> dict[str, int]:
    """Delete what was scheduled, went well and is old. Jobs that people asked for, and failures, stay."""
    old = Job.objects.filter(is_scheduled=True, state=Job.State.DONE, ended_at__lt=terms.now() - KEPT)
    gone, _by_model = old.delete()
    return {"forgotten": gone}
