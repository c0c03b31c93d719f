"""Facts: announced in the transaction of the act, delivered after it, until every hearer has heard.

Delivery is at least once, so hearers are idempotent. A hearer that fails is tried again, later each time.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bastide.base import terms
from bastide.base.trail.ledger import plain
from bastide.base.trail.models import Fact, Hearing

log = logging.getLogger(__name__)

Hearer = Callable[..., None]
_hearers: dict[type, dict[str, Hearer]] = defaultdict(dict)
_names: dict[str, type] = {}


def name_of(fact_type: type) -> str:
    """ "respond.IncidentConfirmed" for bastide.respond.facts.IncidentConfirmed."""
    return f"{fact_type.__module__.split('.')[-2]}.{fact_type.__name__}"


def hears(fact_type: type) -> Callable[[Hearer], Hearer]:
    """Register a hearer: `@hears(facts.IncidentConfirmed) def draft(fact, *, at)`."""

    def register(hearer: Hearer) -> Hearer:
        _names[name_of(fact_type)] = fact_type
        _hearers[fact_type][f"{hearer.__module__}.{hearer.__qualname__}"] = hearer
        return hearer

    return register


def hearers() -> dict[str, list[str]]:
    """Fact → its hearers, for docs/facts.md."""
    return {name_of(fact): sorted(known) for fact, known in _hearers.items()}


def announce(fact: Any, *, at: datetime) -> Fact:
    """Put a fact into the outbox. Call it inside the transaction of the act; delivery follows the commit."""
    row = Fact.objects.create(
        name=name_of(type(fact)), values=plain(dataclasses.asdict(fact)), at=at, announced_at=terms.now()
    )
    names = list(_hearers.get(type(fact), {}))
    Hearing.objects.bulk_create([Hearing(fact=row, hearer=name, next_at=row.announced_at) for name in names])
    if names:
        transaction.on_commit(lambda: _deliver_fact(row.pk), robust=True)
    return row


def _deliver_fact(pk: int) -> None:
    for hearing in Hearing.objects.filter(fact_id=pk, heard_at=None).order_by("pk"):
        _deliver(hearing.pk)


def deliver_waiting(*, limit: int = 500) -> int:
    """Deliver what is still unheard and due; returns how many hearings succeeded. The worker calls it every second."""
    waiting = (
        Hearing.objects.filter(heard_at=None, next_at__lte=terms.now()).order_by("pk").values_list("pk", flat=True)
    )
    return sum(_deliver(pk) for pk in list(waiting[:limit]))


def _deliver(pk: int) -> bool:
    """One hearing: the hearer's act and the mark of it in one transaction."""
    try:
        with transaction.atomic():
            hearing = Hearing.objects.select_for_update(of=("self",)).select_related("fact").get(pk=pk)
            if hearing.heard_at is not None:
                return False
            fact_type = _names[hearing.fact.name]
            hearer = _hearers[fact_type][hearing.hearer]
            hearer(_revive(fact_type, hearing.fact.values), at=hearing.fact.at)
            hearing.heard_at = terms.now()
            hearing.attempts += 1
            hearing.error = ""
            hearing.save()
    except Exception as error:
        log.exception("a hearer failed", extra={"hearing": pk})
        _postpone(pk, error)
        return False
    return True


def _postpone(pk: int, error: Exception) -> None:
    with transaction.atomic():
        hearing = Hearing.objects.select_for_update().get(pk=pk)
        hearing.attempts += 1
        hearing.error = f"{type(error).__name__}: {error}"
        hearing.next_at = terms.now() + timedelta(seconds=min(2**hearing.attempts, 3600))
        hearing.save()


def _revive(fact_type: type, values: dict[str, Any]) -> Any:
    """A fact from its stored values; times come back as times, tuples as tuples."""
    revived = {}
    for field in dataclasses.fields(fact_type):
        value = values.get(field.name)
        kind = str(field.type)
        if isinstance(value, str) and "datetime" in kind:
            value = datetime.fromisoformat(value)
        elif isinstance(value, list) and "tuple" in kind:
            value = tuple(value)
        revived[field.name] = value
    return fact_type(**revived)
