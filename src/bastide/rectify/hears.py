"""What rectification does when inspection or a clock announces."""

from __future__ import annotations

from datetime import datetime

from bastide.base import trail
from bastide.base.clock.facts import ClockOverdue
from bastide.base.people.models import Account
from bastide.inspection.facts import FindingsConfirmed
from bastide.rectify import flows
from bastide.rectify.flows import timing
from bastide.rectify.flows.table import RUNNING
from bastide.rectify.models import Order


@trail.hears(FindingsConfirmed)
def record_findings(fact: FindingsConfirmed, *, at: datetime) -> None:
    """One finding for each observation that stands."""
    flows.record_findings(fact, by=Account.objects.house(), at=at)


@trail.hears(ClockOverdue)
def mark_overdue(fact: ClockOverdue, *, at: datetime) -> None:
    """An order is overdue when one of its limits is; a late receipt or plan is told by its own reminder."""
    if fact.thing_kind != "rectify.order":
        return
    order = Order.objects.get(pk=fact.thing_id)
    if order.state in RUNNING and fact.type_id in timing.limit_types(order):
        flows.mark_overdue(order, by=Account.objects.house(), at=at)
