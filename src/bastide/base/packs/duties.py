"""Report duties of an incident: who must report to whom under which condition, and what a report says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import Field, model_validator

from .levels import Condition, FactType, Judgement, Value, reached
from .text import Names, Part, Stated, Text


class Stage(StrEnum):
    FIRST = "first"  # the first report
    SECOND = "second"  # the fuller notification after an early warning
    ONWARD = "onward"  # an authority passes it on
    PROGRESS = "progress"  # while handling goes on
    SUMMARY = "summary"  # after handling has ended
    AUTHORITY_REPORT = "authority_report"  # the authority's own report afterwards
    OTHER = "other"  # other duties that the incident may bring


class Starts(StrEnum):
    """The moment from which the duty's clock runs."""

    LEARNED = "learned"  # T0: found or learned
    RECEIVED = "received"  # the authority has the first report
    REPORTED = "reported"  # the first report was sent
    ENDED = "ended"  # handling or response has ended


class Trigger(Part):
    """A level reached in a scale, or a fact that reaches a threshold."""

    scale: str = ""
    fact: str = ""
    at_least: bool | int | float | str

    @model_validator(mode="after")
    def _one_of_both(self) -> Trigger:
        if bool(self.scale) == bool(self.fact):
            raise ValueError("name either a scale (with the lowest level) or a fact (with its threshold)")
        return self


class ReportDuty(Stated):
    """A duty to report, as data: any trigger suffices, all other limits must fit."""

    id: str
    name: Text
    stage: Stage
    starts: Starts
    clock: str
    by: str
    to: Names
    when: tuple[Trigger, ...] = Field(min_length=1)
    cii: bool | None = None  # only for CII, only for others, or for both
    operator_kinds: Names = ()  # empty: all
    unless: Names = ()  # gives way to these duties
    document: str = ""
    channel: Text | None = None


class FieldKind(StrEnum):
    TEXT = "text"
    SHORT = "short"
    MOMENT = "moment"
    NUMBER = "number"
    CHOICE = "choice"
    LEVEL = "level"


class ReportField(Stated):
    """One item of the incident report and whether the first report must have it."""

    id: str
    group: int
    name: Text
    kind: FieldKind = FieldKind.TEXT
    must_first: bool = False
    only_if: str = ""  # id of the fact that makes it asked for
    help: Text | None = None


def applying(
    duties: Iterable[ReportDuty],
    judgements: Iterable[Judgement],
    *,
    cii: bool,
    operator_kind: str,
    facts: Mapping[str, Value | None],
    types: Mapping[str, FactType],
    stage: Stage | None = None,
) -> list[ReportDuty]:
    """The duties that apply to a case, in the order of the pack."""
    ranks = {judgement.scale.id: judgement for judgement in judgements}
    met = [
        duty
        for duty in duties
        if duty.cii in (None, cii)
        and (not duty.operator_kinds or operator_kind in duty.operator_kinds)
        and any(_triggered(trigger, ranks, facts, types) for trigger in duty.when)
    ]
    names = {duty.id for duty in met}
    return [duty for duty in met if not names & set(duty.unless) and stage in (None, duty.stage)]


def _triggered(
    trigger: Trigger,
    judged: Mapping[str, Judgement],
    facts: Mapping[str, Value | None],
    types: Mapping[str, FactType],
) -> bool:
    if trigger.fact:
        return reached(Condition(fact=trigger.fact, at_least=trigger.at_least), facts, types)
    if not (judgement := judged.get(trigger.scale)):
        return False
    return judgement.level.rank >= judgement.scale.level(str(trigger.at_least)).rank
