"""/metrics for Prometheus: requests of the web processes, and what database and disk say at the moment of asking.

Numbers of the whole installation only: no person, no organisation, no province is a label.
"""

from __future__ import annotations

import hmac
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

import bastide
from bastide import health
from bastide.base import terms
from bastide.base.clock.models import Clock
from bastide.base.jobs import sealing
from bastide.base.jobs.models import Job, Schedule
from bastide.base.trail.models import Entry, Hearing, Leaf, Seal
from bastide.monitor.models import Batch

LATECOMERS = 10_000  # entries that may have been committed after one with a higher id
KEPT_STATES = (Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED)


@require_safe
@never_cache
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """404 unless an installation says a token; 401 without it."""
    if not settings.BASTIDE_METRICS:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not hmac.compare_digest(given.encode(), settings.BASTIDE_METRICS.encode()):
        return HttpResponse("Send Authorization: Bearer, with the token of BASTIDE_METRICS.\n", "text/plain", 401)
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


class Installation:
    """What is asked anew at each visit; both processes write to one database, so one of them can tell for both."""

    def collect(self) -> Iterable[Metric]:
        yield _gauge("bastide_info", "The version that answers.", 1, version=bastide.__version__)
        yield _gauge("bastide_disk_free_bytes", "Free where the data folder lies.", self._free())
        try:
            found = list(self._database(terms.now()))
        except DatabaseError:
            connection.close()
            found = [_gauge("bastide_database_up", "1 if the database answers.", 0)]
        yield from found

    def describe(self) -> Iterable[Metric]:
        return ()  # nothing is asked while the program starts

    def _free(self) -> float:
        try:
            return float(shutil.disk_usage(settings.BASTIDE_HOME).free)
        except OSError:
            return float("nan")

    def _database(self, at: datetime) -> Iterator[Metric]:
        yield _gauge("bastide_database_up", "1 if the database answers.", 1)
        yield _gauge("bastide_migrations_done", "1 if it is at this version.", float(health.database()))
        yield from _jobs(at)
        overdue = Clock.objects.filter(state=Clock.Standing.RUNNING, due_at__lt=at).count()
        yield _gauge("bastide_clocks_overdue", "Running legal clocks that are past their term.", overdue)
        waiting = Hearing.objects.filter(heard_at=None).count()
        yield _gauge("bastide_outbox_waiting", "Facts that a hearer has not heard yet.", waiting)
        stored = Batch.objects.filter(state=Batch.State.STORED).count()
        yield _gauge("bastide_batches_waiting", "Event batches that wait for their evaluation.", stored)
        yield from _trail()


def _jobs(at: datetime) -> Iterator[Metric]:
    states = GaugeMetricFamily("bastide_jobs", "Background jobs by state.", labels=["state"])
    counts = dict(Job.objects.filter(state__in=KEPT_STATES).order_by().values_list("state").annotate(Count("pk")))
    for state in KEPT_STATES:
        states.add_metric([state.value], counts.get(state.value, 0))
    yield states
    oldest = Job.objects.filter(state=Job.State.WAITING, not_before__lte=at).aggregate(first=Min("not_before"))["first"]
    seconds = (at - oldest).total_seconds() if oldest else 0
    yield _gauge("bastide_jobs_oldest_waiting_seconds", "How long the oldest job that may begin has waited.", seconds)
    turn = Schedule.objects.aggregate(first=Min("next_at"))["first"]
    late = max((at - turn).total_seconds(), 0) if turn else 0
    yield _gauge("bastide_schedule_late_seconds", "How late the worker is with what it does by the clock.", late)


def _trail() -> Iterator[Metric]:
    last = Leaf.objects.order_by("-sequence").values_list("entry_id", flat=True).first() or 0
    unsealed = Entry.objects.filter(pk__gt=last - LATECOMERS, leaf=None).count()
    yield _gauge("bastide_trail_unsealed", "Entries of the trail that wait for their seal.", unsealed)
    seal = Seal.objects.order_by("-number").first()
    yield _gauge("bastide_trail_last_seal", "Number of the last seal.", seal.number if seal else 0)
    yield _gauge(
        "bastide_trail_last_seal_seconds", "Unix time of the last seal.", _unix(seal.sealed_at if seal else None)
    )
    check = sealing.last_check()
    result = (check.result if check else None) or {}
    yield _gauge(
        "bastide_trail_verified_seconds", "Unix time of the last check.", _unix(check.ended_at if check else None)
    )
    tip = str(result.get("last", "")).partition(":")[0]
    yield _gauge("bastide_trail_verified_seal", "Last seal that check reached.", float(tip or 0))
    yield _gauge("bastide_trail_faults", "Faults that check found.", len(result.get("faults", ())))


def _unix(moment: datetime | None) -> float:
    return moment.astimezone(UTC).timestamp() if moment else 0.0


def _gauge(name: str, meaning: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _registry() -> CollectorRegistry:
    """What this process counted; under `bastide serve`, what all web processes counted together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    shared.register(Installation())  # type: ignore[arg-type]
    return shared


REGISTRY.register(Installation())  # type: ignore[arg-type]
