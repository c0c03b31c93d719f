"""Verdicts of monitoring, from plain values: windows, levels, needs of acts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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
