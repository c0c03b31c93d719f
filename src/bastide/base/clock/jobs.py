"""What runs by itself: reminders every minute, and a recount when a calendar was published or corrected."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import terms
from bastide.base.clock import facts, flows, reads, reminders
from bastide.base.clock.access import Can
from bastide.base.clock.models import Clock
from bastide.base.inbox import notes
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job
from bastide.base.people.models import Account
from bastide.base.trail import outbox

REMIND, RECOUNT = "clock.remind", "clock.recount"
MOVED = gettext_noop("%(number)s: a working-day calendar was published; “%(clock)s” is now due at %(due)s.")


@job(REMIND, max_attempts=5, lane=Lane.PROMPT, title=_("Remind of clocks"))
def remind(held: Job) -> dict[str, int]:
    """Announce what became late, then send what is due to be sent."""
    return tick(at=terms.now())


def tick(*, at: datetime) -> dict[str, int]:
    """Everything that is due at a moment; doing it twice does nothing twice."""
    late = announce_overdue(at=at)
    counts = reminders.send_due(at=at)
    return {"late": late, **counts, "mailed": reminders.mail_waiting(at=at)}


def announce_overdue(*, at: datetime) -> int:
    """Tell the rooms above of every clock that passed its due time; once for each due time."""
    untold = Q(overdue_told_for=None) | ~Q(overdue_told_for=F("due_at"))
    return sum(_announce(pk, untold, at) for pk in list(reads.overdue(at).filter(untold).values_list("pk", flat=True)))


def _announce(pk: int, untold: Q, at: datetime) -> bool:
    with transaction.atomic():
        clock = reads.overdue(at).filter(untold, pk=pk).select_for_update(of=("self",)).select_related("bearer").first()
        if clock is None or clock.due_at is None:
            return False
        clock.overdue_told_for = clock.due_at
        clock.save(update_fields=["overdue_told_for"])
        outbox.announce(
            facts.ClockOverdue(
                clock_id=clock.pk, type_id=clock.type_id, thing_kind=clock.thing_kind, thing_id=clock.thing_id,
                thing_number=clock.thing_number, bearer_code=clock.bearer.code, due_at=clock.due_at, at=at,
            ),
            at=at,
        )  # fmt: skip
    return True


@job(RECOUNT, lane=Lane.PROMPT, title=_("Recount clocks after a new calendar"))
def recount(held: Job) -> dict[str, object]:
    """Look again at every clock whose calendar has another version now."""
    moved = recount_all(at=terms.now())
    return {"moved": len(moved), "clocks": moved[:200]}


def recount_all(*, at: datetime) -> list[int]:
    """Recount what a newer calendar may move; returns the clocks that moved, whose bearers are told."""
    house, moved = Account.objects.house(), []
    for calendar_id in Clock.objects.order_by("calendar_id").values_list("calendar_id", flat=True).distinct():
        version = terms.calendar(calendar_id).version
        open_ones = Clock.objects.filter(calendar_id=calendar_id, state__in=["running", "paused", "unjudged"])
        for clock in open_ones.exclude(calendar_version=version).select_related("bearer").order_by("pk"):
            with transaction.atomic():
                if flows.recount(clock, at=at, by=house):
                    moved.append(clock.pk)
                    _tell_moved(clock, at)
    return moved


def _tell_moved(clock: Clock, at: datetime) -> None:
    if clock.due_at is None or not clock.is_open:
        return
    notes.tell(
        organisation=clock.bearer, can=Can.OWES, at=at, thing=clock.thing() or clock, text=MOVED,
        args=reminders.args_of(clock), key=f"clock-moved-{clock.pk}-{clock.due_at.isoformat()}", topic="clock",
    )  # fmt: skip
