"""Taking jobs in, claiming them, holding them and letting them go. Every change of hands is a compare-and-set UPDATE,
which both SQLite and PostgreSQL decide for exactly one worker."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from bastide.base import terms
from bastide.base.jobs import kinds
from bastide.base.jobs.models import Job, Schedule
from bastide.base.people.models import Account
from bastide.base.trail.ledger import plain

LEASE = timedelta(seconds=60)
# Between two written signs of progress; more would only wear the database.
STRIDE = timedelta(seconds=0.5)
# Wished for so far in the future, a job is older than the clock, which was set back; it waits no longer.
AHEAD = timedelta(minutes=5)
S = Job.State


class LeaseLostError(RuntimeError):
    """Another worker holds the job now; whoever gets this must stop and change nothing more."""


class StoppedError(RuntimeError):
    """The worker is being stopped; the job goes back to the queue and is begun anew later."""


def enqueue(
    kind: str, *, by: Account, at: datetime, dedup: str = "", after: datetime | None = None, **args: Any
) -> Job:
    """Wish for a job. With a `dedup` key the job that already waits or runs under it is returned instead."""
    known = kinds.kind(kind)
    wish = Job(
        kind=kind, lane=known.lane, args=plain(args), by=by, dedup=dedup, created_at=at, not_before=after or at,
        max_attempts=known.max_attempts,
    )  # fmt: skip
    if not dedup:
        wish.save()
        return wish
    same = Job.objects.filter(kind=kind, dedup=dedup, state__in=[S.WAITING, S.RUNNING])
    try:
        with transaction.atomic():
            wish.save()
    except IntegrityError:
        # It may have ended this moment; then the wish is met by a fresh one.
        return same.first() or enqueue(kind, by=by, at=at, dedup=dedup, after=after, **args)
    return wish


def new_worker() -> str:
    """A name no other worker has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(6)}"


def claim(worker: str, *, at: datetime, lane: str | None = None, lease: timedelta = LEASE) -> Job | None:
    """Take the oldest job that waits; None if there is none. Two workers never get the same one."""
    due = Q(not_before__lte=at) | Q(created_at__gt=at + AHEAD)
    waiting = Job.objects.filter(due, state=S.WAITING).order_by("not_before", "pk")
    if lane:
        waiting = waiting.filter(lane=lane)
    # Another worker may be faster on some of them; whoever updates first has it.
    for pk in list(waiting.values_list("pk", flat=True)[:20]):
        taken = Job.objects.filter(pk=pk, state=S.WAITING).update(
            state=S.RUNNING, worker=worker, lease_until=at + lease, heartbeat_at=at, started_at=at,
            attempts=F("attempts") + 1, done=0, total=None, message="",
        )  # fmt: skip
        if taken:
            return Job.objects.select_related("by").get(pk=pk)
    return None


def beat(job: Job, *, at: datetime, lease: timedelta = LEASE) -> bool:
    """A sign of life: the lease runs anew. False if the job is no longer ours."""
    return bool(_ours(job).update(lease_until=at + lease, heartbeat_at=at))


def progress(job: Job, done: int, total: int | None, message: str) -> None:
    """Write progress, at most twice a second except for the last."""
    stop: threading.Event | None = job.__dict__.get("_stop")
    if stop is not None and stop.is_set():
        raise StoppedError(f"job {job.pk} was interrupted because the worker stops")
    at = terms.now()
    last: datetime | None = job.__dict__.get("_told_at")
    job.done, job.total, job.message = done, total, message[:300]
    if last is not None and done != total and timedelta(0) <= at - last < STRIDE:
        return
    job.__dict__["_told_at"] = at
    if not _ours(job).update(done=job.done, total=job.total, message=job.message):
        raise LeaseLostError(f"job {job.pk} was taken over by another worker")


def finish(job: Job, *, at: datetime, result: Any) -> bool:
    """The work is done. False (and nothing is written) if another worker has the job by now."""
    return _end(job, state=S.DONE, ended_at=at, result=plain(result), error="")


def put_back(job: Job, *, at: datetime, error: str) -> bool:
    """It went wrong: try again later, each time later than before."""
    wait = timedelta(seconds=min(10 * 2 ** (job.attempts - 1), 3600))
    return _end(job, state=S.WAITING, not_before=at + wait, error=error)


def hand_back(job: Job, *, at: datetime) -> bool:
    """The worker stops in the middle: the job waits again and this beginning does not count."""
    return _end(job, state=S.WAITING, not_before=at, attempts=F("attempts") - 1)


def give_up(job: Job, *, at: datetime, error: str) -> bool:
    """It went wrong for the last time. The caller reports it."""
    return _end(job, state=S.FAILED, ended_at=at, error=error)


def expired(*, at: datetime) -> list[Job]:
    """Running jobs whose worker gave no sign of life in time."""
    return list(Job.objects.filter(state=S.RUNNING, lease_until__lt=at).select_related("by").order_by("pk"))


def trim(*, at: datetime, lease: timedelta = LEASE) -> int:
    """After the clock was set back: a sign of life from the future counts as one of now, or the job would lie still
    until that time comes again. A worker that lives renews its lease anyway."""
    ahead = Job.objects.filter(state=S.RUNNING, heartbeat_at__gt=at + lease)
    return ahead.update(heartbeat_at=at, lease_until=at + lease) if ahead.exists() else 0


def take_back(left: Job, *, at: datetime, error: str) -> bool:
    """Take a job from a worker that is gone, unless it gave a sign of life this moment. It may be begun at once."""
    return _end(left, still=Q(lease_until__lt=at), state=S.WAITING, not_before=at, error=error)


def give_up_left(left: Job, *, at: datetime, error: str) -> bool:
    """The same, when it was begun too often to try again."""
    return _end(left, still=Q(lease_until__lt=at), state=S.FAILED, ended_at=at, error=error)


def again(job: Job, *, at: datetime) -> bool:
    """Begin a failed job anew, with all its attempts. The caller asks who may."""
    changed = Job.objects.filter(pk=job.pk, state=S.FAILED).update(
        state=S.WAITING, attempts=0, not_before=at, ended_at=None, error=""
    )
    job.refresh_from_db()
    return bool(changed)


def _end(job: Job, *, still: Q | None = None, **values: Any) -> bool:
    changed = _ours(job).filter(still or Q()).update(worker="", lease_until=None, **values)
    if changed:
        job.refresh_from_db()
    return bool(changed)


def _ours(job: Job) -> Any:
    """The row, if it is still in the hands it was in when `job` was read."""
    return Job.objects.filter(pk=job.pk, state=S.RUNNING, worker=job.worker, attempts=job.attempts)


def due_schedules(*, at: datetime) -> list[Schedule]:
    """Schedules whose turn has come; also those further ahead than one turn: the clock was set back."""
    known = Schedule.objects.order_by("next_at", "pk")
    return [row for row in known if row.next_at <= at or row.next_at > at + timedelta(seconds=row.every)]


def take_turn(turn: Schedule, *, at: datetime) -> bool:
    """Move a schedule on; True for the one worker that may start the job of this turn."""
    following = turn.after(at)
    late = (following - turn.next_at).total_seconds() > turn.every
    return bool(
        Schedule.objects.filter(pk=turn.pk, next_at=turn.next_at).update(
            next_at=following, last_at=at, missed=F("missed") + int(late)
        )
    )


def post_schedules(*, at: datetime) -> None:
    """Write down what the code wants done regularly; what it no longer wants is taken off."""
    wanted = kinds.schedules()
    for name, every in wanted.items():
        row, _new = Schedule.objects.get_or_create(kind=name, defaults={"every": every, "next_at": at})
        if row.every != every:
            Schedule.objects.filter(pk=row.pk).update(every=every, next_at=at)
    Schedule.objects.exclude(kind__in=wanted).delete()
