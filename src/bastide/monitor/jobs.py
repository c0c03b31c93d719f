"""What the clock starts in monitoring: evaluating batches that wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bastide.base import jobs, terms
from bastide.base.people.models import Account
from bastide.monitor import flows, lake
from bastide.monitor.flows import hunts
from bastide.monitor.models import Batch, Hunt

SCAN = "monitor.scan"
WAITING = "monitor.scan_waiting"
SWEEP = "monitor.sweep"
JOIN = "monitor.join"
EXPIRE = "monitor.expire"
SILENCE = "monitor.watch_silence"
VOLUME = "monitor.watch_volume"


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
    waiting = Batch.objects.filter(state=Batch.State.STORED).select_related("source").order_by("pk")[:1000]
    ready = [batch for batch in waiting if _is_ready(batch)]
    for batch in ready:
        _wish(batch.number, by=house, at=at)
    return {"waiting": len(ready)}


def _is_ready(batch: Batch) -> bool:
    """Is it for this process to evaluate, or has the stream job found its matches?"""
    if settings.BASTIDE_EVALUATION == "embedded":
        return True
    return bool(lake.evaluated_by(batch.source.name, batch.sha256))


@jobs.job(SWEEP, max_attempts=1, title=_("Sweep files of the lake that nothing names"))
def sweep(job: Any) -> dict[str, int]:
    """What killed processes left behind, and what was joined a week ago. Young files stay: somebody may use them."""
    return flows.sweep()


@jobs.job(JOIN, max_attempts=1, title=_("Join small files of the lake"))
def join(job: Any) -> dict[str, int]:
    """The files of each source and past day become one."""
    return {"batches": flows.join_small(at=terms.now())}


@jobs.job(EXPIRE, max_attempts=1, title=_("Delete events after their retention"))
def expire(job: Any) -> dict[str, int]:
    """Batches older than the retention of logs."""
    return {"batches": flows.expire(by=Account.objects.house(), at=terms.now())}


@jobs.job(SILENCE, max_attempts=1, title=_("Watch for silent sources"))
def watch_silence(job: Any) -> dict[str, int]:
    """Who fell silent."""
    return {"alerts": flows.watch_silence(by=Account.objects.house(), at=terms.now())}


@jobs.job(VOLUME, max_attempts=1, title=_("Watch the volume of sources"))
def watch_volume(job: Any) -> dict[str, int]:
    """Whose volume changed."""
    return {"alerts": flows.watch_volume(by=Account.objects.house(), at=terms.now())}


@jobs.job(hunts.RUN, title=_("Hunt"))
def hunt(job: Any, *, number: str) -> dict[str, Any]:
    """Search the lake for what somebody asked. Begun again it starts over."""
    asked = Hunt.objects.select_related("rule", "asked_by", "owner").get(number=number)
    if asked.state == Hunt.State.WAITING:
        flows.run(asked, at=terms.now(), progress=job.progress)
    return {"hunt": number, "matches": (asked.result or {}).get("matches")}


def evaluate_later(receipt: flows.Receipt, *, by: Account, at: datetime) -> None:
    """Have a new batch evaluated in the background; one that was here before needs nothing."""
    if receipt.is_new and _is_ready(receipt.batch):
        _wish(receipt.batch.number, by=by, at=at)


def evaluate_again(batch: Batch, *, by: Account, at: datetime) -> None:
    """Have a batch evaluated with the rules that are in force by then."""
    _wish(batch.number, by=by, at=at)


def _wish(number: str, *, by: Account, at: datetime) -> None:
    jobs.enqueue(SCAN, by=by, at=at, dedup=number, number=number)


jobs.schedule(WAITING, every=30)
jobs.schedule(SWEEP, every=24 * 3600)
jobs.schedule(JOIN, every=3600)
jobs.schedule(EXPIRE, every=24 * 3600)
jobs.schedule(SILENCE, every=300)
jobs.schedule(VOLUME, every=3600)
