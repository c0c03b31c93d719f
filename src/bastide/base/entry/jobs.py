"""What the room of entry forgets by itself."""

from __future__ import annotations

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.entry import lockout
from bastide.base.flow.models import Remembered
from bastide.base.jobs.kinds import job
from bastide.base.jobs.models import Job

SWEEP = "entry.sweep"
ANSWERS_KEPT = timedelta(days=1)  # nobody sends the same request again later


@job(SWEEP, title=_("Forget sessions, guesses and answers that are over"))
def sweep(held: Job) -> dict[str, int]:
    """Drop sessions past their age with their records, counts of guesses and answers whose time has passed."""
    now = terms.now()
    sessions, _kinds = Session.objects.filter(expire_date__lte=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    requests, _kinds = Remembered.objects.filter(at__lte=now - ANSWERS_KEPT).delete()
    return {"sessions": sessions, "guesses": lockout.forget(now), "requests": requests}
