"""A small program for the process tests: `enter COUNT` writes entries, `work COUNT` seals until so many are sealed, `verify`.

Every seventh entry is rolled back, so that ids have gaps; every fifth is committed late, after others with higher ids.
"""

from __future__ import annotations

import json
import sys
import time

import django

django.setup()

from django.db import transaction  # noqa: E402

from bastide.base import terms  # noqa: E402
from bastide.base.people.models import Account  # noqa: E402
from bastide.base.trail import ledger, seals  # noqa: E402
from bastide.base.trail.models import Entry, Leaf, Seal  # noqa: E402

seals.BATCH = 7


def enter(count: int) -> None:
    house = Account.objects.house()
    for place in range(count):
        with transaction.atomic():
            ledger.record(at=terms.now(), by=house, act="test.done", thing=house, note=str(place))
            if place % 5 == 4:
                time.sleep(0.02)
            transaction.set_rollback(place % 7 == 6)


def work(count: int) -> None:
    while Leaf.objects.count() < count:
        seals.seal_waiting(at=terms.now())


def verdict() -> None:
    found = seals.verify()
    sys.stdout.write(
        json.dumps(
            {
                "faults": [str(fault) for fault in found.faults],
                "entries": [found.entries, Entry.objects.count()],
                "seals": [found.seals, Seal.objects.count()],
                "mark": [found.tip, seals.marked()],
            }
        )
    )


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    {"enter": enter, "work": work, "verify": verdict}[verb](*map(int, rest))
