"""Webhooks as pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.entry.pages.acting import attempt
from bastide.base.hooks import flows, forms, kinds, reads
from bastide.base.hooks.access import Can
from bastide.base.hooks.models import Endpoint
from bastide.base.hooks.tables import DeliveryTable, EndpointTable
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page, small_table


@page("ui/list.html", can=Can.SEE)
def endpoint_list(request: HttpRequest) -> Any:
    account = account_of(request)
    return list_page(
        request, EndpointTable, reads.endpoints(account), title=_("Webhooks"),
        create=(_("Register a webhook"), reverse("hooks:endpoint_new")) if account.can(Can.KEEP) else None,
        empty=_("A webhook tells a program of your organisation when something happens here."),
    )  # fmt: skip


@page("hooks/form.html", can=Can.KEEP, deciding=True)
def endpoint_new(request: HttpRequest) -> Any:
    account = account_of(request)
    form = forms.EndpointForm(request.POST or None, organisations=account.organisations_with(Can.KEEP))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = attempt(
            form,
            lambda: flows.register(
                given["organisation"], by=account, at=terms.now(), name=given["name"], url=given["url"],
                wanted=given["kinds"],
            ),
        )  # fmt: skip
        if made:
            return _told(request, made[0].pk, secret=made[1])
    return {
        "title": _("Register a webhook"), "form": form, "submit": _("Register"),
        "back": reverse("hooks:endpoint_list"), "status": 422 if form.errors else 200,
    }  # fmt: skip


@page("hooks/form.html", can=Can.KEEP, deciding=True)
def endpoint_change(request: HttpRequest, pk: int) -> Any:
    endpoint = reads.endpoint_for(account_of(request), pk)
    form = forms.ChangeForm(request.POST or None, endpoint=endpoint)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        done = attempt(
            form,
            lambda: flows.change(
                endpoint, by=account_of(request), at=terms.now(), name=given["name"], url=given["url"],
                wanted=given["kinds"],
            ),
        )  # fmt: skip
        if done:
            return redirect(endpoint)
    return {
        "title": _("Change “%(name)s”") % {"name": endpoint.name}, "form": form, "submit": _("Save"),
        "back": endpoint.get_absolute_url(), "status": 422 if form.errors else 200,
    }  # fmt: skip


@page("hooks/endpoint_detail.html", can=Can.SEE)
def endpoint_detail(request: HttpRequest, pk: int) -> Any:
    return _shown(request, reads.endpoint_for(account_of(request), pk))


def _shown(request: HttpRequest, endpoint: Endpoint, **more: Any) -> dict[str, Any]:
    account = account_of(request)
    return {
        "title": endpoint.name, "endpoint": endpoint, "may_keep": account.may(Can.KEEP, endpoint),
        "kinds": [kinds.title_of(name) for name in endpoint.kinds], "since": forms.SinceForm(),
        "overlaps": endpoint.old_until is not None and endpoint.old_until > terms.now(),
        "deliveries": small_table(
            request, DeliveryTable, endpoint.deliveries.all(), limit=10,
            more_url=reverse("hooks:delivery_list", args=[endpoint.pk]),
        ),
        **more,
    }  # fmt: skip


@page("hooks/endpoint_detail.html")
def _told(request: HttpRequest, pk: int, secret: str) -> Any:
    """The endpoint with its secret, this once."""
    request.told_once = True  # type: ignore[attr-defined]
    return _shown(request, reads.endpoint_for(account_of(request), pk), secret=secret)


@require_POST
@page("hooks/endpoint_detail.html", can=Can.KEEP, deciding=True)
def endpoint_rotate(request: HttpRequest, pk: int) -> Any:
    account = account_of(request)
    secret = flows.rotate(reads.endpoint_for(account, pk), by=account, at=terms.now())
    return _told(request, pk, secret=secret)


@require_POST
@page("hooks/endpoint_detail.html", can=Can.KEEP)
def endpoint_switch(request: HttpRequest, pk: int) -> HttpResponse:
    account = account_of(request)
    endpoint = reads.endpoint_for(account, pk)
    flows.switch(endpoint, by=account, at=terms.now(), on=endpoint.state != Endpoint.State.ON)
    return redirect(endpoint)


@require_POST
@page("hooks/endpoint_detail.html", can=Can.KEEP, deciding=True)
def endpoint_remove(request: HttpRequest, pk: int) -> HttpResponse:
    account = account_of(request)
    flows.remove(reads.endpoint_for(account, pk), by=account, at=terms.now())
    messages.success(request, _("The webhook is removed."))
    return redirect("hooks:endpoint_list")


@require_POST
@page("hooks/endpoint_detail.html", can=Can.KEEP)
def endpoint_ping(request: HttpRequest, pk: int) -> HttpResponse:
    account = account_of(request)
    return redirect(flows.ping(reads.endpoint_for(account, pk), by=account, at=terms.now()))


@require_POST
@page("hooks/endpoint_detail.html", can=Can.KEEP)
def endpoint_again(request: HttpRequest, pk: int) -> Any:
    """Send everything again since a moment."""
    account = account_of(request)
    endpoint, form = reads.endpoint_for(account, pk), forms.SinceForm(request.POST)
    if not form.is_valid():
        return _shown(request, endpoint) | {"since": form, "status": 422}
    count = flows.send_again_since(endpoint, by=account, at=terms.now(), since=form.cleaned_data["since"])
    messages.success(
        request, ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
        % {"count": count},
    )  # fmt: skip
    return redirect(endpoint)


@page("ui/list.html", can=Can.SEE)
def delivery_list(request: HttpRequest, pk: int) -> Any:
    endpoint = reads.endpoint_for(account_of(request), pk)
    return list_page(
        request, DeliveryTable, endpoint.deliveries.all(), title=_("Messages to “%(name)s”") % {"name": endpoint.name},
        empty=_("Nothing has happened yet that this webhook is told."),
    )  # fmt: skip


@page("hooks/delivery_detail.html", can=Can.SEE)
def delivery_detail(request: HttpRequest, pk: int) -> Any:
    account = account_of(request)
    delivery = reads.delivery_for(account, pk)
    return {
        "title": kinds.title_of(delivery.kind), "delivery": delivery, "attempts": delivery.log.all()[:50],
        "may_keep": account.may(Can.KEEP, delivery.endpoint),
    }  # fmt: skip


@require_POST
@page("hooks/delivery_detail.html", can=Can.KEEP)
def delivery_again(request: HttpRequest, pk: int) -> HttpResponse:
    account = account_of(request)
    delivery = reads.delivery_for(account, pk)
    flows.send_again(delivery, by=account, at=terms.now())
    messages.success(request, _("The message is sent again, with the same id."))
    return redirect(delivery)
