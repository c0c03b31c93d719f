"""A small program for the process tests: makes the tables, wishes for jobs and works.

    python -m tests.base.jobs.shift prepare | wish KIND COUNT | work

Jobs write one line per event into the file named by SHIFT_LOG, so that the test sees what really ran.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from datetime import timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from bastide.base import terms  # noqa: E402
from bastide.base.jobs import kinds, leases, work  # noqa: E402
from bastide.base.jobs.models import Job, Schedule  # noqa: E402
from bastide.base.people.models import Account  # noqa: E402


def note(*words: object) -> None:
    """One line, written at once, whole even among several processes."""
    line = " ".join(map(str, words)) + "\n"
    handle = os.open(os.environ["SHIFT_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, line.encode())
    os.close(handle)


@kinds.job("test.steps", max_attempts=3)
def steps(held: Job, seconds: float = 2.0) -> str:
    note("begin", held.pk, os.getpid(), held.attempts)
    for step in range(int(seconds * 20)):
        time.sleep(0.05)
        held.progress(step + 1, int(seconds * 20))
    note("end", held.pk, os.getpid(), held.attempts)
    return "all steps"


@kinds.job("test.quick")
def quick(held: Job) -> None:
    note("begin", held.pk, os.getpid(), held.attempts)
    time.sleep(0.02)
    note("end", held.pk, os.getpid(), held.attempts)


@kinds.job("test.turn", lane=kinds.Lane.PROMPT)
def turn(held: Job) -> None:
    note("turn", held.pk)


def main(verb: str, *rest: str) -> None:
    if verb == "prepare":
        call_command("migrate", verbosity=0)
        Account.objects.house()
    elif verb == "wish":
        for _ in range(int(rest[1])):
            leases.enqueue(rest[0], by=Account.objects.house(), at=terms.now())
    elif verb == "oversleep":
        Schedule.objects.create(kind="test.turn", every=60, next_at=terms.now() - timedelta(hours=5))
    elif verb == "work":
        if "turns" in rest:
            kinds.schedule("test.turn", every=60)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        work.work(stop, poll=0.05, lease=timedelta(seconds=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
