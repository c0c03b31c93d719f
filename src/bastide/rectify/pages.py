"""Findings and orders as pages: lists, one finding, one order with who must do what by when, and the acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from bastide.base import clock
from bastide.base.clock.models import Clock
from bastide.base.people.models import Account
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page
from bastide.rectify import acts, criteria, reads, tables, waiting
from bastide.rectify.access import Can
from bastide.rectify.flows import timing
from bastide.rectify.models import Finding, Order

S = Order.State
# Who has the next move in a state: the operator, otherwise the authority.
WITH_OPERATOR = {
    S.ISSUED, S.RECEIVED, S.PLAN_RETURNED, S.IN_PROGRESS, S.VERIFY_FAILED, S.OVERDUE, S.INTERVIEWED,
}  # fmt: skip
# Where the limit counts, and not the receipt or the next report.
PUTTING_RIGHT = {S.IN_PROGRESS, S.VERIFY_FAILED, S.OVERDUE, S.INTERVIEWED}
STATIONS = {
    "serve": gettext_lazy("Served"), "plan": gettext_lazy("Plan"), "put_right": gettext_lazy("Put right"),
    "verify": gettext_lazy("Verified by a second person"), "close": pgettext_lazy("rectify", "Closed"),
}  # fmt: skip


def _looks(request: HttpRequest, *rights: Can) -> Account:
    account = account_of(request)
    if not any(account.can(right) for right in rights):
        raise PermissionDenied
    return account


# ---- findings


@page("rectify/finding_list.html")
def finding_list(request: HttpRequest) -> Any:
    account = _looks(request, Can.SEE_FINDING, Can.SEE_OWN_FINDING)
    return list_page(
        request, tables.FindingTable, reads.findings(account), title=pgettext("rectify", "Findings"),
        create=(_("Record a finding"), reverse("rectify:finding_record")) if account.can(Can.RECORD_FINDING) else None,
        empty=_("No finding yet. Findings come from concluded inspections, or are recorded by hand."),
        may_order=account.can(Can.DRAFT_ORDER), may_import=account.can(Can.RECORD_FINDING),
    )  # fmt: skip


@page("rectify/finding_detail.html")
def finding_detail(request: HttpRequest, number: str) -> Any:
    account = _looks(request, Can.SEE_FINDING, Can.SEE_OWN_FINDING)
    finding = reads.finding_for(account, number)
    order = reads.order_of(finding)
    kin = reads.kin_of(account, finding)
    free = finding.state == Finding.State.OPEN and order is None
    return {
        "title": finding.title,
        "thing": finding,
        "severity": tables.severity_badge(finding.pack, finding.severity, finding.severity_name),
        "acts": acts.FINDINGS.next_acts(finding, account) if free else [],
        "order": order if order and reads.orders(account).filter(pk=order.pk).exists() else None,
        "may_order": free and account.may(Can.DRAFT_ORDER, finding),
        "proofs": reads.proofs_of(account, finding),
        "here": kin.filter(operator=finding.operator_id)[:10],
        "elsewhere": reads.operators_beside(finding, kin),
        "returned": finding.returned.first(),
    }


@page("rectify/finding_operator.html", can=Can.RECORD_FINDING)
def finding_record(request: HttpRequest) -> Any:
    """Record a finding by hand: the operator first, unless the address names it (or the incident it comes from)."""
    if request.method == "POST" or request.GET.get("operator"):
        return acts.FINDINGS.create_page("record")(request)
    from bastide.registry import reads as registry

    operators = registry.operators_where(account_of(request), Can.RECORD_FINDING).order_by("name_zh")
    return {"title": _("Record a finding"), "operators": operators, "incident": request.GET.get("incident", "")}


def finding_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    return acts.FINDINGS.page(request, number, act)


# ---- orders


@page("ui/list.html")
def order_list(request: HttpRequest) -> Any:
    account = _looks(request, Can.SEE_ORDER, Can.SEE_OWN_ORDER)
    rows = reads.with_line_counts(reads.orders(account))
    return list_page(
        request, tables.OrderTable, rows, title=_("Rectification orders"),
        create=(_("Draw up an order"), reverse("rectify:order_draft")) if account.can(Can.DRAFT_ORDER) else None,
        empty=_("No order yet. An order is drawn up over open findings of one operator."),
    )  # fmt: skip


@dataclass(frozen=True)
class Station:
    """One station of an order's life, as it is drawn."""

    label: Any
    css: str
    at: datetime | None
    is_here: bool


def stations(order: Order) -> list[Station]:
    """Where the order stands: done, here, late or still to come."""
    here = criteria.station_of(order.state)
    times = [
        order.served_at,
        order.plan_accepted_at or order.planned_at,
        order.submitted_at,
        order.verified_at,
        order.closed_at,
    ]
    over, found = order.state in tables.LATE, []
    for n, name in enumerate(criteria.STATIONS):
        is_done = (n < here and times[n] is not None) or order.state == S.CLOSED
        is_here = n == here and not is_done
        css = "is-done" if is_done else ("is-late" if over else "is-here") if is_here else ""
        found.append(Station(STATIONS[name], css, times[n] if n <= here or is_done else None, is_here))
    return found


@dataclass(frozen=True)
class Move:
    """Who must do what by when."""

    who: str
    what: Any
    clock: Clock | None


def next_move(order: Order, clocks: list[Clock]) -> Move | None:
    """The next move of an order: the party, the act wanted, and the clock of that party that is due first."""
    if order.state not in waiting.WANTED:
        return None
    party = order.operator if order.state in WITH_OPERATOR else order.authority
    running = [c for c in clocks if c.state == Clock.Standing.RUNNING and c.bearer_id == party.pk]
    if order.state in PUTTING_RIGHT:
        limits = timing.limit_types(order)
        running = [c for c in running if c.type_id in limits]
    return Move(party.name, waiting.WANTED[S(order.state)], running[0] if running else None)


@page("rectify/order_detail.html")
def order_detail(request: HttpRequest, number: str) -> Any:
    account = _looks(request, Can.SEE_ORDER, Can.SEE_OWN_ORDER)
    order = reads.order_for(account, number)
    lines = reads.lines_of(order)
    for line in lines:
        line.__dict__["badge"] = tables.severity_badge(
            line.finding.pack, line.finding.severity, line.finding.severity_name
        )
    offered = acts.ORDERS.next_acts(order, account)
    return {
        "title": _("Order %(number)s") % {"number": order.number},
        "thing": order,
        "acts": offered,
        "lines": lines,
        "stations": stations(order) if criteria.station_of(order.state) >= 0 else [],
        "move": next_move(order, clock.of(order)),
        "gravest": tables.severity_badge(order.pack, order.gravest, order.gravest_name),
        "progress": order.progress.select_related("by")[:10],
        "extensions": order.extensions.select_related("asked_by", "decided_by", "order"),
        "verifications": reads.verifications_of(order),
        "may_hand_in": any(act["name"] == "hand_in" for act in offered),
    }


@page("ui/act.html", can=Can.DRAFT_ORDER)
def order_draft(request: HttpRequest) -> Any:
    return acts.ORDERS.create_page("draft")(request)


def order_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    return acts.ORDERS.page(request, number, act)
