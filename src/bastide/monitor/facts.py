"""What monitoring announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AlertEscalated:
    """An alert was judged to be an incident; response opens one."""

    alert: str  # number
    operator_id: int
    unit: str  # number of the network unit, "" if the host is not registered
    title: str
    by_id: int
    found_at: datetime  # when the alert was first seen by somebody who could judge it
    at: datetime
