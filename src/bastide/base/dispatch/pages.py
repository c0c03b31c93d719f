"""How I am told: choices of mails and digests, and my dates as a calendar."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bastide.base import terms
from bastide.base.dispatch import feeds
from bastide.base.dispatch.forms import ChoicesForm
from bastide.base.dispatch.models import Feed
from bastide.base.inbox import choices as kept
from bastide.base.inbox import letters
from bastide.base.ui.pages import account_of, page


@page("dispatch/choices.html")
def choices(request: HttpRequest) -> Any:
    """By topic and urgency, how a notification reaches me besides the console."""
    account = account_of(request)
    form = ChoicesForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        kept.choose(account, form.wanted)
        messages.success(request, _("Your choices are kept."))
        return redirect("dispatch:choices")
    return {
        "title": _("How I am told"), "form": form, "account": account, "hour": settings.BASTIDE_DIGEST_HOUR,
        "zone": settings.TIME_ZONE, "status": 422 if form.errors else 200,
    }  # fmt: skip


@page("dispatch/calendar.html")
def calendar(request: HttpRequest) -> Any:
    """The address under which a calendar program reads my dates."""
    return _shown(request, "")


@require_POST
@page("dispatch/calendar.html", deciding=True)
def calendar_make(request: HttpRequest) -> Any:
    """Make the address, or another in place of it; it is shown this once."""
    secret = feeds.make(account_of(request), at=terms.now())
    return _shown(request, letters.address(reverse("dispatch:feed", args=[secret])))


@require_POST
@page("dispatch/calendar.html")
def calendar_revoke(request: HttpRequest) -> HttpResponse:
    if feeds.revoke(account_of(request), at=terms.now()):
        messages.success(request, _("The calendar address has ended."))
    return redirect("dispatch:calendar")


def _shown(request: HttpRequest, address: str) -> dict[str, Any]:
    feed = Feed.objects.filter(account=account_of(request)).first()
    return {"title": _("My dates in a calendar"), "feed": feed, "address": address}


@login_not_required
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The calendar itself. Whoever holds the address reads it; ended, unknown and closed accounts are one 404."""
    account = feeds.find(secret, at=terms.now())
    if account is None:
        raise Http404
    body = feeds.written(account)
    tag = feeds.tag_of(body)
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"], answer["ETag"] = "private, max-age=900", tag
    answer["Content-Disposition"] = 'inline; filename="bastide.ics"'
    return get_conditional_response(request, etag=tag, response=answer) or answer
