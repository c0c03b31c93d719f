"""The calendar feed: made, renewed, ended, and read by whoever holds its address."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from bastide.base import clock
from bastide.base.clock.models import Clock
from bastide.base.dispatch.models import Feed
from bastide.base.inbox import discretion, letters
from bastide.base.people.models import Account, digest_of
from bastide.base.trail import ledger

MOST = 500  # of each kind, soonest first
READ_EVERY = timedelta(hours=1)  # how often it is noted that a calendar was read
REFRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Dated:
    """Something with a date. `kind` and `pk` name the thing it is about; a day without hours is a `date`."""

    name: str  # unique and lasting: "clock-12"
    kind: str
    pk: int
    number: str
    words: str
    start: datetime | date
    changed_at: datetime
    end: datetime | date | None = None
    url: str = ""


Provider = Callable[[Account], Iterable[Dated]]
_providers: dict[str, Provider] = {}


def offer(name: str, provider: Provider) -> None:
    """Add dates of a room above: through scoped reads only, with a fixed number of queries, in the active language."""
    _providers[name] = provider


def make(account: Account, *, at: datetime) -> str:
    """A new address, which ends the one before; its secret is returned once."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        feed, is_new = Feed.objects.update_or_create(
            account=account, defaults={"secret_hash": digest_of(secret), "made_at": at, "read_at": None}
        )  # fmt: skip
        ledger.record(at=at, by=account, act=f"dispatch.feed.{'make' if is_new else 'renew'}", thing=feed)
    return secret


def revoke(account: Account, *, at: datetime) -> bool:
    """End the address now; False if there is none."""
    with transaction.atomic():
        feed = Feed.objects.filter(account=account).first()
        if feed is None:
            return False
        ledger.record(at=at, by=account, act="dispatch.feed.revoke", thing=feed)
        feed.delete()
    return True


def find(secret: str, *, at: datetime) -> Account | None:
    """Whose calendar an address opens: nobody's if it has ended or the account is closed."""
    found = Feed.objects.select_related("account").filter(secret_hash=digest_of(secret), account__is_active=True)
    feed = (found if settings.BASTIDE_DEMO else found.filter(account__is_demo=False)).first()
    if feed is None:
        return None
    if feed.read_at is None or at - feed.read_at > READ_EVERY:
        Feed.objects.filter(pk=feed.pk).update(read_at=at)
    return feed.account


def written(account: Account) -> bytes:
    """What this person may see of dates, as iCalendar (RFC 5545). The same dates give the same bytes."""
    with translation.override(account.language):
        dates = [*_clocks(account), *(one for provider in _providers.values() for one in provider(account))]
        hidden = discretion.classified((one.kind, one.pk) for one in dates)
        calendar = Calendar()
        calendar.add("prodid", "-//Bastide//Bastide//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("name", "Bastide")
        calendar.add("x-wr-calname", "Bastide")
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
        for one in dates:
            calendar.add_component(_event(one, is_hidden=(one.kind, one.pk) in hidden))
        return calendar.to_ical()


def tag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _clocks(account: Account) -> Iterable[Dated]:
    """Running clocks in sight. One without a due time stands on the earliest day it can be due."""
    for one in clock.due_for(account)[:MOST]:
        moment = one.due_at or one.earliest_at
        if moment is None:
            continue
        yield Dated(
            name=f"clock-{one.pk}", kind=one.thing_kind, pk=one.thing_id, number=one.thing_number,
            words=_("%(clock)s (%(bearer)s)") % {"clock": one.title, "bearer": one.bearer.name},
            start=_day(one, moment), changed_at=one.known_at, url=one.get_absolute_url(),
        )  # fmt: skip


def _day(one: Clock, moment: datetime) -> datetime | date:
    """A last day is a whole day in a calendar; anything else a moment."""
    return one.due_day if one.due_day is not None and one.term.is_by_day else moment


def _event(one: Dated, *, is_hidden: bool) -> Event:
    event = Event()
    event.add("uid", f"{one.name}@{urlsplit(settings.BASTIDE_ADDRESS).hostname}")
    event.add("dtstamp", one.changed_at.astimezone(UTC))
    event.add("last-modified", one.changed_at.astimezone(UTC))
    event.add("dtstart", _in_utc(one.start))
    if one.end is not None:
        event.add("dtend", _in_utc(one.end))
    event.add("summary", _("%(number)s: sign in to read it") % {"number": one.number} if is_hidden else _summary(one))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    if one.url:
        event.add("url", letters.address(one.url))
    return event


def _summary(one: Dated) -> str:
    return f"{one.number}: {one.words}" if one.number else one.words


def _in_utc(moment: datetime | date) -> datetime | date:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment
