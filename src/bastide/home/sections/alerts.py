"""Alerts over time by level, and those open now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django.utils.translation import pgettext

from bastide.home.sections.ground import Ground, Reporting, listed
from bastide.monitor import reads as monitor

DAYS = 30
LEVELS = monitor.Open._fields
TONES = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue", "informational": "quiet"}
GRAVE = ["critical", "high"]


@dataclass(frozen=True)
class Count:
    level: str
    name: str
    value: int
    url: str


@dataclass(frozen=True)
class Day:
    day: str
    counts: list[Count]
    total: int
    url: str


@dataclass(frozen=True)
class Alerts:
    grave: int
    grave_url: str
    open: int
    url: str
    open_by_level: list[Count]
    days: list[Day]
    total: int
    total_url: str
    reporting: Reporting

    @property
    def levels(self) -> list[str]:
        return [count.name for count in self.open_by_level]

    @property
    def chart(self) -> dict[str, Any]:
        """The days as stacked bars; a click on a bar leads to that day's list."""
        series = [
            {"name": str(name), "tone": TONES[level], "values": [day.counts[place].value for day in self.days]}
            for place, (level, name) in enumerate(zip(LEVELS, self.levels, strict=True))
        ]
        return {
            "kind": "stacked", "labels": [day.day[5:] for day in self.days],
            "series": [one for one in series if any(one["values"])] or series[:1],
            "links": [day.url if day.total else "" for day in self.days],
        }  # fmt: skip

    @property
    def chart_id(self) -> str:
        """The same while the figures are: a refresh then leaves the drawn chart alone."""
        return f"alerts-{crc32(repr(self.chart).encode()):x}"


def alerts(ground: Ground) -> Alerts | None:
    """None for whoever may not see alerts."""
    if ground.alerts is None:
        return None
    days = [_day(day, levels) for day, levels in monitor.alerts_by_day(ground.account, at=ground.at, days=DAYS)]
    sums = map(sum, zip(monitor.Open(), *ground.alerts.values(), strict=True))
    now_open = [
        Count(level, name_of(level), count, listed("monitor:alert_list", open="yes", level=level))
        for level, count in zip(LEVELS, sums, strict=True)
    ]
    first, last = days[0].day, days[-1].day
    return Alerts(
        grave=sum(count.value for count in now_open if count.level in GRAVE),
        grave_url=listed("monitor:alert_list", open="yes", level=GRAVE),
        open=sum(count.value for count in now_open), url=listed("monitor:alert_list", open="yes"),
        open_by_level=now_open, days=days, total=sum(day.total for day in days),
        total_url=listed("monitor:alert_list", first_seen_from=first, first_seen_to=last),
        reporting=ground.reporting("events"),
    )  # fmt: skip


def name_of(level: str) -> str:
    """A level in words; "informational" is long for a heading."""
    return pgettext("alert level", "Info") if level == "informational" else monitor.level_name(level)


def _day(day: str, levels: dict[str, int]) -> Day:
    when = {"first_seen_from": day, "first_seen_to": day}
    counts = [
        Count(level, name_of(level), levels.get(level, 0), listed("monitor:alert_list", **when, level=level))
        for level in LEVELS
    ]
    return Day(day, counts, sum(count.value for count in counts), listed("monitor:alert_list", **when))
