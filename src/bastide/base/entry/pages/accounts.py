"""Other people's accounts, as pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.entry import flows, forms, personal, reads, sessions, tables
from bastide.base.entry import provision as provisioning
from bastide.base.entry.access import Can
from bastide.base.entry.pages.acting import attempt, personal_file
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page


@page("ui/list.html", can=Can.SEE_ACCOUNT)
def account_list(request: HttpRequest) -> Any:
    account = account_of(request)
    return list_page(
        request,
        tables.AccountTable,
        reads.accounts(account),
        title=_("Accounts"),
        create=(_("People from a file"), reverse("entry:provision")) if account.can(Can.INVITE) else None,
    )


@page("entry/account_detail.html", can=Can.SEE_ACCOUNT)
def account_detail(request: HttpRequest, username: str) -> Any:
    by = account_of(request)
    person = reads.account_for(by, username)
    return {
        "title": person.name,
        "person": person,
        "memberships": person.memberships.select_related("organisation").order_by("-until", "pk"),
        "may_change": by.may(Can.SUSPEND, person) and person.pk != by.pk,
        "may_explain": by.can(Can.EXPLAIN),
    }


@page("entry/form.html", can=Can.INVITE, deciding=True)
def role_new(request: HttpRequest, username: str) -> Any:
    by = account_of(request)
    person = reads.account_for(by, username)
    form = forms.RoleForm(request.POST or None, visible=reads.organisations(by))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = attempt(
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
@page("ui/list.html", deciding=True)
def role_end(request: HttpRequest, pk: int) -> HttpResponse:
    membership = reads.membership_for(account_of(request), pk)
    flows.end_role(membership, by=account_of(request), at=terms.now())
    messages.success(request, _("The role has ended."))
    return redirect("entry:account_detail", username=membership.account.username)


@page("entry/form.html", can=Can.SUSPEND, deciding=True)
def account_switch(request: HttpRequest, username: str) -> Any:
    """Suspend an active account, restore a suspended one; both with a reason."""
    by = account_of(request)
    person = reads.account_for(by, username)
    act, label = (flows.suspend, _("Suspend")) if person.is_active else (flows.restore, _("Restore"))
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: act(person, by=by, at=terms.now(), reason=form.cleaned_data["reason"]) or True)
        if done:
            return redirect("entry:account_detail", username=username)
    return {
        "title": f"{label}: {person.name}",
        "form": form,
        "submit": label,
        "back": reverse("entry:account_detail", args=[username]),
        "status": 422 if form.errors else 200,
    }


@require_POST
@page("ui/list.html", can=Can.SUSPEND, deciding=True)
def account_sessions_end(request: HttpRequest, username: str) -> HttpResponse:
    """End every session of somebody else, as when a device was lost."""
    by = account_of(request)
    ended = sessions.end_all(reads.account_for(by, username), by=by, at=terms.now())
    messages.success(request, _("Sessions ended: %(count)s.") % {"count": ended})
    return redirect("entry:account_detail", username=username)


@page("entry/provision.html", can=Can.INVITE, deciding=True)
def provision(request: HttpRequest) -> Any:
    """People in bulk: a file is checked first, then carried out; the receipt names every row."""
    by = account_of(request)
    form = forms.ProvisionForm(request.POST or None, request.FILES or None)
    receipt, text = None, ""
    if request.method == "POST" and form.is_valid():
        data, is_for_good = form.cleaned_data["data"], "carry_out" in request.POST
        url = request.build_absolute_uri(reverse("entry:welcome", args=["SECRET"])).replace("SECRET", "{secret}")
        receipt = attempt(
            form, lambda: provisioning.take_in(data, by=by, at=terms.now(), dry_run=not is_for_good, url_of=url)
        )
        text = "" if is_for_good or receipt is None else data.decode("utf-8-sig")
    return {
        "title": _("People from a file"),
        "form": form,
        "receipt": receipt,
        "text": text,
        "columns": provisioning.COLUMNS,
        "back": reverse("entry:account_list"),
        "status": 422 if form.errors else 200,
    }


@page("entry/form.html", can=Can.SUSPEND, deciding=True)
def account_personal(request: HttpRequest, username: str) -> Any:
    """What is kept about somebody else, as a file, for a stated reason."""
    by = account_of(request)
    person = reads.account_for(by, username)
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        held = attempt(form, lambda: personal.export(person, by=by, at=terms.now(), reason=reason))
        if held is not None:
            return personal_file(person, held)
    return {
        "title": _("Personal data of %(name)s") % {"name": person.name},
        "form": form,
        "submit": _("Download"),
        "back": reverse("entry:account_detail", args=[username]),
        "status": 422 if form.errors else 200,
    }
