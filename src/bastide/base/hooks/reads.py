"""What of webhooks a person may see."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from bastide.base.hooks.access import Can
from bastide.base.hooks.models import Delivery, Endpoint
from bastide.base.people.models import Account
from bastide.base.people.scope import scoped


def endpoints(account: Account) -> QuerySet[Endpoint]:
    rows = Endpoint.objects.filter(removed_at=None).select_related("organisation")
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    return scoped(rows, account, Can.SEE).annotate(waiting=waiting)


def endpoint_for(account: Account, pk: int) -> Endpoint:
    """One in sight; 404 otherwise."""
    found = endpoints(account).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def deliveries(account: Account) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(endpoint__removed_at=None).select_related("endpoint__organisation")
    return scoped(rows, account, Can.SEE)


def delivery_for(account: Account, pk: int) -> Delivery:
    delivery = deliveries(account).filter(pk=pk).first()
    if delivery is None:
        raise Http404
    return delivery
