"""One's own account: the welcome page, keys for programs, sessions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.entry import factors, flows, forms, personal, reads, sessions, stepup
from bastide.base.entry.access import Can
from bastide.base.entry.pages.acting import attempt, personal_file
from bastide.base.people.models import Account, ApiToken, Invitation
from bastide.base.ui import menu
from bastide.base.ui.pages import account_of, page


@page("entry/welcome.html", public=True)
def welcome(request: HttpRequest, secret: str) -> Any:
    """Where an invitation's link leads: choose a name and a password."""
    invitation: Invitation | None = Invitation.find(secret, at=terms.now())
    form = forms.WelcomeForm(request.POST or None)
    if invitation is not None and request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = attempt(
            form, lambda: flows.accept(secret, at=terms.now(), username=given["username"], password=given["password"])
        )
        if made:
            messages.success(request, _("Your account is open. Sign in."))
            return redirect("account_login")
    status = 404 if invitation is None else 422 if form.errors else 200
    return {"title": _("Welcome to Bastide"), "form": form, "invitation": invitation, "status": status}


@page("entry/me.html")
def me(request: HttpRequest) -> Any:
    """One's own account: roles, keys for programs, ways to sign in."""
    account: Account = account_of(request)
    form = forms.TokenForm(request.POST or None, account=account) if account.can(Can.OWN_TOKENS) else None
    secret = ""
    if request.method == "POST" and form is not None and form.is_valid():
        stepup.require(request, account)
        given = form.cleaned_data
        made = attempt(form, lambda: flows.make_token(account, at=terms.now(), **given))
        if made:
            secret, form = made[1], forms.TokenForm(account=account)
    return {
        "title": _("My account"),
        "account": account,
        "memberships": account.standing(),
        "form": form,
        "secret": secret,
        "tokens": reads.own_tokens(account),
        "links": menu.own(),
        "sessions": sessions.of(account, at=terms.now(), this=request.session.session_key or ""),
        "idle_minutes": settings.BASTIDE_IDLE_MINUTES,
        "session_hours": settings.BASTIDE_SESSION_HOURS,
        "wants_factor": factors.needs_one(account) and not factors.has_one(account),
        "status": 422 if form and form.errors else 200,
    }


@require_POST
@page("ui/list.html")
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = ApiToken.objects.filter(pk=pk, account=account_of(request)).first()
    if token is None:
        raise Http404
    flows.revoke_token(token, by=account_of(request), at=terms.now())
    messages.success(request, _("The key has ended."))
    return redirect("entry:me")


@require_POST
@page("ui/list.html")
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions, elsewhere or here."""
    sessions.end(account_of(request), pk, at=terms.now())
    messages.success(request, _("The session has ended."))
    return redirect("entry:me")


@require_POST
@page("ui/list.html")
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End every session of one's own but this one."""
    ended = sessions.end_others(account_of(request), this=request.session.session_key or "", at=terms.now())
    messages.success(request, _("Sessions ended: %(count)s.") % {"count": ended})
    return redirect("entry:me")


@page("entry/personal.html")
def personal_register(request: HttpRequest) -> Any:
    """Which personal data is kept about me, why and how long."""
    account = account_of(request)
    kept = [(holding, holding.count(account)) for holding in personal.holdings()]
    return {"title": _("What is kept about me"), "kept": kept}


@require_POST
@page("ui/list.html", deciding=True)
def personal_export(request: HttpRequest) -> HttpResponseBase:
    """The same as a file of JSON."""
    account = account_of(request)
    return personal_file(account, personal.export(account, by=account, at=terms.now()))
