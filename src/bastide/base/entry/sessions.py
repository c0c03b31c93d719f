"""Sessions of a person: seen, and ended one by one or all at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from bastide.base.entry.access import Can
from bastide.base.flow.refusals import Forbidden
from bastide.base.people.models import Account
from bastide.base.trail import ledger

# A browser by what it calls itself, the more particular word first.
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One session, as its person sees it."""

    pk: int
    browser: str
    address: str
    begun: datetime
    last_seen: datetime
    is_this: bool


def of(account: Account, *, at: datetime, this: str = "") -> list[Seen]:
    """The sessions of an account that still hold, the last used first. `this` is the key of one's own."""
    idle, whole = timedelta(minutes=settings.BASTIDE_IDLE_MINUTES), timedelta(hours=settings.BASTIDE_SESSION_HOURS)
    rows = UserSession.objects.filter(user=account, last_seen_at__gt=at - idle, created_at__gt=at - whole)
    return [
        Seen(row.pk, browser_of(row.user_agent), row.ip, row.created_at, row.last_seen_at, row.session_key == this)
        for row in rows.order_by("-last_seen_at")
    ]


def browser_of(user_agent: str) -> str:
    """A browser and its system in a few words, such as `Firefox, Windows`."""
    found = [next((name for word, name in known if word in user_agent), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or _("Unknown browser")


def end(account: Account, pk: int, *, at: datetime) -> None:
    """End one of one's own sessions."""
    row = UserSession.objects.filter(user=account, pk=pk).first()
    if row is None:
        raise Http404
    _end(account, [row], by=account, at=at)


def end_others(account: Account, *, this: str, at: datetime) -> int:
    """End every session of one's own but this one; how many."""
    return _end(account, list(UserSession.objects.filter(user=account).exclude(session_key=this)), by=account, at=at)


def end_all(account: Account, *, by: Account, at: datetime) -> int:
    """End every session of a person one may suspend; how many."""
    if account.is_house or not by.may(Can.SUSPEND, account):
        raise Forbidden(_("You may not do that to this account."))
    return _end(account, list(UserSession.objects.filter(user=account)), by=by, at=at)


def _end(account: Account, rows: list[UserSession], *, by: Account, at: datetime) -> int:
    with transaction.atomic():
        for row in rows:
            row.end()
        if rows:
            ledger.record(
                at=at, by=by, act="people.account.end_sessions", thing=account, changes={"sessions": [len(rows), 0]}
            )
    return len(rows)
