"""The worker: starts what is scheduled, takes up what was left lying, runs what waits, and keeps its lease alive."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import close_old_connections, connection, transaction
from django.utils.translation import gettext_noop

from bastide.base import terms
from bastide.base.inbox import notes
from bastide.base.jobs import kinds, leases
from bastide.base.jobs.access import Can
from bastide.base.jobs.kinds import Lane
from bastide.base.jobs.models import Job, Schedule
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import outbox

log = logging.getLogger(__name__)
POLL = 1.0  # seconds between two looks at an empty queue
ERROR_LIMIT = 4000  # characters of a traceback that are kept

# Told as a message id; each reader reads it in their language.
FAILED_TEXT = gettext_noop("The background job “%(kind)s” failed: %(error)s")


def work_once(at: datetime | None = None, *, lane: str | None = None, worker: str = "") -> Job | None:
    """One turn: schedules, jobs left lying, then the next waiting job. Returns the job that was run, or None."""
    tend(at=at or terms.now())
    held = leases.claim(worker or leases.new_worker(), at=at or terms.now(), lane=lane)
    if held is not None:
        run(held, at=at)
    return held


def work(stop: threading.Event, *, poll: float = POLL, lease: timedelta = leases.LEASE) -> None:
    """Work until told to stop: one thread per lane, and this one for schedules and facts."""
    threads = [threading.Thread(target=_lane, args=(lane, stop, poll, lease), name=f"jobs-{lane}") for lane in Lane]
    for thread in threads:
        thread.start()
    posted = False
    while not stop.is_set():
        with _clean_connection("tending"):
            if not posted:  # in here, so that a database that is not there yet is waited for
                leases.post_schedules(at=terms.now())
                posted = True
            tend(at=terms.now())
            outbox.deliver_waiting()
        stop.wait(poll)
    for thread in threads:
        thread.join()


def _lane(lane: Lane, stop: threading.Event, poll: float, lease: timedelta) -> None:
    """Run what waits in one lane; rest only when nothing does."""
    worker = leases.new_worker()
    while not stop.is_set():
        held: Job | None = None
        with _clean_connection(f"lane {lane}"):
            held = leases.claim(worker, at=terms.now(), lane=lane, lease=lease)
            if held is not None:
                held.__dict__["_stop"] = stop
                run(held, lease=lease)
        if held is None:
            stop.wait(poll)
    connection.close()


@contextmanager
def _clean_connection(doing: str) -> Iterator[None]:
    """A fresh enough database connection; a fault is logged and the worker lives on."""
    close_old_connections()
    try:
        yield
    except Exception:
        log.exception("the worker stumbled", extra={"doing": doing})
        connection.close()
    finally:
        close_old_connections()


def tend(*, at: datetime) -> None:
    """Start what is due by schedule, and take back what a dead worker held."""
    for turn in leases.due_schedules(at=at):
        _start_turn(turn.kind, turn, at)
    leases.trim(at=at)
    for left in leases.expired(at=at):
        _take_back(left, at=at)


def _start_turn(kind: str, turn: Schedule, at: datetime) -> None:
    if not kinds.knows(kind):
        return
    with transaction.atomic():
        if leases.take_turn(turn, at=at):
            wish = leases.enqueue(kind, by=Account.objects.house(), at=at, dedup="schedule")
            Job.objects.filter(pk=wish.pk).update(is_scheduled=True)


def _take_back(left: Job, *, at: datetime) -> None:
    """A job whose worker died: run it again, or report it when it was begun too often."""
    words = f"The worker {left.worker} gave no sign of life after {left.heartbeat_at}."
    log.warning("a job was left lying", extra={"job": left.pk, "kind": left.kind, "attempts": left.attempts})
    if left.attempts < left.max_attempts:
        leases.take_back(left, at=at, error=words)
        return
    with transaction.atomic():
        if leases.give_up_left(left, at=at, error=words):
            _report(left, at=at)


def run(held: Job, *, at: datetime | None = None, lease: timedelta = leases.LEASE) -> None:
    """Run a claimed job to its end. Whatever happens, it does not stay in "running"."""
    try:
        kind = kinds.kind(held.kind)
    except LookupError as error:
        _fail(held, at=at or terms.now(), error=str(error))
        return
    try:
        with _heartbeat(held, lease):
            result = kind.body(held, **held.args)
    except leases.StoppedError:
        leases.hand_back(held, at=at or terms.now())
    except leases.LeaseLostError:
        log.warning("a job was taken over while it ran", extra={"job": held.pk, "kind": held.kind})
    except Exception as error:
        log.exception("a job went wrong", extra={"job": held.pk, "kind": held.kind, "attempt": held.attempts})
        _went_wrong(held, at=at or terms.now(), error=error)
    else:
        if leases.finish(held, at=at or terms.now(), result=result):
            log.info("a job is done", extra={"job": held.pk, "kind": held.kind, "attempt": held.attempts})
        else:
            log.warning("a job ended after it was taken over", extra={"job": held.pk, "kind": held.kind})


def _went_wrong(held: Job, *, at: datetime, error: Exception) -> None:
    words = "".join(traceback.format_exception(error))[-ERROR_LIMIT:]
    if held.attempts < held.max_attempts:
        leases.put_back(held, at=at, error=words)
    else:
        _fail(held, at=at, error=words)


def _fail(held: Job, *, at: datetime, error: str) -> None:
    with transaction.atomic():
        if leases.give_up(held, at=at, error=error):
            _report(held, at=at)


def _report(failed: Job, *, at: datetime) -> None:
    """Tell the administrators of the national authority, and whoever asked for the job."""
    args = {"kind": failed.kind, "error": (failed.error.strip().splitlines() or [""])[-1][:200]}
    key = f"job-failed-{failed.pk}-{at.isoformat()}"
    for authority in Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True):
        notes.tell(
            organisation=authority,
            can=Can.TEND,
            at=at,
            thing=failed,
            text=FAILED_TEXT,
            args=args,
            urgency="high",
            key=key,
            topic="system",
        )
    if not failed.by.is_house:
        notes.tell_account(failed.by, at=at, thing=failed, text=FAILED_TEXT, args=args, urgency="high", key=key,
                           topic="system")  # fmt: skip


@contextmanager
def _heartbeat(held: Job, lease: timedelta) -> Iterator[None]:
    """Renew the lease three times per lease from a thread of its own, with a connection of its own."""
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(held, lease, ended), name=f"heartbeat-{held.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(held: Job, lease: timedelta, ended: threading.Event) -> None:
    pause = lease.total_seconds() / 3
    try:
        while not ended.wait(pause):
            started = time.monotonic()
            try:
                if not leases.beat(held, at=terms.now(), lease=lease):
                    return
            except Exception:
                log.exception("a heartbeat failed", extra={"job": held.pk})
                connection.close()
            pause = max(lease.total_seconds() / 3 - (time.monotonic() - started), 0.05)
    finally:
        connection.close()
