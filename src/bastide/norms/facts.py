"""What the norms announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class NormsRevised:
    """A later version of a pack was loaded; anchors of clauses that came, changed or left. For the record so far."""

    pack: str
    version: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    at: datetime
