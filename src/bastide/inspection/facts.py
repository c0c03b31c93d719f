"""What inspection announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class FindingsConfirmed:
    """A visit is concluded: these observations stand. Each is a dict of plain values with the keys
    number, item, clause, unit, severity, title, text, measure, evidence (ids in the vault)."""

    visit: str
    operator_id: int
    pack: str
    pack_version: str
    observations: tuple[dict[str, Any], ...]
    at: datetime
