"""Bulk acts: one act for several rows of a list, one transaction each; the summary says which were refused and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bastide.base import terms
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account
from bastide.base.ui.tables.table import BoundTable

Words = str | Promise
LIMIT = 500
SESSION = "bulk_result"


@dataclass(frozen=True)
class Bulk:
    """An act offered for the ticked rows. `act(row, *, by, at, **cleaned)` is the flow function itself."""

    name: str
    label: Words
    act: Callable[..., Any]
    form: type[forms.Form] | None = None
    can: str = ""
    icon: str = "checks"

    @classmethod
    def of(cls, acts: Any, name: str, *, icon: str = "checks") -> Bulk:
        """The bulk form of an act that a noun's `Acts` table (ui/doors.py) already has."""
        step, door = acts.flow.steps[name], acts.doors[name]
        return cls(name, step.title, door.act, door.form, step.can, icon)

    def bound_form(self, account: Account, data: Any = None) -> forms.Form | None:
        if self.form is None:
            return None
        from bastide.base.ui.doors import ActForm

        if issubclass(self.form, ActForm):
            return self.form(data, thing=None, by=account)
        return self.form(data)


def open_to(account: Account, bulk: tuple[Bulk, ...]) -> list[Bulk]:
    return [one for one in bulk if not one.can or account.can(one.can)]


def answer(bound: BoundTable, bulk: list[Bulk]) -> HttpResponseBase:
    """First the page that asks for confirmation (and the act's input), then the acts themselves."""
    request = bound.request
    act = next((one for one in bulk if one.name == request.POST.get("_bulk")), None)
    if act is None:
        raise Refused(_("This act is not offered here."))
    things = _chosen(bound)
    if not things:
        messages.warning(request, _("Tick at least one row first."))
        return redirect(request.get_full_path())
    form = act.bound_form(bound.account, request.POST if "_confirmed" in request.POST else None)
    if "_confirmed" not in request.POST or (form is not None and not form.is_valid()):
        return _ask(request, act, things, form)
    _keep(request, _carry_out(act, things, form, bound.account))
    return redirect(request.get_full_path())


def _chosen(bound: BoundTable) -> list[Any]:
    """The ticked rows, or all rows that match the filters; always out of the list's own scope."""
    request = bound.request
    if request.POST.get("_all"):
        if bound.total > LIMIT:
            raise Refused(_("At most %(limit)s rows at a time; narrow the list first.") % {"limit": LIMIT})
        return list(bound.rows)
    ticked = [pk for pk in request.POST.getlist("pk") if pk.isdigit()][:LIMIT]
    return list(bound.rows.filter(pk__in=ticked))


def _ask(request: HttpRequest, act: Bulk, things: list[Any], form: forms.Form | None) -> HttpResponse:
    status = 422 if form is not None and form.is_bound else 200
    values = {"act": act, "things": things, "form": form, "title": act.label, "back": request.get_full_path()}
    return render(request, "ui/bulk.html", values, status=status)


def _carry_out(act: Bulk, things: list[Any], form: forms.Form | None, by: Account) -> dict[str, Any]:
    given, done, refused = form.cleaned_data if form is not None else {}, [], []
    for thing in things:
        try:
            act.act(thing, by=by, at=terms.now(), **given)
        except Refused as refusal:
            refused.append([str(thing), str(refusal)])
        else:
            done.append(str(thing))
    return {"label": str(act.label), "done": done, "refused": refused}


def _keep(request: HttpRequest, result: dict[str, Any]) -> None:
    """The summary waits in the session for the page that is shown next."""
    request.session[SESSION] = result


def result_of(request: HttpRequest) -> dict[str, Any] | None:
    """The summary of the bulk act just carried out, once."""
    result: dict[str, Any] | None = request.session.pop(SESSION, None)
    if result is not None:
        result["headline"] = ngettext(
            "%(label)s: done for %(count)s entry.", "%(label)s: done for %(count)s entries.", len(result["done"])
        ) % {"label": result["label"], "count": len(result["done"])}
    return result
