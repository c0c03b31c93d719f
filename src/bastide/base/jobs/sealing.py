"""The trail in the background: sealed every minute, stamped where an authority is named, checked every day.

Who watches it is told when it is not whole, and when no time stamp came for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import terms
from bastide.base.inbox import notes
from bastide.base.jobs.access import Can
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job
from bastide.base.people.models import Organisation
from bastide.base.trail import seals, stamps
from bastide.base.trail.access import Can as TrailCan

SEAL, STAMP, VERIFY = "trail.seal", "trail.stamp", "trail.verify"
BROKEN_TEXT = gettext_noop("The trail is not as it was sealed: %(fault)s")
NO_STAMP_TEXT = gettext_noop("No time stamp of the trail came for a day: %(error)s")
PATIENCE = timedelta(days=1)  # without a time stamp
TOLD = 20  # faults kept with the result


@job(SEAL, lane=Lane.PROMPT, title=_("Seal the trail"))
def seal(held: Job) -> dict[str, int]:
    """Give numbers and a seal to what was entered since."""
    return {"sealed": seals.seal_waiting(at=terms.now())}


@job(STAMP, title=_("Have the trail stamped"))
def stamp(held: Job) -> dict[str, Any]:
    """Ask for a time stamp over the newest seal. Where none comes, ask later each time, an hour at most."""
    at, before = terms.now(), _last_try()
    if not stamps.is_on() or at < datetime.fromisoformat(before.get("again_at", at.isoformat())):
        return before
    try:
        kept = stamps.stamp_newest(at=at)
    except stamps.NoStampError as problem:
        failures, since = before.get("failures", 0) + 1, before.get("since") or at.isoformat()
        again_at = at + timedelta(minutes=min(2 ** (failures - 1), 60))
        if at - datetime.fromisoformat(since) > PATIENCE:
            _tell(held, NO_STAMP_TEXT, str(problem), key=f"trail-unstamped-{at:%Y-%m-%d}", rights=(Can.TEND,))
        return {"failures": failures, "since": since, "again_at": again_at.isoformat(), "error": str(problem)[:300]}
    return {"seal": kept.seal_id} if kept else {}


def _last_try() -> dict[str, Any]:
    """What the last turn left: how often it failed, since when, when to ask again."""
    last = Job.objects.filter(kind=STAMP, state=Job.State.DONE).order_by("-pk").first()
    return dict(last.result or {}) if last else {}


@job(VERIFY, title=_("Check the seals of the trail"))
def verify(held: Job) -> dict[str, Any]:
    """Check every entry; faults are told to auditors and administrators of the national authority."""
    check = seals.verify()
    faults = [str(fault) for fault in check.faults[:TOLD]]
    if not faults:
        seals.seal_waiting(at=terms.now(), after=0)  # even what a transaction of hours may have left behind
    if faults:
        _tell(held, BROKEN_TEXT, faults[0], key=f"trail-broken-{held.pk}", rights=(TrailCan.EXPORT, Can.TEND))
    return {
        "entries": check.entries, "seals": check.seals, "last": check.tip, "faults": faults, "stamps": check.stamps,
        "doubts": check.doubts[:TOLD],
    }  # fmt: skip


def _tell(held: Job, text: str, words: str, *, key: str, rights: tuple[str, ...]) -> None:
    """Tell people of the national authority; `words` stands for what the text names."""
    for authority in Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True):
        for right in rights:
            notes.tell(
                organisation=authority, can=right, at=terms.now(), thing=held, text=text,
                args={"fault": words, "error": words}, urgency="high", key=key, topic="system",
            )  # fmt: skip


def last_check() -> Job | None:
    """The last check that came to its end."""
    return Job.objects.filter(kind=VERIFY, state=Job.State.DONE).order_by("-pk").first()
