"""What happens to endpoints and deliveries: registered, changed, rotated, switched, removed; put down, sent again."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cryptography.fernet import InvalidToken
from django.db import models, transaction
from django.utils.translation import gettext as _

from bastide.base.entry.boxes import box
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.hooks import kinds, outward, signing
from bastide.base.hooks.access import Can
from bastide.base.hooks.models import Delivery, Endpoint
from bastide.base.inbox import letters
from bastide.base.jobs import leases
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger

BOX = "bastide webhook secrets"
OVERLAP = timedelta(hours=24)  # how long the secret before a rotation still signs
MOST = 20  # endpoints of one organisation
SEND = "hooks.send"
S, D = Endpoint.State, Delivery.State


def register(
    organisation: Organisation, *, by: Account, at: datetime, name: str, url: str, wanted: list[str]
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown this once."""
    if organisation not in by.organisations_with(Can.KEEP):
        raise Forbidden(_("You may not register webhooks of this organisation."))
    _check(url, wanted)
    secret = signing.new_secret()
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        if Endpoint.objects.filter(organisation=organisation, removed_at=None).count() >= MOST:
            raise Refused(_("An organisation has at most %(most)s webhooks.") % {"most": MOST})
        endpoint = Endpoint.objects.create(
            organisation=organisation, name=name, url=url, kinds=sorted(wanted), secret=_locked(secret), made_by=by,
            made_at=at,
        )  # fmt: skip
        ledger.record(
            at=at, by=by, act="hooks.endpoint.register", thing=endpoint, changes={"url": url, "kinds": sorted(wanted)}
        )
    return endpoint, secret


def change(endpoint: Endpoint, *, by: Account, at: datetime, name: str, url: str, wanted: list[str]) -> Endpoint:
    """Another name, address or choice of kinds. What waits goes to the new address."""
    _check(url, wanted)
    with _held(endpoint, by) as held:
        told = {"url": [held.url, url], "kinds": [held.kinds, sorted(wanted)]}
        held.name, held.url, held.kinds = name, url, sorted(wanted)
        held.save()
        changes = {key: pair for key, pair in told.items() if pair[0] != pair[1]}
        ledger.record(at=at, by=by, act="hooks.endpoint.change", thing=held, changes=changes)
    return held


def rotate(endpoint: Endpoint, *, by: Account, at: datetime) -> str:
    """A new secret, shown this once. The one before signs too, for a day."""
    secret = signing.new_secret()
    with _held(endpoint, by) as held:
        held.old_secret, held.old_until, held.secret = held.secret, at + OVERLAP, _locked(secret)
        held.save()
        ledger.record(at=at, by=by, act="hooks.endpoint.rotate", thing=held)
    return secret


def switch(endpoint: Endpoint, *, by: Account, at: datetime, on: bool) -> None:
    """Off: what happens meanwhile waits. On: it is sent."""
    with _held(endpoint, by) as held:
        if (held.state == S.ON) == on:
            raise Refused(_("This webhook is in that state already."))
        was, held.state = held.state, S.ON if on else S.OFF
        held.failing_since = held.rests_until = None
        held.save()
        ledger.record(at=at, by=by, act="hooks.endpoint.switch", thing=held, was=was, now=held.state)
        if on:
            _waiting(held).update(next_at=at, tries=0)
            wish(held, at=at)


def remove(endpoint: Endpoint, *, by: Account, at: datetime) -> None:
    """The end of an endpoint: its secrets and what waited are gone, the trail stays."""
    with _held(endpoint, by) as held:
        held.removed_at, held.state, held.secret, held.old_secret = at, S.OFF, "", ""
        held.save()
        held.deliveries.all().delete()
        ledger.record(at=at, by=by, act="hooks.endpoint.remove", thing=held, changes={"url": held.url})


def ping(endpoint: Endpoint, *, by: Account, at: datetime) -> Delivery:
    """A test that says nothing but that it is one."""
    with _held(endpoint, by) as held:
        if held.state != S.ON:
            raise Refused(_("This webhook is off. Switch it on first."))
        ledger.record(at=at, by=by, act="hooks.endpoint.ping", thing=held)
        return put_down(held, kind=kinds.PING, thing=held, at=at, made_at=at)


