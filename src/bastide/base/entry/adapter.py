"""How people come in: no open sign-up, guesses slowed down, the stronger proof asked first, keys at rest encrypted."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.entry import factors, lockout
from bastide.base.entry.boxes import box
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.trail.request import address_of


class ClosedDoorAdapter(DefaultAccountAdapter):
    """Accounts are given by invitation; nobody opens one alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """Check a password; each guess is counted before it is looked at."""
        typed = str(credentials.get("username") or credentials.get("email") or "")
        meant = Account.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).first() if typed else None
        limits = lockout.limits_of(request, lockout.name_of(meant, typed), address_of(request))
        try:
            lockout.take(limits, at=terms.now())
        except lockout.LockedError as locked:
            raise _too_many(locked) from locked
        found = super().authenticate(request, **credentials)
        if found is not None:
            lockout.give_back(limits)
        elif meant is not None and lockout.is_at_its_end(limits):
            ledger.record(at=terms.now(), by=Account.objects.house(), act="people.account.guessed_at", thing=meant)
        return found

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counted in `authenticate`."""

    def post_login(self, request: HttpRequest, user: Account, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        lockout.know_browser(request, response, user)
        return response

    def get_reauthentication_methods(self, user: Account) -> list[dict[str, Any]]:
        """The second factor first, where there is one."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return sorted(methods, key=lambda method: method["id"] == "reauthenticate")


def _too_many(locked: lockout.LockedError) -> ValidationError:
    return ValidationError(
        _(
            "Too many wrong passwords from browsers we do not know. Use a browser you have signed in with before, "
            "a passkey, or wait until %(time)s."
        )
        % {"time": time_format(timezone.localtime(locked.until), "H:i")},
        code="too_many_login_attempts",
    )


class EntryBackend(AuthenticationBackend):
    """Password sign-in. Asked again at every request of a session, so closing an account ends its sessions."""

    def user_can_authenticate(self, user: Account) -> bool:
        if user.is_house or (user.is_demo and not settings.BASTIDE_DEMO):
            return False
        return bool(user.is_active)


BOX = "bastide second factors"


class KeyAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are encrypted at rest, and nobody takes off the last one their role needs."""

    MARK = "f1:"

    def encrypt(self, text: str) -> str:
        return self.MARK + box(BOX).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Secrets kept before encryption came are read as they are."""
        if not encrypted_text.startswith(self.MARK):
            return encrypted_text
        return box(BOX).decrypt(encrypted_text.removeprefix(self.MARK).encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if not factors.needs_one(authenticator.user):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=factors.KINDS)
        return authenticator.type not in factors.KINDS or others.exclude(pk=authenticator.pk).exists()
