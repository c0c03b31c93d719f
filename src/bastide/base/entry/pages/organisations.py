"""Organisations and invitations, as pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.entry import flows, forms, reads, tables
from bastide.base.entry.access import Can
from bastide.base.entry.pages.acting import attempt
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page


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
        made = attempt(form, lambda: flows.enter_organisation(by=account, at=terms.now(), **form.cleaned_data))
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


@page("entry/form.html", can=Can.INVITE, deciding=True)
def invite(request: HttpRequest, code: str) -> Any:
    account = account_of(request)
    organisation = reads.organisation_for(account, code)
    if not account.may(Can.INVITE, organisation):
        raise Http404
    form = forms.InvitationForm(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        url = request.build_absolute_uri(reverse("entry:welcome", args=["SECRET"])).replace("SECRET", "{secret}")
        made = attempt(
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
