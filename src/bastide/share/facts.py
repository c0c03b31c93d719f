"""What early warnings announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class WarningPublished:
    """A warning was published and delivered to these operators."""

    warning: str
    colour: str
    operators: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class WarningLifted:
    """A warning was lifted; what it required has ended for these operators."""

    warning: str
    operators: tuple[int, ...]
    at: datetime
