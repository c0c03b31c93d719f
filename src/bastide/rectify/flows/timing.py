"""The clocks of an order by purpose: which run, which are the limits, and what is due when."""

from __future__ import annotations

from datetime import datetime

from bastide.base import clock, packs
from bastide.base.clock.models import Clock
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import Term
from bastide.rectify.models import Order, OrderLine

# What the operator owes besides putting right; it ends with the evidence.
OWED = ("rectify.receipt", "rectify.plan", "rectify.progress", "rectify.interview")


def start(
    order: Order, purpose: str, *, bearer: Organisation, at: datetime, by: Account, fact: str, limit: Term | None = None
) -> Clock:
    law = packs.pack(order.pack)
    return clock.start(order, law.clock_for(purpose).id, at=at, by=by, bearer=bearer, fact=fact, limit=limit, pack=law)


def stop(order: Order, *purposes: str, at: datetime, by: Account, fact: str, cancelled: bool = False) -> None:
    law = packs.pack(order.pack)
    for purpose in purposes:
        clock.stop_all(order, law.clock_for(purpose).id, at=at, by=by, fact=fact, cancelled=cancelled)


def limit_types(order: Order) -> set[str]:
    """The clock types that bound putting right: one for each severity, and the rework after a failed verification."""
    law = packs.pack(order.pack)
    return {severity.clock for severity in law.severities} | {law.clock_for("rectify.rework").id}


def limits(order: Order) -> list[Clock]:
    """The limits that still run."""
    wanted = limit_types(order)
    return [c for c in clock.of(order) if c.type_id in wanted and c.state == Clock.Standing.RUNNING]


def type_of(order: Order, line: OrderLine) -> str:
    """The clock that bounds one finding: its severity's, the gravest's if the order has one limit, or the rework."""
    law = packs.pack(order.pack)
    if line.failures:
        return law.clock_for("rectify.rework").id
    return law.severity(order.gravest if order.one_limit else line.finding.severity).clock


def start_limits(order: Order, lines: list[OrderLine], *, at: datetime, by: Account) -> None:
    """Start the limit of each finding as the pack says, and write down what is due when."""
    law = packs.pack(order.pack)
    for line in lines:
        kind = type_of(order, line)
        running = clock.start(order, kind, at=at, by=by, bearer=order.operator, fact="rectify.order.issue", pack=law)
        line.due_at = running.due_at
        line.save(update_fields=["due_at"])
    order.limit_at = max((line.due_at for line in lines if line.due_at), default=None)


def settle(order: Order, *, at: datetime, by: Account, fact: str) -> None:
    """Stop every limit that no finding waits for any more."""
    lines = list(order.lines.filter(released=False).select_related("finding"))
    waiting = {type_of(order, line) for line in lines if not line.is_settled}
    for running in limits(order):
        if running.type_id not in waiting:
            clock.stop(running, at=at, by=by, fact=fact)


def due_again(order: Order) -> None:
    """Write down the due times anew after an extension."""
    due = {running.type_id: running.due_at for running in limits(order)}
    lines = list(order.lines.filter(released=False).select_related("finding"))
    for line in lines:
        if not line.is_settled and type_of(order, line) in due:
            line.due_at = due[type_of(order, line)]
            line.save(update_fields=["due_at"])
    order.limit_at = max((line.due_at for line in lines if line.due_at), default=None)
