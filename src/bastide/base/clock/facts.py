"""What clocks announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ClockOverdue:
    """A clock passed its due time while it ran. Announced once for each due time."""

    clock_id: int
    type_id: str
    thing_kind: str
    thing_id: int
    thing_number: str
    bearer_code: str
    due_at: datetime
    at: datetime
