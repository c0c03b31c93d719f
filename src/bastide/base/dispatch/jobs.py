"""What is mailed by itself: what wants no delay each minute, digests at their hour."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.inbox import letters
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job

MAIL = "dispatch.mail"


@job(MAIL, max_attempts=5, lane=Lane.OUTSIDE, title=_("Mail notifications and digests"))
def mail(held: Job) -> dict[str, int]:
    """Make the letters that are due, then send what waits."""
    at = terms.now()
    return {"made": letters.collect(at=at), "sent": letters.send(at=at)}
