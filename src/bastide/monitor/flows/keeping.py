"""The upkeep of the lake: small files joined, events deleted when their retention has ended, nothing lost in between.

Every change goes file first, then receipts, then (a week later) the files nobody names any more; a crash between any
two leaves files that are swept, never a receipt without its events.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from bastide.base.people.models import Account
from bastide.monitor import lake
from bastide.monitor.flows.batches import BATCH
from bastide.monitor.models import Alert, Batch

S = Batch.State
# A joined file holds at most so many bytes of events as they were sent.
LARGEST = 512 * 1024 * 1024
UNNAMED = timedelta(days=7)
SETTLED = timedelta(hours=1)
LOOKED_BACK = timedelta(days=7)
AT_ONCE = 500


def join_small(*, at: datetime) -> int:
    """Join the files of each source and past day of the last week; returns how many batches moved.

    Evaluated batches alone: those that still wait are left where their job expects them.
    """
    today = datetime.combine(at.astimezone(UTC).date(), datetime.min.time(), UTC)
    rows = Batch.objects.filter(created_at__lt=min(today, at - SETTLED), created_at__gte=at - LOOKED_BACK)
    rows = rows.filter(state=S.SCANNED, accepted__gt=0)
    alone: dict[tuple[str, date], list[Batch]] = defaultdict(list)
    for batch in rows.exclude(place__contains="/joined-").select_related("source").order_by("created_at", "pk"):
        alone[batch.source.name, batch.created_at.astimezone(UTC).date()].append(batch)
    moved = 0
    for (source, day), batches in alone.items():
        for some in _parted(batches):
            moved += _join(source, day, some)
    return moved


def _parted(batches: list[Batch]) -> list[list[Batch]]:
    """Batches in groups that make files of a good size; one alone needs no joining."""
    groups: list[list[Batch]] = [[]]
    size = 0
    for batch in batches:
        if groups[-1] and size + batch.size > LARGEST:
            groups.append([])
            size = 0
        groups[-1].append(batch)
        size += batch.size
    return [group for group in groups if len(group) > 1]


def _join(source: str, day: date, batches: list[Batch]) -> int:
    place = lake.join(source, day, [(batch.sha256, batch.lies_at) for batch in batches])
    with transaction.atomic():
        return Batch.objects.filter(pk__in=[batch.pk for batch in batches], state=S.SCANNED).update(place=place)


def expire(*, by: Account, at: datetime) -> int:
    """Delete the events of batches older than the retention of logs. The receipt stays and says so.

    A batch that an alert under work counts on is kept until that is judged.
    """
    until = at - timedelta(days=settings.BASTIDE_RETENTION.get("log", settings.BASTIDE_RETENTION["default"]))
    old = Batch.objects.filter(created_at__lt=until).exclude(state=S.EXPIRED).order_by("pk")
    held = _leaned_on(until)
    # Those that are held do not stand in the way of the others; what is too much for today waits for tomorrow.
    due = [pk for pk, number in old.values_list("pk", "number") if number not in held][:AT_ONCE]
    for batch in Batch.objects.filter(pk__in=due).select_related("source").order_by("pk"):
        _expire(batch, by=by, at=at)
    return len(due)


def _leaned_on(until: datetime) -> set[str]:
    """Batches that alerts count on which are not judged harmless."""
    open_alerts = Alert.objects.exclude(state=Alert.State.FALSE_POSITIVE).filter(first_seen__lt=until)
    return {number for counted in open_alerts.values_list("counted", flat=True).iterator() for number in counted}


def _expire(batch: Batch, *, by: Account, at: datetime) -> None:
    place = batch.lies_at
    with BATCH.step("expire", batch, by=by, at=at):
        pass
    lake.forget_traces(batch.source.name, batch.sha256)
    if not Batch.objects.filter(place=place).exclude(state=S.EXPIRED).exists():
        lake.forget(place)


def sweep() -> dict[str, int]:
    """Remove half-written files of killed processes and event files that no receipt in force names. Young ones stay."""
    now = time.time()
    kept = Batch.objects.exclude(state=S.EXPIRED)
    places = set(kept.exclude(place="").values_list("place", flat=True))
    old = kept.filter(place="").select_related("source").defer("trouble")
    places.update(batch.lies_at for batch in old.iterator())
    return {
        "swept": lake.sweep_drafts(before=now - 24 * 3600),
        "unnamed": lake.sweep_unnamed(places, before=now - UNNAMED.total_seconds()),
    }
