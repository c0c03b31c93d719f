"""The pages of the shell itself: search, counts, language, theme, panels, purposes, saved views, chosen columns."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bastide.base import terms
from bastide.base.ui import menu, panels, purpose, search
from bastide.base.ui.context import THEME_COOKIE, THEMES
from bastide.base.ui.models import SavedView, TableChoice
from bastide.base.ui.pages import account_of, ask_purpose, next_of, page
from bastide.base.ui.tables.table import PAGE_SIZES
from bastide.base.words.spelling import sought

YEAR = 365 * 24 * 3600


@page("ui/search.html", fragment="ui/_hits.html")
def search_page(request: HttpRequest) -> dict[str, Any]:
    """Everything the account may see that holds the words; as a fragment for the command palette."""
    words = sought(request.GET.get("q", "")[:200])
    return {"title": _("Search"), "words": words, "hits": search.find(account_of(request), words)}


@require_GET
def counts(request: HttpRequest) -> JsonResponse:
    """How much waits behind each menu item, and how many notifications are unread."""
    from bastide.base.inbox import notes

    account = account_of(request)
    found = {**menu.counts(account), "inbox": notes.unread(account).count()}
    return JsonResponse(found, headers={"Cache-Control": "private, no-store"})


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language; kept in the browser, and for signed-in people in their account (mails use it)."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        raise Http404
    if request.user.is_authenticated:
        account = account_of(request)
        account.language = code
        account.save(update_fields=["language"])
    with translation.override(code):
        response = redirect(next_of(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE, httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
    )  # fmt: skip
    return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system says. The server prints it into the page, so nothing flashes."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        raise Http404
    response = redirect(next_of(request))
    response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@require_GET
def panel(request: HttpRequest, noun: str, name: str, pk: int) -> HttpResponseBase:
    """One panel: a fragment for htmx, a page of its own without scripts."""
    account = account_of(request)
    one = panels.find(noun, name, account)
    thing = panels.thing_for(noun, pk, account)

    @page("ui/panel.html", fragment="ui/_panel.html")
    def shown(request: HttpRequest) -> dict[str, Any]:
        values = one.view(request, thing)
        return {**(values or {}), "title": one.title, "panel": one, "lower": thing, "is_empty": values is None}

    return shown(request)


@require_POST
def state_purpose(request: HttpRequest) -> HttpResponse:
    """Take the purpose for a classified record and go on to it."""
    form, key, goal = purpose.PurposeForm(request.POST), request.POST.get("key", "")[:120], next_of(request)
    if not form.is_valid():
        return ask_purpose(request, key, request.POST.get("label", "")[:200], form, goal)
    purpose.state(request, key, form.cleaned_data["purpose"], terms.now())
    return redirect(goal)


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a table under a name; the same name again replaces them."""
    name, table = request.POST.get("name", "").strip()[:60], request.POST.get("table", "")[:80]
    if not name:
        messages.error(request, _("Give the saved filter a name."))
        return redirect(next_of(request))
    SavedView.objects.update_or_create(
        account=account_of(request), table=table, name=name,
        defaults={"query": request.POST.get("query", "")[:2000], "created_at": terms.now()},
    )  # fmt: skip
    messages.success(request, _("Saved filter “%(name)s” is kept.") % {"name": name})
    return redirect(next_of(request))


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a saved view of one's own."""
    view = get_object_or_404(SavedView, pk=pk, account=account_of(request))
    view.delete()
    messages.success(request, _("Saved filter “%(name)s” is deleted.") % {"name": view.name})
    return redirect(next_of(request))


@require_POST
def columns(request: HttpRequest) -> HttpResponse:
    """Keep which columns of a table this person wants, in which order, and how many rows a page."""
    table, per = request.POST.get("table", "")[:80], request.POST.get("per", "")
    size = int(per) if per.isdigit() and int(per) in PAGE_SIZES else 0
    wanted = [] if "reset" in request.POST else request.POST.getlist("columns")[:60]
    TableChoice.objects.update_or_create(
        account=account_of(request), table=table, defaults={"columns": wanted, "per_page": size}
    )
    return redirect(next_of(request))
