"""Pictures of monitoring: alerts over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account
from bastide.monitor import criteria, reads
from bastide.monitor.models import Alert

DAYS = 30
TONES = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue", "informational": "quiet"}


def alerts_over_time(account: Account, rows: QuerySet[Alert], *, at: datetime) -> dict[str, Any] | None:
    """Bars by day and level of these alerts; a bar leads to its day. None if there was none in the last days."""
    days = reads.alerts_by_day(account, at=at, days=DAYS, rows=rows)
    found = {level for _day, levels in days for level in levels}
    if not found:
        return None
    series = [
        {"name": reads.level_name(level), "tone": TONES[level], "values": [levels.get(level, 0) for _d, levels in days]}
        for level in reversed(criteria.LEVELS)
        if level in found
    ]
    return {
        "kind": "stacked",
        "labels": [day[5:] for day, _levels in days],
        "series": series,
        "links": [_list_of(day) if levels else "" for day, levels in days],
    }


def matches_by_day(days: Mapping[str, int]) -> dict[str, Any]:
    """Bars of what a hunt found by day, gaps between the first and the last day shown."""
    first, last = (date.fromisoformat(edge(days)) for edge in (min, max))
    every = [(first + timedelta(days=step)).isoformat() for step in range(min((last - first).days, 366) + 1)]
    series = [{"name": str(_("Matches")), "tone": "orange", "values": [days.get(day, 0) for day in every]}]
    return {"kind": "stacked", "labels": every, "series": series, "links": [""] * len(every)}


def _list_of(day: str) -> str:
    return f"{reverse('monitor:alert_list')}?first_seen_from={day}&first_seen_to={day}"
