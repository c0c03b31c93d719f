"""The clocks of a delivery: which ones the colour of the warning asks for, started and stopped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bastide.base import clock, packs
from bastide.base.people.models import Account
from bastide.share.models import Delivery, EarlyWarning


def acknowledgement(warning: EarlyWarning) -> str:
    """The clock of the acknowledgement; empty if the colour asks for none."""
    return packs.pack(warning.pack).colour(warning.colour).ack_clock


def action(warning: EarlyWarning) -> str:
    """The clock of the report on what was done; empty if the colour asks for none."""
    return packs.pack(warning.pack).colour(warning.colour).action_clock


def start_acknowledgement(delivery: Delivery, *, by: Account, at: datetime) -> None:
    _start(delivery, acknowledgement(delivery.warning), by=by, at=at, fact="share.delivery.deliver")


def start_action(delivery: Delivery, *, by: Account, at: datetime) -> None:
    _start(delivery, action(delivery.warning), by=by, at=at, fact="share.delivery.acknowledge")


def _start(delivery: Delivery, type_id: str, *, by: Account, at: datetime, fact: str) -> None:
    if type_id:
        law = packs.pack(delivery.warning.pack)
        clock.start(delivery, type_id, at=at, by=by, bearer=delivery.operator, fact=fact, pack=law)


def stop(delivery: Delivery, type_id: str, *, by: Account, at: datetime, fact: str) -> None:
    if type_id:
        clock.stop_all(delivery, type_id, at=at, by=by, fact=fact)


def due(deliveries: Iterable[Delivery]) -> datetime | None:
    """When the acknowledgements are due: all were delivered at the same moment."""
    for delivery in deliveries:
        type_id = acknowledgement(delivery.warning)
        running = clock.open_of(delivery, type_id) if type_id else None
        return running.due_at if running else None
    return None
