"""What is right about an incident: which duties are due and since when, what a report lacks, who commands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bastide.base.packs import (
    Criterion,
    Judgement,
    Mark,
    Office,
    Pack,
    ReportDuty,
    ReportField,
    Scale,
    Stage,
    Starts,
    Text,
)
from bastide.base.packs.levels import Condition

# Items of a report that come from the incident itself and are not typed again.
FROM_THE_INCIDENT = frozenset({"level", "found_at", "type"})
# The six items of a summary (INC25 8).
SUMMARY_ITEMS = ("cause", "measures", "harm", "accountability", "improvement", "lessons")
# Authorities report in these stages, the operator in all others.
BY_AUTHORITY = frozenset({Stage.ONWARD, Stage.AUTHORITY_REPORT})


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments from which duties run. None: it has not come yet."""

    learned: datetime
    received: datetime | None = None
    reported: datetime | None = None
    ended: datetime | None = None

    def of(self, starts: Starts) -> datetime | None:
        """When the clock of a duty starts. Learning of an incident is T0, however late its level was judged."""
        match starts:
            case Starts.LEARNED:
                return self.learned
            case Starts.RECEIVED:
                return self.received
            case Starts.REPORTED:
                return self.reported
            case Starts.ENDED:
                return self.ended


def due_now(pack: Pack, duties: Iterable[ReportDuty], moments: Moments) -> dict[str, datetime]:
    """The duties that have begun, with the start of their clocks.

    A duty of an authority outside the platform is not ours to clock.
    Progress is no longer owed once handling has ended.
    """
    found = {}
    for duty in duties:
        if duty.stage in BY_AUTHORITY and not pack.party(duty.by).in_house:
            continue
        if duty.stage is Stage.PROGRESS and moments.ended is not None:
            continue
        start = moments.of(duty.starts)
        if start is not None:
            found[duty.id] = start
    return found


def asked_for(fields: Iterable[ReportField], facts: Mapping[str, Any]) -> list[ReportField]:
    """The items of the report that this case has: those bound to a fact only if the fact holds."""
    return [field for field in fields if not field.only_if or facts.get(field.only_if)]


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def missing(fields: Iterable[ReportField], content: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Ids of the items that a report leaves open; they may follow."""
    return [
        field.id
        for field in asked_for(fields, facts)
        if field.id not in FROM_THE_INCIDENT and is_blank(content.get(field.id))
    ]


def missing_at_first(fields: Iterable[ReportField], content: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Ids of the items without which not even a partial first report is accepted (items 1 and 2)."""
    must = {field.id for field in fields if field.must_first}
    return [item for item in missing(fields, content, facts) if item in must]


def changed(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What a version of a report says differently from the one before: (item, was, now)."""
    keys = [*was, *(key for key in now if key not in was)]
    return [
        (key, was.get(key), now.get(key))
        for key in keys
        if was.get(key) != now.get(key) and not (is_blank(was.get(key)) and is_blank(now.get(key)))
    ]


# ---- levels


def in_force(pack: Pack, judged: Iterable[Judgement], confirmed: Mapping[str, str]) -> list[Judgement]:
    """The judgements with the confirmed levels put in their place; a level confirmed as "" is taken away."""
    own = {judgement.scale.id: judgement for judgement in judged}
    found = []
    for scale in pack.scales:
        judgement = own.get(scale.id)
        level = confirmed.get(scale.id)
        if level is None or (judgement and judgement.level.id == level):
            found += [judgement] if judgement else []
        elif level:
            found.append(_decided(scale, level))
    return found


def _decided(scale: Scale, level: str) -> Judgement:
    """A level that a person decided and no criterion gave."""
    words = Text(zh="由主管部门核定", en="Decided by the authority")
    when = (Condition(fact="decided", at_least=True),)
    by_hand = Criterion(id="decided", level=level, name=words, when=when, mark=Mark.DESIGN)
    return Judgement(scale, scale.level(level), by_hand, words, Mark.DESIGN)


def gravest(judgements: Iterable[Judgement]) -> int:
    """The highest rank over all scales; 0 if none is reached."""
    return max((judgement.level.rank for judgement in judgements), default=0)


def response_scale(pack: Pack) -> Scale:
    """The scale whose levels the response follows: the one the warning colours are paired with."""
    paired = next((colour.scale for colour in pack.colours if colour.scale), "")
    return pack.scale(paired) if paired else pack.scales[0]


def commanding_office(pack: Pack, rank: int) -> Office:
    """Which office commands a case of this rank. The pack pairs levels with offices through its warning colours."""
    scale = response_scale(pack)
    offices = {level.rank: colour.office for level in scale.levels if (colour := pack.colour_for(scale.id, level.id))}
    return offices.get(rank, Office.PROVINCIAL)


def is_gravest(pack: Pack, rank: int) -> bool:
    """Is it the highest level there is? Its response is a leader's decision."""
    return rank >= max(level.rank for level in response_scale(pack).levels)
