"""How fast passwords can be guessed, so that guessing never locks out the person whose password it is.

A browser that once signed in keeps a signed cookie that names the account. Guesses from such a browser are counted
for that browser alone; guesses from all other browsers are counted for the account's name together. So a stranger who
guesses can close the account to strangers, and its owner still comes in from a known browser, by a passkey or by
single sign-on.
Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from bastide.base.entry.models import Guess
from bastide.base.people.models import Account

COOKIE = "bastide_browser"
COOKIE_SALT = "bastide.entry.browser"
COOKIE_AGE = timedelta(days=400)  # the most a browser keeps (RFC 6265bis)
WINDOW = timedelta(minutes=15)
PER_BROWSER = PER_NAME = 10
PER_ADDRESS = 100  # an office shares one address

Limit = tuple[str, int]


class LockedError(Exception):
    """Too many wrong guesses; `until` says when the next one is heard."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many wrong guesses")
        self.until = until


def limits_of(request: HttpRequest, name: str, address: str) -> list[Limit]:
    """Which counts this guess falls under, with the most each allows."""
    browser = known_browser(request, name)
    if browser:
        return [(_guesser("browser", browser), PER_BROWSER)]
    return [(_guesser("name", name), PER_NAME), (_guesser("address", address), PER_ADDRESS)]


def take(limits: Iterable[Limit], *, at: datetime) -> None:
    """Count a guess before it is looked at, so that many at once cannot pass the limit together.

    Raises `LockedError` and counts nothing further once a limit is reached.
    """
    with transaction.atomic():
        for guesser, most in sorted(limits):
            held, _made = Guess.objects.get_or_create(guesser=guesser, defaults={"since": at})
            held = Guess.objects.select_for_update().get(pk=held.pk)
            if held.since + WINDOW <= at:
                held.failures, held.since = 0, at
            if held.failures >= most:
                raise LockedError(held.since + WINDOW)
            held.failures += 1
            held.save()


def give_back(limits: Iterable[Limit]) -> None:
    """The guess was right: it does not count."""
    Guess.objects.filter(guesser__in=[guesser for guesser, _most in limits], failures__gt=0).update(
        failures=F("failures") - 1
    )


def forget(at: datetime) -> int:
    """Drop counts whose window has passed; how many."""
    return Guess.objects.filter(since__lte=at - WINDOW).delete()[0]


def known_browser(request: HttpRequest, name: str) -> str:
    """The browser's own mark, if it once signed in to the account of this name; else empty."""
    try:
        kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE_SALT, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return ""
    marks = kept if isinstance(kept, dict) else {}
    return str(marks.get(name, ""))


def know_browser(request: HttpRequest, response: HttpResponse, account: Account) -> None:
    """Let this browser be known for an account from now on; it keeps the ones it was known for."""
    try:
        kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE_SALT, max_age=COOKIE_AGE)
    except signing.BadSignature:
        kept = {}
    marks = dict(list(kept.items())[-4:]) if isinstance(kept, dict) else {}
    name = name_of(account)
    marks[name] = marks.get(name) or secrets.token_urlsafe(16)
    response.set_cookie(
        COOKIE, signing.dumps(marks, salt=COOKIE_SALT), max_age=COOKIE_AGE, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def name_of(account: Account | None, typed: str = "") -> str:
    """What a guess is counted under: the account, however its name was typed; else what was typed."""
    return f"account {account.pk}" if account else f"typed {typed.strip().lower()[:200]}"


def _guesser(kind: str, what: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), f"{kind}:{what}".encode(), "sha256").hex()


def is_at_its_end(limits: Iterable[Limit]) -> bool:
    """Was that the last guess one of these counts allowed?"""
    most = dict(limits)
    held = Guess.objects.filter(guesser__in=most).values_list("guesser", "failures")
    return any(failures == most[guesser] for guesser, failures in held)
