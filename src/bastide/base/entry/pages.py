"""Organisations, accounts, invitations and one's own keys, as pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.entry import flows, forms, reads, tables
from bastide.base.entry.access import Can
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, ApiToken, Invitation
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page


def _try(form: django_forms.Form, act: Callable[[], Any]) -> Any | None:
    """Run an act; a refusal becomes an error of the form."""
    try:
        return act()
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


@page("ui/list.html", can=Can.SEE_ORGANISATION)
def organisation_list(request: HttpRequest) -> Any:
    account = account_of(request)
    create = ("entry:organisation_new", _("Add an organisation")) if account.can(Can.CHANGE_ORGANISATION) else None
    return list_page(
        request,
        tables.OrganisationTable,
        reads.organisations(account),
        title=_("Organisations"),
        create=(create[1], reverse(create[0])) if create else None,
    )


@page("entry/form.html", can=Can.CHANGE_ORGANISATION)
def organisation_new(request: HttpRequest) -> Any:
    account = account_of(request)
    form = forms.OrganisationForm(request.POST or None, visible=reads.organisations(account))
    if request.method == "POST" and form.is_valid():
        made = _try(form, lambda: flows.enter_organisation(by=account, at=terms.now(), **form.cleaned_data))
        if made:
            return redirect("entry:organisation_detail", code=made.code)
    return {
        "title": _("Add an organisation"),
        "form": form,
        "submit": _("Add"),
        "back": reverse("entry:organisation_list"),
        "status": 422 if form.errors else 200,
    }


@page("entry/organisation_detail.html", can=Can.SEE_ORGANISATION)
def organisation_detail(request: HttpRequest, code: str) -> Any:
    account = account_of(request)
    organisation = reads.organisation_for(account, code)
    sees = account.may(Can.SEE_ACCOUNT, organisation)
    return {
        "title": organisation.name,
        "organisation": organisation,
        "area": tables.area_name(organisation),
        "members": organisation.memberships.filter(until=None).select_related("account").order_by("role")
        if sees
        else None,
        "invitations": reads.invitations(account).filter(organisation=organisation)[:50] if sees else [],
        "may_invite": account.may(Can.INVITE, organisation),
        "invited": request.session.pop(f"invited:{code}", None),
    }


@page("entry/form.html", can=Can.INVITE)
def invite(request: HttpRequest, code: str) -> Any:
    account = account_of(request)
    organisation = reads.organisation_for(account, code)
    if not account.may(Can.INVITE, organisation):
        raise Http404
    form = forms.InvitationForm(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        url = request.build_absolute_uri(reverse("entry:welcome", args=["SECRET"])).replace("SECRET", "{secret}")
        made = _try(
            form, lambda: flows.invite(organisation, by=account, at=terms.now(), url_of=url, **form.cleaned_data)
        )
        if made:
            request.session[f"invited:{code}"] = [made[0].email, url.format(secret=made[1]), made[0].was_mailed]
            return redirect("entry:organisation_detail", code=code)
    return {
        "title": _("Invite somebody to %(name)s") % {"name": organisation.name},
        "form": form,
        "submit": _("Invite"),
        "back": reverse("entry:organisation_detail", args=[code]),
        "status": 422 if form.errors else 200,
    }


@require_POST
@page("ui/list.html")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = reads.invitation_for(account_of(request), pk)
    flows.withdraw(invitation, by=account_of(request), at=terms.now())
    messages.success(request, _("The invitation was withdrawn."))
    return redirect("entry:organisation_detail", code=invitation.organisation.code)


@page("entry/welcome.html", public=True)
def welcome(request: HttpRequest, secret: str) -> Any:
    """Where an invitation's link leads: choose a name and a password."""
    invitation: Invitation | None = Invitation.find(secret, at=terms.now())
    form = forms.WelcomeForm(request.POST or None)
    if invitation is not None and request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = _try(
            form, lambda: flows.accept(secret, at=terms.now(), username=given["username"], password=given["password"])
        )
        if made:
            messages.success(request, _("Your account is open. Sign in."))
            return redirect("account_login")
    status = 404 if invitation is None else 422 if form.errors else 200
    return {"title": _("Welcome to Bastide"), "form": form, "invitation": invitation, "status": status}


@page("ui/list.html", can=Can.SEE_ACCOUNT)
def account_list(request: HttpRequest) -> Any:
    return list_page(request, tables.AccountTable, reads.accounts(account_of(request)), title=_("Accounts"))


@page("entry/account_detail.html", can=Can.SEE_ACCOUNT)
def account_detail(request: HttpRequest, username: str) -> Any:
    by = account_of(request)
    person = reads.account_for(by, username)
    return {
        "title": person.name,
        "person": person,
        "memberships": person.memberships.select_related("organisation").order_by("-until", "pk"),
        "may_change": by.may(Can.SUSPEND, person) and person.pk != by.pk,
    }


@page("entry/form.html", can=Can.INVITE)
def role_new(request: HttpRequest, username: str) -> Any:
    by = account_of(request)
    person = reads.account_for(by, username)
    form = forms.RoleForm(request.POST or None, visible=reads.organisations(by))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = _try(
            form, lambda: flows.give_role(person, given["organisation"], by=by, at=terms.now(), role=given["role"])
        )
        if made:
            return redirect("entry:account_detail", username=username)
    return {
        "title": _("Give %(name)s a role") % {"name": person.name},
        "form": form,
        "submit": _("Give the role"),
        "back": reverse("entry:account_detail", args=[username]),
        "status": 422 if form.errors else 200,
    }


@require_POST
@page("ui/list.html")
def role_end(request: HttpRequest, pk: int) -> HttpResponse:
    membership = reads.membership_for(account_of(request), pk)
    flows.end_role(membership, by=account_of(request), at=terms.now())
    messages.success(request, _("The role has ended."))
    return redirect("entry:account_detail", username=membership.account.username)


@page("entry/form.html", can=Can.SUSPEND)
def account_switch(request: HttpRequest, username: str) -> Any:
    """Suspend an active account, restore a suspended one; both with a reason."""
    by = account_of(request)
    person = reads.account_for(by, username)
    act, label = (flows.suspend, _("Suspend")) if person.is_active else (flows.restore, _("Restore"))
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = _try(form, lambda: act(person, by=by, at=terms.now(), reason=form.cleaned_data["reason"]) or True)
        if done:
            return redirect("entry:account_detail", username=username)
    return {
        "title": f"{label}: {person.name}",
        "form": form,
        "submit": label,
        "back": reverse("entry:account_detail", args=[username]),
        "status": 422 if form.errors else 200,
    }


@page("entry/me.html")
def me(request: HttpRequest) -> Any:
    """One's own account: roles, keys for programs, ways to sign in."""
    account: Account = account_of(request)
    form = forms.TokenForm(request.POST or None, account=account) if account.can(Can.OWN_TOKENS) else None
    secret = ""
    if request.method == "POST" and form is not None and form.is_valid():
        given = form.cleaned_data
        made = _try(form, lambda: flows.make_token(account, at=terms.now(), **given))
        if made:
            secret, form = made[1], forms.TokenForm(account=account)
    return {
        "title": _("My account"),
        "account": account,
        "memberships": account.standing(),
        "form": form,
        "secret": secret,
        "tokens": reads.own_tokens(account),
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
