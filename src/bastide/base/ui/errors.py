"""A page for every error, in the reader's language: what happened, what to do next, the number of the request.

They come here from Django (urls.py names these functions), from allauth, and from whatever answers with a bare status
(`ErrorPageMiddleware`). Programs get the same as problem+json (RFC 9457). 500 and 503 ask neither database nor session.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bastide.base.flow import outages
from bastide.base.people.middleware import language_of
from bastide.base.people.models import Account
from bastide.base.trail.request import whence
from bastide.base.ui.pages import is_fragment

Words = str | Promise


@dataclass(frozen=True)
class Telling:
    """One error as a person is told it."""

    heading: Words
    what: Words
    next: Words


TELLINGS = {
    400: Telling(
        _("The request could not be read"),
        _("Something in the address or in what was sent is malformed. Nothing was changed."),
        _("Go back, check the entries and send them again. If you followed a link, open the page from the menu."),
    ),
    403: Telling(
        _("Not open to your role"),
        _("You are signed in, but your role does not include this page."),
        _("Ask the administrator of your organisation if you need it for your work."),
    ),
    404: Telling(
        _("Not found"),
        _("There is nothing at this address, or it is outside what your organisation may see."),
        _("Check the number, or find the record with the search at the top."),
    ),
    405: Telling(
        _("This address takes no such request"),
        _("The address exists, but not for what was asked of it. Nothing was changed."),
        _("Open the page from the menu and use its buttons."),
    ),
    409: Telling(
        _("This is being done already"),
        _("The same request, or another on the same record, came first. Nothing was done twice."),
        _("Wait a moment, open the page anew and look at what it says now."),
    ),
    413: Telling(
        _("Too large"),
        _("What was sent is larger than this installation takes. Nothing was kept of it."),
        _("Send it in smaller parts, or ask the administrator for the limit."),
    ),
    422: Telling(
        _("This could not be accepted"),
        _("What was sent contradicts itself or what was sent before. Nothing was changed."),
        _("Open the page anew, check the entries and send them again."),
    ),
    429: Telling(
        _("Too many attempts"),
        _("So many requests came in a short time that further ones wait."),
        _("Wait some minutes and try again. Nothing is locked for good."),
    ),
    500: Telling(
        _("Something went wrong"),
        _("The fault is ours and was logged. Nothing half-done was kept."),
        _("Try again. If it stays, give the administrator the number of the request."),
    ),
    503: Telling(
        _("Out of service for a moment"),
        _("The database cannot be reached or is busy. This request changed nothing."),
        _("Wait half a minute and try again. If it stays, tell the administrator, with the number of the request."),
    ),
    507: Telling(
        outages.DISK_FULL.heading,
        _("There is no room left to keep what you sent. Nothing was changed."),
        _("Tell the administrator to make room, then send it again."),
    ),
}  # fmt: skip
EXPIRED = Telling(
    _("The form had expired"),
    _("The page was open too long, or you signed in elsewhere meanwhile. Nothing was changed."),
    _("Open the page anew, check the entries and send it again."),
)


def error_page(request: HttpRequest, status: int, telling: Telling | None = None, what: str = "") -> HttpResponse:
    """The answer as whoever asked can read it: problem+json, a note for htmx, or a page.

    The page stands in the shell for whoever is signed in, alone otherwise and where the shell itself may fail.
    """
    said = telling or TELLINGS[status]
    with translation.override(language_of(request)):
        if _is_program(request):
            answer: HttpResponse = problem(request, status, str(said.heading), what or f"{said.what} {said.next}")
        else:
            answer = HttpResponse(_page(request, status, said, what), status=status)
    if status in {503, 507}:
        answer["Retry-After"] = str(outages.PATIENCE)
    answer["Cache-Control"] = "no-store"
    if is_fragment(request):
        answer["HX-Retarget"], answer["HX-Reswap"] = "#messages", "innerHTML"
    return answer


def _page(request: HttpRequest, status: int, said: Telling, what: str) -> str:
    values = {
        "status": status, "heading": said.heading, "what": what or said.what, "next": said.next,
        "language": translation.get_language(), "request_id": whence().request_id,
    }  # fmt: skip
    if is_fragment(request):
        return render_to_string("ui/_error_note.html", values)
    if status < 500 and isinstance(getattr(request, "user", None), Account):
        return render_to_string("ui/error.html", values, request)
    return render_to_string("ui/error_plain.html", values)


def problem(request: HttpRequest, status: int, title: str, detail: str = "", **more: Any) -> JsonResponse:
    """One shape for every error told to a program: type, title, status, detail, instance, and what else helps."""
    body = {
        "type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.path,
        "request_id": whence().request_id, **more,
    }  # fmt: skip
    return JsonResponse(
        body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )


class ErrorPageMiddleware:
    """Makes a page of an error that came without one: an empty 405, a line of text with 413."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code not in TELLINGS or response.streaming or not _is_bare(response):
            return response
        page = error_page(request, response.status_code, what=response.content.decode(errors="replace").strip())
        for name in ("Allow", "Retry-After"):
            if name in response:
                page[name] = response[name]
        return page


def _is_bare(response: HttpResponse) -> bool:
    """Nothing, or words without a page around them."""
    kind = response.headers.get("Content-Type", "")
    return kind.startswith(("text/html", "text/plain")) and b"<" not in response.content


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403)


def no_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403, EXPIRED)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def too_many(request: HttpRequest) -> HttpResponse:
    return error_page(request, 429)


def broken(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception; a full disk or a database that is away is no fault of ours."""
    found = outages.outage(sys.exc_info()[1])
    return error_page(request, found.status if found else 500)
