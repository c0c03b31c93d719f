"""The trail in the background: sealed every minute, checked every day; who watches it is told when it is not whole."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import terms
from bastide.base.inbox import notes
from bastide.base.jobs.access import Can
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job
from bastide.base.people.models import Organisation
from bastide.base.trail import seals
from bastide.base.trail.access import Can as TrailCan

SEAL, VERIFY = "trail.seal", "trail.verify"
BROKEN_TEXT = gettext_noop("The trail is not as it was sealed: %(fault)s")
TOLD = 20  # faults kept with the result


@job(SEAL, lane=Lane.PROMPT, title=_("Seal the trail"))
def seal(held: Job) -> dict[str, int]:
    """Give numbers and a seal to what was entered since."""
    return {"sealed": seals.seal_waiting(at=terms.now())}


@job(VERIFY, title=_("Check the seals of the trail"))
def verify(held: Job) -> dict[str, Any]:
    """Check every entry; faults are told to auditors and administrators of the national authority."""
    check = seals.verify()
    faults = [str(fault) for fault in check.faults[:TOLD]]
    if not faults:
        seals.seal_waiting(at=terms.now(), after=0)  # even what a transaction of hours may have left behind
    if faults:
        for authority in Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True):
            for right in (TrailCan.EXPORT, Can.TEND):
                notes.tell(
                    organisation=authority, can=right, at=terms.now(), thing=held, text=BROKEN_TEXT,
                    args={"fault": faults[0]}, urgency="high", key=f"trail-broken-{held.pk}",
                    topic="system",
                )  # fmt: skip
    return {"entries": check.entries, "seals": check.seals, "last": check.tip, "faults": faults}


def last_check() -> Job | None:
    """The last check that came to its end."""
    return Job.objects.filter(kind=VERIFY, state=Job.State.DONE).order_by("-pk").first()
