"""What is done when a fact is announced: it is put down for every endpoint that wants it and may know of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bastide.base import terms
from bastide.base.hooks import flows, kinds
from bastide.base.hooks.models import Endpoint
from bastide.base.people.scope import reaches


def tell_programs(fact: Any, *, at: datetime) -> None:
    """Runs in the transaction of the hearing, so each endpoint gets a fact once."""
    kind = kinds.kind_of(fact)
    if kind is None:
        return
    wanting = [one for one in _endpoints() if kind.name in one.kinds]
    thing = kind.find(fact) if wanting else None
    if thing is None:
        return
    for endpoint in wanting:
        if reaches(endpoint.organisation, thing):
            flows.put_down(endpoint, kind=kind.name, thing=thing, at=at, made_at=terms.now())


def _endpoints() -> list[Endpoint]:
    """Every endpoint, also those that are off: what happens meanwhile waits for them."""
    return list(Endpoint.objects.filter(removed_at=None).select_related("organisation").order_by("pk"))
