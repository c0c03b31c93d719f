"""What the clock starts in monitoring: evaluating batches that wait."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import jobs, terms
from bastide.base.people.models import Account
from bastide.monitor import flows, lake
from bastide.monitor.models import Batch

SCAN = "monitor.scan"
WAITING = "monitor.scan_waiting"
SWEEP = "monitor.sweep"
OLD = 24 * 3600.0  # seconds


@jobs.job(SCAN, title=_("Evaluate a batch"))
def scan(job: Any, *, number: str) -> dict[str, Any]:
    """Evaluate one batch."""
    batch = Batch.objects.select_related("source", "operator").get(number=number)
    flows.scan(batch, by=Account.objects.house(), at=terms.now())
    return {"batch": number, "matches": batch.matches}


@jobs.job(WAITING, max_attempts=1, title=_("Look for batches that wait"))
def scan_waiting(job: Any) -> dict[str, Any]:
    """Every stored batch gets its job, also those whose sender's process died between receipt and job."""
    house, at = Account.objects.house(), terms.now()
    waiting = list(Batch.objects.filter(state=Batch.State.STORED).values_list("number", flat=True)[:1000])
    for number in waiting:
        _wish(number, by=house, at=at)
    return {"waiting": len(waiting)}


@jobs.job(SWEEP, max_attempts=1, title=_("Sweep half-written files of the lake"))
def sweep(job: Any) -> dict[str, int]:
    """What killed processes left behind. Young drafts stay: somebody may be writing them."""
    return {"swept": lake.sweep_drafts(before=time.time() - OLD)}


def evaluate_later(receipt: flows.Receipt, *, by: Account, at: datetime) -> None:
    """Have a new batch evaluated in the background; one that was here before needs nothing."""
    if receipt.is_new:
        _wish(receipt.batch.number, by=by, at=at)


def evaluate_again(batch: Batch, *, by: Account, at: datetime) -> None:
    """Have a batch evaluated with the rules that are in force by then."""
    _wish(batch.number, by=by, at=at)


def _wish(number: str, *, by: Account, at: datetime) -> None:
    jobs.enqueue(SCAN, by=by, at=at, dedup=number, number=number)


jobs.schedule(WAITING, every=30)
jobs.schedule(SWEEP, every=24 * 3600)
