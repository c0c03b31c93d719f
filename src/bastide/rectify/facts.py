"""What rectification announces. All three are for the record and for the rooms above (risk, situation room)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OrderServed:
    """An order was issued and served on an operator."""

    order: str
    operator_id: int
    at: datetime


@dataclass(frozen=True)
class OrderOverdue:
    """The limit of an order passed before the evidence was handed in."""

    order: str
    operator_id: int
    at: datetime


@dataclass(frozen=True)
class OrderClosed:
    """Everything an order asked was verified, and the order is closed."""

    order: str
    operator_id: int
    at: datetime
