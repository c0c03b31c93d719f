"""What early warnings do when a clock announces."""

from __future__ import annotations

from datetime import datetime

from bastide.base import trail
from bastide.base.clock.facts import ClockOverdue
from bastide.base.people.models import Account
from bastide.share import flows
from bastide.share.flows import timing
from bastide.share.models import Delivery


@trail.hears(ClockOverdue)
def escalate(fact: ClockOverdue, *, at: datetime) -> None:
    """Nobody acknowledged in time. A late report on what was done is told by its own reminder."""
    if fact.thing_kind != "share.delivery":
        return
    delivery = Delivery.objects.select_related("warning").get(pk=fact.thing_id)
    waits = delivery.state == Delivery.State.PENDING and delivery.warning.is_in_force
    if waits and fact.type_id == timing.acknowledgement(delivery.warning) and _still_runs(delivery, fact):
        flows.escalate(delivery, by=Account.objects.house(), at=at)


def _still_runs(delivery: Delivery, fact: ClockOverdue) -> bool:
    """A clock of the edition before, heard late, says nothing about this one."""
    from bastide.base import clock

    running = clock.open_of(delivery, fact.type_id)
    return running is not None and running.pk == fact.clock_id
