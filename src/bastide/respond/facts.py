"""What respond announces: plain values for the rooms above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IncidentReported:
    """An operator has sent the first report of an incident."""

    incident: str
    operator_id: int
    cii: bool
    at: datetime


@dataclass(frozen=True)
class LevelConfirmed:
    """The authority has fixed (or changed) the level of an incident in one scale."""

    incident: str
    operator_id: int
    scale: str
    level: str
    at: datetime


@dataclass(frozen=True)
class IncidentEnded:
    """Handling of an incident has ended; the terms of its summary run from here."""

    incident: str
    at: datetime
