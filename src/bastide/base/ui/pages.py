"""`@page`: the frame around every page view – sign-in, rights, title, fragments, refusals, classified records."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from bastide.base import terms
from bastide.base.entry import stepup
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.people.models import Account
from bastide.base.trail.request import whence
from bastide.base.ui import purpose

View = Callable[..., "dict[str, Any] | HttpResponseBase"]


def page(
    template: str, *, can: str = "", fragment: str = "", public: bool = False, deciding: bool = False
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Make a page of a view that returns the template's values (or a ready response).

    Values with a meaning of their own:
    `title`     the heading and the window title;
    `thing`     the record shown: if it `is_classified`, a purpose is asked first and the look recorded;
    `status`    the HTTP status, 200 if absent;
    `fragment`  the template for an htmx request (also `fragment=` of the decorator).
    `can` closes the page with 403 to whoever lacks the right altogether. A thing out of sight is the view's 404.
    `deciding` asks again who acts, if that was proven too long ago.
    """

    def frame(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if can and not account_of(request).can(can):
                    raise PermissionDenied
                if deciding:
                    stepup.require(request, account_of(request))
                answer = view(request, *args, **kwargs)
            except Refused as refusal:
                return refused(request, refusal)
            if isinstance(answer, HttpResponseBase):
                return answer
            return _render(request, template, fragment, answer)

        return login_not_required(framed) if public else framed

    return frame


def account_of(request: HttpRequest) -> Account:
    """The signed-in account."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    return request.user


def is_fragment(request: HttpRequest) -> bool:
    """Does htmx ask for a part of the page (and not for a whole one)?"""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def _render(request: HttpRequest, template: str, fragment: str, values: dict[str, Any]) -> HttpResponse:
    thing = values.get("thing")
    if isinstance(thing, Model) and not _may_be_shown(request, thing):
        return ask_purpose(request, purpose.key_of(thing), str(thing))
    part = values.get("fragment") or fragment
    chosen = part if part and is_fragment(request) else template
    response = render(request, chosen, values, status=values.get("status", 200))
    patch_vary_headers(response, ["HX-Request"])
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def _may_be_shown(request: HttpRequest, thing: Model) -> bool:
    """Classified things are shown for a stated purpose only, and the look is recorded."""
    if not getattr(thing, "is_classified", False):
        return True
    return purpose.looks_at(request, account_of(request), thing, at=terms.now())


def ask_purpose(
    request: HttpRequest, key: str, label: str, form: purpose.PurposeForm | None = None, goal: str = ""
) -> HttpResponse:
    """The page that asks why a classified record is opened; `goal` is where to go then, this very address if empty."""
    goal = goal or request.get_full_path()
    values = {"form": form or purpose.PurposeForm(), "key": key, "named": label, "next": goal}
    return render(request, "ui/purpose.html", values, status=200 if form is None else 422)


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A kind page (or, for htmx, a message) that says why an act did not happen. Nothing was changed."""
    status = 403 if isinstance(refusal, Forbidden) else 409
    values = {
        "refusal": refusal, "is_stale": isinstance(refusal, Stale), "back": back_of(request), "status": status,
        "request_id": whence().request_id,
    }  # fmt: skip
    if is_fragment(request):
        response = render(request, "ui/_refused.html", values, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#messages", "innerHTML"
        return response
    return render(request, "ui/refused.html", values, status=status)


def back_of(request: HttpRequest, default: str = "/") -> str:
    """The page this request came from, if it is one of ours and not this very one."""
    referer = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if ours and not referer.endswith(request.get_full_path()) else default


def next_of(request: HttpRequest, default: str = "/") -> str:
    """The address a form asks to return to, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and ours else default
