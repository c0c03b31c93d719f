"""Starting and stopping the clocks of a visit by purpose; the pack says which clock serves it."""

from __future__ import annotations

from datetime import datetime

from bastide.base import clock, packs
from bastide.base.clock.models import Clock
from bastide.base.people.models import Account, Organisation
from bastide.inspection.models import Visit


def start(visit: Visit, purpose: str, *, bearer: Organisation, at: datetime, by: Account, fact: str) -> Clock:
    law = packs.pack(visit.pack)
    return clock.start(visit, law.clock_for(purpose).id, at=at, by=by, bearer=bearer, fact=fact, pack=law)


def stop(visit: Visit, purpose: str, *, at: datetime, by: Account, fact: str) -> None:
    clock.stop_all(visit, packs.pack(visit.pack).clock_for(purpose).id, at=at, by=by, fact=fact)


def running(visit: Visit, purpose: str) -> Clock | None:
    return clock.open_of(visit, packs.pack(visit.pack).clock_for(purpose).id)
