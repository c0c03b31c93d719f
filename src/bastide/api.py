"""The root of the API: who is asking, the ten routers, and errors as problem+json (RFC 9457)."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections import Counter
from http import HTTPStatus
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.security import HttpBearer, django_auth

from bastide import __version__
from bastide.base.flow import outages
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.people.models import Account
from bastide.base.ui.doors import InvalidForm
from bastide.base.ui.errors import problem

log = logging.getLogger(__name__)


class Token(HttpBearer):
    """`Authorization: Bearer bst_…`; the token itself was looked up by TokenMiddleware."""

    def authenticate(self, request: HttpRequest, token: str) -> Account | None:
        account = request.user
        return account if isinstance(account, Account) and account.token is not None else None


class OnceParser(Parser):
    """JSON in which no name stands twice: which of two values counts, readers decide differently (RFC 8259, 4)."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(request.body, object_pairs_hook=_once)
        return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(name, _times)] = Counter(name for name, _value in pairs).most_common(1)
        raise ValueError(f"“{name[:60]}” stands twice in one object")
    return found


# What any call may be answered when it is not done, and what a call that sends something may be answered besides.
TROUBLES = (400, 401, 403, 404, 405, 422, 428, 429, 500, 503)
WHEN_SENDING = (409, 413, 415, 507)
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "Why a call was not done (RFC 9457). Nothing was changed by it.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The path that was called."},
        "request_id": {"type": "string", "description": "Finds this call in the log."},
        "errors": {
            "type": "array",
            "description": "The fields to correct.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


class Api(NinjaAPI):
    """Its document tells of every problem a call can be answered with, without each route naming them."""

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**more)
        schema.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for path in schema["paths"].values():
            for method, operation in path.items():
                troubles = TROUBLES if method == "get" else TROUBLES + WHEN_SENDING
                told = {status: {"description": HTTPStatus(status).phrase, "content": content} for status in troubles}
                operation["responses"] = dict(sorted({**told, **operation["responses"]}.items()))
        return schema


api = Api(
    title="Bastide",
    version=__version__,
    urls_namespace="api",
    docs_url=None,  # its page would load scripts from elsewhere; the schema itself is at openapi.json
    auth=[Token(), django_auth],
    description="Supervision of critical information infrastructure. The same acts as the console's pages.",
    openapi_extra={"openapi": "3.1.0"},
    parser=OnceParser(),
)


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(request, 401, "Not signed in", "Send a valid API token or sign in.")


@api.exception_handler(AuthorizationError)
@api.exception_handler(PermissionDenied)
def no_right(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(request, 403, "Not permitted", str(error) or "This account may not do that.")


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, 404, "Not found", "No such thing, or it is not yours to see.")


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(request, 413, "Too large", "More was sent than this installation takes. Nothing was kept of it.")


@api.exception_handler(SuspiciousOperation)
def unreadable(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return problem(request, 400, "Unreadable", "What was sent is malformed. Nothing was changed.")


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": ".".join(str(p) for p in e["loc"][1:]), "message": e["msg"]} for e in error.errors]
    return problem(request, 422, "Invalid input", "Correct the named fields and send again.", errors=errors)


@api.exception_handler(InvalidForm)
def invalid_form(request: HttpRequest, error: InvalidForm) -> HttpResponse:
    return problem(request, 422, "Invalid input", "Correct the named fields and send again.", errors=error.errors)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    status = 403 if isinstance(error, Forbidden) else 409
    title = "Changed meanwhile" if isinstance(error, Stale) else "Refused"
    errors = [{"field": error.field, "message": str(error)}] if error.field else []
    return problem(request, status, title, str(error), errors=errors)


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    title = "Purpose required" if error.status_code == 428 else "Refused"
    # What could not be parsed says where.
    words = f"{error}: {error.__cause__}." if isinstance(error.__cause__, ValueError) else str(error)
    return problem(request, error.status_code, title, words)


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("an API call failed")
    if found := outages.outage(error):
        with translation.override("en"):
            answer = problem(request, found.status, str(found.heading), str(found.text))
        answer["Retry-After"] = str(outages.PATIENCE)
        return answer
    return problem(request, 500, "Internal error", "The error was logged. Nothing was half done.")


def _mount() -> None:
    """Each room's router under its own name, in the order of the floors."""
    for app in [*settings.ROOMS, *settings.CONTEXTS]:
        dotted = f"bastide.base.{app}" if app in settings.ROOMS else f"bastide.{app}"
        if importlib.util.find_spec(f"{dotted}.api") is not None:
            api.add_router(f"/{app}", import_module(f"{dotted}.api").router)


_mount()
