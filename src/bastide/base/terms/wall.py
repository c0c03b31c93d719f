"""The wall clock. `now()` is the only place in the house that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

_frozen: list[datetime] = []


def now() -> datetime:
    """This moment in UTC; the moment given to `frozen` while a test holds the clock."""
    return _frozen[-1] if _frozen else datetime.now(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the clock of the whole process (all threads) at one moment; contexts nest."""
    if at.tzinfo is None:
        raise ValueError(f"frozen: {at} has no zone; give an aware time, as datetime(2026, 11, 22, tzinfo=CHINA)")
    _frozen.append(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()
