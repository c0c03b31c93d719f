"""The entry hall: where each room's doors hang. It decides nothing."""

from __future__ import annotations

import importlib.util
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from bastide import health, metrics
from bastide.api import api
from bastide.base.entry import sso


def _doors() -> list[URLPattern | URLResolver]:
    """/<room>/ for every room that has pages; home stands at the root."""
    found: list[URLPattern | URLResolver] = []
    for app in [*settings.ROOMS, *settings.CONTEXTS]:
        dotted = f"bastide.base.{app}" if app in settings.ROOMS else f"bastide.{app}"
        if importlib.util.find_spec(f"{dotted}.urls") is not None:
            found.append(path("" if app == "home" else f"{app}/", include(f"{dotted}.urls")))
    return found


def _open_to_tokens(patterns: list[Any]) -> list[Any]:
    """The API answers 401 itself, without the sign-in redirect of pages; only its schema asks for a session."""
    for pattern in patterns:
        if pattern.callback is not None and pattern.name not in {"openapi-json", "api-root"}:
            pattern.callback.login_required = False
    return patterns


_api = api.urls
urlpatterns = [
    path("api/v1/", (_open_to_tokens(_api[0]), *_api[1:])),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("account/saml/<str:organization_slug>/acs/finish/", sso.finish_saml, name="saml_finish"),
    path("metrics", metrics.metrics, name="metrics"),
    path("account/", include("allauth.urls")),
    *_doors(),
]

handler400 = "bastide.base.ui.errors.bad_request"
handler403 = "bastide.base.ui.errors.forbidden"
handler404 = "bastide.base.ui.errors.not_found"
handler429 = "bastide.base.ui.errors.too_many"
handler500 = "bastide.base.ui.errors.broken"
