"""Pages over the lower rooms: notifications and the trail."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.flow.machine import flows
from bastide.base.inbox import notes
from bastide.base.inbox.models import Notification
from bastide.base.jobs import sealing
from bastide.base.people.scope import scoped
from bastide.base.trail import days, seals
from bastide.base.trail.access import Can as TrailCan
from bastide.base.trail.models import Entry, Seal, Stamp
from bastide.base.ui import timeline
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Search, Table, Text, list_page


@page("ui/notifications.html")
def notifications(request: HttpRequest) -> dict[str, Any] | HttpResponseBase:
    """Everything this person was told; POST marks all as read."""
    account = account_of(request)
    if request.method == "POST":
        notes.mark_read(account, at=terms.now())
        return redirect("ui:notifications")
    mine = Notification.objects.filter(account=account).select_related("organisation")
    shown = Paginator(mine, 40).get_page(request.GET.get("page"))
    return {
        "title": _("Notifications"),
        "notes": shown.object_list,
        "page": shown,
        "unread": notes.unread(account).exists(),
    }


def notification(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Open what a notification is about, and mark it as read."""
    note = get_object_or_404(Notification, pk=pk, account=account_of(request))
    notes.mark_read(account_of(request), at=terms.now(), pks=[note.pk])
    return redirect(note.url or reverse("ui:notifications"))


def kinds() -> list[tuple[str, Any]]:
    """The kinds of things that flows change, by their names."""
    return [(kind, flow.model._meta.verbose_name) for kind, flow in flows().items()]


def page_of(entry: Entry) -> str:
    """The page of the thing an entry speaks of, where its kind has one."""
    app, _dot, model = entry.kind.partition(".")
    try:
        return reverse(f"{app}:{model}_detail", args=[entry.number]) if entry.number else ""
    except NoReverseMatch:
        return ""


class EntryTable(Table):
    name = "trail.entry"
    columns = (
        Column("at", _("Time"), kind="moment"),
        Column("account_name", _("Who")),
        Column("on_behalf", _("In whose name")),
        Column("act", _("Act"), value=lambda row: timeline.title_of(row.act), sort="act"),
        Column("number", _("Number"), link=page_of),
        Column("organisation", _("Organisation"), sort="organisation__code"),
        Column("was", _("Was"), value=lambda row: timeline.state_of(row, row.was), sort="was", shown=False),
        Column("now", _("Became"), value=lambda row: timeline.state_of(row, row.now), sort="now"),
        Column("purpose", _("Purpose")),
        Column("note", _("Note"), sort=False, shown=False),
        Column("address", _("Address"), kind="code", shown=False),
        Column("known_at", _("Recorded"), kind="moment", shown=False),
    )
    filters = (
        Search("number", "account_name", "act", "note", "purpose"),
        Text("who", _("User name"), paths=("account__username",), exact=True),
        Text("number", _("Number"), exact=True),
        Text("purpose", _("Purpose")),
        Choice("act", _("Act"), choices=lambda account: timeline.acts()),
        Choice("kind", _("Kind"), choices=lambda account: kinds()),
        Boolean("is_read", _("Only looks and exports")),
        DateRange("at", _("Time")),
    )
    sort = "-at"
    guarded = True
    export_can = TrailCan.EXPORT


@page("ui/trail_list.html", can=TrailCan.SEE)
def trail_list(request: HttpRequest) -> dict[str, Any] | HttpResponseBase:
    """The trail in the sight of the account: what was done and who looked at what."""
    account = account_of(request)
    entries = scoped(Entry.objects.select_related("organisation"), account, TrailCan.SEE)
    seal = Seal.objects.order_by("-number").first()
    return list_page(
        request,
        EntryTable,
        entries,
        title=_("Trail"),
        intro=_("Every change, and every look at a classified record. Nothing here can be altered."),
        seal=seal,
        root_day=days.day_of(seal.sealed_at) if seal and account.can(TrailCan.EXPORT) else None,
        stamped=Stamp.objects.order_by("-seal_id").first(),
        unsealed=seals.unsealed(after=seals.floor(at=terms.now())).count(),
        check=sealing.last_check(),
    )
