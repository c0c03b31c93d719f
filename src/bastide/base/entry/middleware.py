"""How long a session lasts, and that nobody works without the second factor their role needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.entry import factors
from bastide.base.people.models import Account

BEGUN, SEEN = "begun", "seen"
BACKGROUND = "X-Background"  # what a page asks by itself is no sign of life
SEEN_EVERY = 60  # seconds between two notes of activity
# Where a person without the factor they need may still go: to set one up, or out.
OPEN_WITHOUT = ("account_", "mfa_", "usersessions_", "set_", "healthz", "readyz")


class SessionLimitMiddleware:
    """Ends a session that stood idle too long or has lasted too long, and notes when it was last used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and isinstance(request.user, Account)
            and request.user.token is None
        ):
            self._limit(request)
        return self.get_response(request)

    def _limit(self, request: HttpRequest) -> None:
        session, now = request.session, terms.now().timestamp()
        begun, seen = session.get(BEGUN), session.get(SEEN)
        if begun is None or seen is None:
            session[BEGUN] = session[SEEN] = now
        elif now - seen >= settings.BASTIDE_IDLE_MINUTES * 60 or now - begun >= settings.BASTIDE_SESSION_HOURS * 3600:
            UserSession.objects.filter(session_key=session.session_key).delete()
            auth.logout(request)
            messages.info(request, _("You were signed out because your session stood idle or had lasted its time."))
        elif now - seen >= SEEN_EVERY and BACKGROUND not in request.headers:
            session[SEEN] = now
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=terms.now())


class SecondFactorMiddleware:
    """Sends whoever must have a second factor and has none to where one is set up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        account, match = request.user, request.resolver_match
        if not isinstance(account, Account) or account.token is not None or match is None:
            return None
        if match.namespace == "" and (match.url_name or "").startswith(OPEN_WITHOUT):
            return None
        if match.view_name in {"ui:language", "ui:theme"} or not factors.wants_one(request, account):
            return None
        words = _("Your role needs a second factor. Set up a passkey or an authenticator app, then go on.")
        if request.path.startswith("/api/"):
            return JsonResponse(
                {"type": "about:blank", "title": "Second factor required", "status": 403, "detail": words},
                status=403, content_type="application/problem+json",
            )  # fmt: skip
        messages.warning(request, words)
        return redirect("mfa_index")