def send_again(delivery: Delivery, *, by: Account, at: datetime) -> None:
    """The same id and body once more, whether it had arrived or not."""
    with _held(delivery.endpoint, by) as held:
        _revive(Delivery.objects.filter(pk=delivery.pk), at)
        ledger.record(
            at=at, by=by, act="hooks.endpoint.send_again", thing=held, changes={"webhook": delivery.uid}
        )  # fmt: skip
        wish(held, at=at)


def send_again_since(endpoint: Endpoint, *, by: Account, at: datetime, since: datetime) -> int:
    """Everything that was put down since a moment, in its order; returns how much."""
    with _held(endpoint, by) as held:
        count = _revive(held.deliveries.filter(made_at__gte=since).exclude(kind=kinds.PING), at)
        ledger.record(
            at=at, by=by, act="hooks.endpoint.send_again", thing=held, changes={"since": since, "webhooks": count}
        )
        wish(held, at=at)
    return count


def put_down(endpoint: Endpoint, *, kind: str, thing: models.Model, at: datetime, made_at: datetime) -> Delivery:
    """A delivery to be made. Its body says what happened to which thing and where to look, and nothing of content."""
    uid = f"msg_{uuid.uuid4().hex}"
    number = str(getattr(thing, "number", "") or "")
    address = letters.address(thing.get_absolute_url()) if hasattr(thing, "get_absolute_url") else ""
    moment = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    body = {
        "type": kind, "timestamp": moment,
        "data": {"id": uid, "kind": ledger.kind_of(thing), "number": number, "address": address, "at": moment},
    }  # fmt: skip
    made = Delivery.objects.create(
        endpoint=endpoint, uid=uid, kind=kind, number=number, body=orjson.dumps(body).decode(), at=at,
        made_at=made_at, next_at=made_at,
    )  # fmt: skip
    wish(endpoint, at=made_at)
    return made


def wish(endpoint: Endpoint, *, at: datetime) -> None:
    """Have the worker send what waits for an endpoint."""
    if endpoint.state == S.ON:
        leases.enqueue(SEND, by=Account.objects.house(), at=at, dedup=str(endpoint.pk), endpoint=endpoint.pk)


def secrets_of(endpoint: Endpoint, *, at: datetime) -> list[str]:
    """The secrets in force, the present one first."""
    kept = [_opened(endpoint.secret)]
    if endpoint.old_secret and endpoint.old_until is not None and at < endpoint.old_until:
        with suppress(InvalidToken):  # the signing key of the installation was another one then
            kept.append(_opened(endpoint.old_secret))
    return kept


def _locked(secret: str) -> str:
    return box(BOX).encrypt(secret.encode()).decode()


def _opened(locked: str) -> str:
    return box(BOX).decrypt(locked.encode()).decode()


def _waiting(endpoint: Endpoint) -> models.QuerySet[Delivery]:
    return endpoint.deliveries.filter(state=D.WAITING)


def _revive(rows: models.QuerySet[Delivery], at: datetime) -> int:
    return rows.update(state=D.WAITING, next_at=at, tries=0, ended_at=None)


class _held:  # noqa: N801 – reads as a word in a with statement
    """A locked endpoint that `by` may keep, in a transaction."""

    def __init__(self, endpoint: Endpoint, by: Account) -> None:
        if not by.may(Can.KEEP, endpoint):
            raise Forbidden(_("You may not change this webhook."))
        self.pk, self.frame = endpoint.pk, transaction.atomic()

    def __enter__(self) -> Endpoint:
        self.frame.__enter__()
        held = Endpoint.objects.select_for_update().filter(pk=self.pk, removed_at=None).first()
        if held is None:
            self.frame.__exit__(None, None, None)
            raise Refused(_("This webhook was removed."))
        return held

    def __exit__(self, *error: Any) -> None:
        self.frame.__exit__(*error)


def _check(url: str, wanted: list[str]) -> None:
    known = {kind.name for kind in kinds.kinds()}
    if not wanted or set(wanted) - known:
        raise Refused(_("Choose at least one kind of fact."), field="kinds")
    try:
        outward.parsed(url)
    except outward.BadAddress as error:
        raise Refused(_reason(str(error)), field="url") from error


def _reason(why: str) -> str:
    return {
        "scheme": _("The address must begin with https://."),
        "credentials": _("An address carries no user name or password."),
        "port": _("This port may not be called."),
        "network": _("This address is not public, and its network is not one the installation names."),
    }.get(why, _("This is no address that can be called."))
