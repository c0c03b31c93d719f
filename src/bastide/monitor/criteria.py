"""Verdicts of monitoring, from plain values: windows, levels, needs of acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

LEVELS = ("informational", "low", "medium", "high", "critical")
WINDOW = timedelta(hours=1)
# How long a source may be silent before its operator counts as not reporting.
SILENT_AFTER = timedelta(hours=24)
EVIDENCE_ROWS = 20

# Where an event says when it happened and on which host, in the order they are asked (ECS, Windows, Zeek, AWS, auditd).
TIME_FIELDS = (
    "@timestamp",
    "SystemTime",
    "UtcTime",
    "TimeCreated",
    "ts",
    "eventTime",
    "timestamp",
    "time",
    "EventTime",
)
HOST_FIELDS = (
    "Computer",
    "host.name",
    "hostname",
    "Hostname",
    "host",
    "ComputerName",
    "id.orig_h",
    "sourceIPAddress",
    "node",
)


def window_start(at: datetime, window: timedelta = WINDOW) -> datetime:
    """The start of the fixed window a moment falls in, counted from 1970 in UTC."""
    seconds = int(window.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


def level_rank(level: str) -> int:
    """Order of Sigma levels; an unknown one counts as medium."""
    return LEVELS.index(level) if level in LEVELS else LEVELS.index("medium")


def host_of(event: Mapping[str, Any]) -> str:
    """The host an event states, or ""."""
    for name in HOST_FIELDS:
        value: Any = event.get(name)
        if value is None and "." in name:
            head, _dot, tail = name.partition(".")
            inner = event.get(head)
            value = inner.get(tail) if isinstance(inner, Mapping) else None
        if isinstance(value, str) and value.strip():
            return value.strip()[:200]
    return ""


def moment_of(event: Mapping[str, Any]) -> datetime | None:
    """The time an event states, in UTC; None if it states none that can be read."""
    for name in TIME_FIELDS:
        value = event.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = _from_number(float(value))
        elif isinstance(value, str):
            found = _from_text(value.strip())
        else:
            continue
        if found is not None:
            return found
    return None


def _from_number(seconds: float) -> datetime | None:
    while abs(seconds) > 1e11:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            return _from_number(float(text))
        except ValueError:
            return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def is_silent(last: datetime | None, at: datetime) -> bool:
    """Has an operator not reported for too long?"""
    return last is None or at - last > SILENT_AFTER


# ---- the watch over sources: what tells that monitoring itself is blind or led astray


@dataclass(frozen=True)
class Watch:
    """One watch: the level of its alerts, and the ATT&CK techniques it may be the trace of."""

    level: str
    techniques: tuple[str, ...]


SILENCE, AHEAD, FLOOD, DROUGHT = (f"bastide-watch-{name}" for name in ("silence", "clock", "flood", "drought"))
WATCHES = {
    SILENCE: Watch("high", ("T1562.001", "T1562.006")),
    AHEAD: Watch("medium", ("T1070.006",)),
    FLOOD: Watch("medium", ("T1562.006",)),
    DROUGHT: Watch("high", ("T1562.002", "T1562.006")),
}
CLOCK_TOLERANCE = timedelta(minutes=5)
USUAL_DAYS = 7
# Volumes are compared where a source sends enough for a comparison to mean something.
USUAL_LEAST = 1_000  # events a day
TIMES_MORE, SHARE_LESS = 5, 0.2


def is_overdue(last: datetime | None, minutes: int, at: datetime) -> bool:
    """Has a source that sent before been silent for longer than it may? One that never sent is not overdue."""
    return last is not None and at - last > timedelta(minutes=minutes)


def is_ahead(last_event: datetime | None, received: datetime) -> bool:
    """Does a batch hold events from after its receipt, beyond what clocks may differ?"""
    return last_event is not None and last_event - received > CLOCK_TOLERANCE


def change_of_volume(days: Sequence[int]) -> str | None:
    """FLOOD or DROUGHT if the last of these daily counts is far from the median of the seven before; else None."""
    *before, last = days
    if len(before) < USUAL_DAYS or (usual := median(before[-USUAL_DAYS:])) < USUAL_LEAST:
        return None
    if last >= TIMES_MORE * usual:
        return FLOOD
    return DROUGHT if last < SHARE_LESS * usual else None
