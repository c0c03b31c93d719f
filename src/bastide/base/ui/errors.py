"""Error pages in the reader's language: 400, 403, 404, 409, 500. They tell what to do and give nothing away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bastide.base.people.models import Account


def error_page(request: HttpRequest, status: int, heading: str, text: str) -> HttpResponse:
    """An error inside the shell for whoever is signed in, on a bare page otherwise or where the shell itself fails."""
    values = {"status": status, "heading": heading, "text": text, "language": get_language() or "en"}
    if status < 500 and isinstance(getattr(request, "user", None), Account):
        return HttpResponse(render_to_string("ui/error.html", values, request), status=status)
    return HttpResponse(render_to_string("ui/error_plain.html", values), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        400,
        _("The request could not be read"),
        _("Something in the address or the form was malformed. Go back and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request, 403, _("Not open to your role"),
        _("Your role does not include this page. Ask the administrator of your organisation if you need it."),
    )  # fmt: skip


def no_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        403,
        _("The form had expired"),
        _("Nothing was changed. Open the page anew, check the entries and send it again."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request, 404, _("Not found"), _("There is nothing here, or it is outside what your organisation may see.")
    )


def broken(request: HttpRequest) -> HttpResponse:
    return error_page(
        request, 500, _("Something went wrong"),
        _("The error was logged. Nothing half-done was kept. Try again; if it stays, tell the administrator the time."),
    )  # fmt: skip
