"""What incidents do when monitoring announces something."""

from __future__ import annotations

from datetime import datetime

from bastide.base import trail
from bastide.base.people.models import Account, Organisation
from bastide.monitor.facts import AlertEscalated
from bastide.registry import reads as registry
from bastide.respond import flows


@trail.hears(AlertEscalated)
def open_incident(fact: AlertEscalated, *, at: datetime) -> None:
    """An escalated alert becomes an incident of its operator; the same alert heard again opens no second one."""
    flows.open_from_alert(
        at=at,
        alert=fact.alert,
        operator=Organisation.objects.get(pk=fact.operator_id),
        title=fact.title,
        found_at=fact.found_at,
        unit=registry.units(Account.objects.house()).filter(number=fact.unit).first() if fact.unit else None,
    )
