"""Sending in the background: what is due, with longer and longer waits, until it arrives or is given up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import terms
from bastide.base.hooks import flows, outward, signing
from bastide.base.hooks.access import Can
from bastide.base.hooks.models import Attempt, Delivery, Endpoint, Fault
from bastide.base.inbox import notes
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job
from bastide.base.trail import ledger

TEND, SWEEP = "hooks.tend", "hooks.sweep"
# The waits the Standard Webhooks specification proposes; after the last one it is given up, three days later.
WAITS = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
SHARE = 0.1  # waits are longer by up to so much, so that not all come back in the same second
CLAIM = timedelta(minutes=2)  # after it, a delivery whose worker died is sent again
PATIENCE = timedelta(days=5)  # an endpoint at which nothing arrived for so long is switched off
TURN = 25  # deliveries of one turn, so that one endpoint does not hold up the others
KEPT = timedelta(days=30)
GONE = 410
S, D = Endpoint.State, Delivery.State

GIVEN_UP = gettext_noop("The webhook “%(name)s” did not take a message in %(attempts)s attempts; it was given up.")
SWITCHED_OFF = gettext_noop("The webhook “%(name)s” was switched off: nothing arrived there for %(days)s days.")
WENT = gettext_noop("The webhook “%(name)s” was switched off: its receiver says that it is gone.")


@job(flows.SEND, max_attempts=2, lane=Lane.OUTSIDE, title=_("Send webhooks"))
def send(held: Job, *, endpoint: int) -> dict[str, int]:
    """One turn for one endpoint; it ends with the first failure, the next turn goes on."""
    sent = 0
    while sent < TURN:
        at = terms.now()
        delivery = claim(endpoint, at=at)
        if delivery is None or not deliver(delivery, at=at):
            break
        sent += 1
        held.progress(sent)
    return {"sent": sent}


@job(TEND, lane=Lane.OUTSIDE, title=_("See which webhooks are due"))
def tend(held: Job) -> dict[str, int]:
    at = terms.now()
    due = _open_endpoints(at).filter(deliveries__state=D.WAITING, deliveries__next_at__lte=at).distinct()
    found = list(due)
    for endpoint in found:
        flows.wish(endpoint, at=at)
    return {"endpoints": len(found)}


@job(SWEEP, lane=Lane.OUTSIDE, title=_("Forget old webhooks"))
def sweep(held: Job) -> dict[str, int]:
    """Drop what is over or waits in vain for a month, and secrets that sign no longer."""
    at = terms.now()
    gone, _by_model = Delivery.objects.filter(made_at__lt=at - KEPT).delete()
    Endpoint.objects.filter(old_until__lte=at).update(old_secret="", old_until=None)
    return {"forgotten": gone}


def claim(endpoint: int, *, at: datetime) -> Delivery | None:
    """The oldest due delivery, taken so that nobody else sends it now. The attempt counts from here."""
    if not _open_endpoints(at).filter(pk=endpoint).exists():
        return None
    due = Delivery.objects.filter(endpoint_id=endpoint, state=D.WAITING, next_at__lte=at).order_by("next_at", "pk")
    for pk, next_at in list(due.values_list("pk", "next_at")[:5]):
        taken = Delivery.objects.filter(pk=pk, state=D.WAITING, next_at=next_at).update(
            next_at=at + CLAIM, attempts=F("attempts") + 1, tries=F("tries") + 1
        )
        if taken:
            return Delivery.objects.select_related("endpoint__organisation").get(pk=pk)
    return None


def deliver(delivery: Delivery, *, at: datetime) -> bool:
    """Send it, outside any transaction, then keep what came of it."""
    endpoint, body = delivery.endpoint, delivery.body.encode()
    try:
        headers = signing.headers(flows.secrets_of(endpoint, at=at), delivery.uid, at, body)
    except InvalidToken:  # the signing key of the installation is another one now
        answer = outward.Answer(took_ms=0, fault=Fault.SECRET)
    else:
        answer = outward.post(endpoint.url, body, headers)
    with transaction.atomic():
        held = Endpoint.objects.select_for_update().select_related("organisation").filter(removed_at=None)
        endpoint_now = held.filter(pk=endpoint.pk).first() if Delivery.objects.filter(pk=delivery.pk).exists() else None
        if endpoint_now is None:
            return False  # removed meanwhile
        Attempt.objects.create(
            delivery=delivery, at=at, took_ms=answer.took_ms, code=answer.code, fault=answer.fault
        )  # fmt: skip
        delivery.code, delivery.fault = answer.code, answer.fault
        (_arrived if answer.is_success else _failed)(delivery, endpoint_now, answer, at)
    return answer.is_success


def _arrived(delivery: Delivery, endpoint: Endpoint, answer: outward.Answer, at: datetime) -> None:
    delivery.state, delivery.ended_at, delivery.next_at = D.DONE, at, None
    delivery.save()
    if endpoint.failing_since is not None:
        endpoint.failing_since = endpoint.rests_until = None
        endpoint.save(update_fields=["failing_since", "rests_until"])


def _failed(delivery: Delivery, endpoint: Endpoint, answer: outward.Answer, at: datetime) -> None:
    endpoint.failing_since = endpoint.failing_since or at
    if answer.rest is not None:
        endpoint.rests_until = at + answer.rest
    if delivery.tries > len(WAITS):
        delivery.state, delivery.ended_at, delivery.next_at = D.GIVEN_UP, at, None
        _tell(endpoint, GIVEN_UP, f"hooks-given-up-{endpoint.pk}-{at:%Y-%m-%d}", at, attempts=delivery.tries)
    else:
        delivery.next_at = at + max(wait_after(delivery.tries), answer.rest or timedelta(0))
    delivery.save()
    if answer.code == GONE:
        _switch_off(endpoint, WENT, at)
    elif at - endpoint.failing_since >= PATIENCE:
        _switch_off(endpoint, SWITCHED_OFF, at, days=PATIENCE.days)
    endpoint.save()


def wait_after(tries: int) -> timedelta:
    return WAITS[min(tries, len(WAITS)) - 1] * (1 + random.random() * SHARE)  # noqa: S311 – no secret


def _switch_off(endpoint: Endpoint, text: str, at: datetime, **values: Any) -> None:
    was, endpoint.state = endpoint.state, S.FAILING
    ledger.record(at=at, by=None, act="hooks.endpoint.switch", thing=endpoint, was=was, now=endpoint.state)
    _tell(endpoint, text, f"hooks-off-{endpoint.pk}-{at.isoformat()}", at, **values)


def _tell(endpoint: Endpoint, text: str, key: str, at: datetime, **values: Any) -> None:
    notes.tell(
        organisation=endpoint.organisation, can=Can.KEEP, at=at, thing=endpoint, text=text,
        args={"name": endpoint.name, **values}, urgency="high", key=key, topic="system",
    )  # fmt: skip


def _open_endpoints(at: datetime) -> Any:
    return Endpoint.objects.filter(Q(rests_until=None) | Q(rests_until__lte=at), state=S.ON, removed_at=None)
