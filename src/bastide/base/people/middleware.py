"""The language of a request, and the account behind an API token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from bastide.base import terms
from bastide.base.people.models import ApiToken


class LanguageMiddleware:
    """Cookie first (the switch sets it), then Accept-Language, then Chinese."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


def language_of(request: HttpRequest) -> str:
    """The language whoever asks reads."""
    known = {code for code, _name in settings.LANGUAGES}
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in known else translation.get_language_from_request(request)


class TokenMiddleware:
    """An API call with a valid token acts as the token's account, within the token's scopes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and request.path.startswith("/api/"):
            now = terms.now()
            token = ApiToken.find(secret.strip(), at=now)
            if token is not None:
                account = token.account
                account.token = token
                request.user = account
                if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
                    ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
            else:
                request.user = AnonymousUser()
        return self.get_response(request)
