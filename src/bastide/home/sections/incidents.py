"""Open incidents by level, and the gravest of them with the clock that runs out first."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from bastide.base.ui import badges
from bastide.base.ui.badges import Badge
from bastide.base.ui.clockface import Face, face
from bastide.home.sections.ground import Ground, Reporting, listed
from bastide.respond import reads as respond

SHOWN = 6
TONES = {4: "red", 3: "orange", 2: "yellow", 1: "blue"}


@dataclass(frozen=True)
class Level:
    rank: str
    name: str
    count: int
    tone: str
    url: str


@dataclass(frozen=True)
class Line:
    """One open incident: its soonest clock with a number, and how many duties are owed at once."""

    number: str
    title: str
    url: str
    operator: str
    operator_code: str
    rank: int
    level: Badge | None
    state: Badge
    next: Face | None
    at_once: int


@dataclass(frozen=True)
class Incidents:
    open: int
    overdue: int
    url: str
    overdue_url: str
    levels: list[Level]
    lines: list[Line]
    reporting: Reporting


def incidents(ground: Ground) -> Incidents | None:
    """None for whoever may not see incidents."""
    if ground.incidents is None:
        return None
    levels = [
        Level(rank, name, count, TONES.get(int(rank), "muted"), listed("respond:incident_list", level=rank, open="yes"))
        for rank, name, count in respond.open_by_level(ground.account)
    ]
    return Incidents(
        open=sum(load.open for load in ground.incidents.values()),
        overdue=sum(load.overdue for load in ground.incidents.values()),
        url=listed("respond:incident_list", open="yes"),
        overdue_url=listed("respond:incident_list", open="yes", overdue="yes"),
        levels=levels, lines=_lines(ground), reporting=ground.reporting("incidents"),
    )  # fmt: skip


def _lines(ground: Ground) -> list[Line]:
    rows = respond.open_incidents(ground.account).order_by("-rank", F("due_at").asc(nulls_last=True), "pk")[:SHOWN]
    gravest = list(rows)
    clocks = respond.running_clocks(gravest)
    found = []
    for incident in gravest:
        running = clocks.get(incident.pk, [])
        numbered = [clock for clock in running if clock.has_number]
        line = Line(
            number=incident.number, title=incident.title, url=incident.get_absolute_url(),
            operator=incident.operator.name, operator_code=incident.operator.code, rank=incident.rank,
            level=Badge(incident.level_name, incident.level_tone) if incident.rank else None,
            state=badges.of(incident), next=face(numbered[0], ground.at) if numbered else None,
            at_once=len(running) - len(numbered),
        )  # fmt: skip
        found.append(line)
    return found
