"""Levels of incidents: facts that can be stated, criteria over them, and the judgement of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field, model_validator

from .text import Mark, Part, Stated, Text

Value = bool | int | float | str


class FactKind(StrEnum):
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"  # ordered, the gravest last


class Choice(Part):
    id: str
    name: Text


class FactType(Part):
    """A fact about an incident that a person or a machine can state."""

    id: str
    name: Text
    kind: FactKind
    unit: Text | None = None
    help: Text | None = None
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _choices_fit(self) -> FactType:
        if (self.kind is FactKind.CHOICE) != bool(self.choices):
            raise ValueError("a fact of kind 'choice' needs choices, and only such a fact has them")
        return self

    def measure(self, value: Value) -> float:
        """The value on the scale the criteria compare on. Refuses what is not of this kind."""
        match self.kind:
            case FactKind.CHOICE:
                names = [choice.id for choice in self.choices]
                if value not in names:
                    raise ValueError(f"{self.id}: '{value}' is not one of {', '.join(names)}")
                return names.index(str(value))
            case FactKind.YES_NO:
                if not isinstance(value, bool):
                    raise ValueError(f"{self.id}: say true or false, not {value!r}")
                return float(value)
            case _:
                if isinstance(value, bool) or not isinstance(value, int | float):
                    raise ValueError(f"{self.id}: say a number, not {value!r}")
                return float(value)

    def words(self, value: Value) -> Text:
        """The value as a reader wants it: "1,200,000 persons", "several provinces"."""
        if self.kind is FactKind.CHOICE:
            return next(choice.name for choice in self.choices if choice.id == value)
        if self.kind is FactKind.YES_NO:
            return Text(zh="是", en="yes") if value else Text(zh="否", en="no")
        zh, en = (self.unit.zh, self.unit.en) if self.unit else ("", "")
        return Text(zh=f"{value:,} {zh}".strip(), en=f"{value:,} {en}".strip())


class Condition(Part):
    """A fact reaches a threshold; the threshold itself counts (以上)."""

    fact: str
    at_least: bool | int | float | str


class Level(Part):
    id: str
    rank: int
    name: Text
    code: str = ""  # I … IV


class Edition(StrEnum):
    FINAL = "final"
    DRAFT = "draft"  # only the draft's number could be read


class Criterion(Stated):
    """Reaching all its conditions gives the level; any one criterion of a level suffices."""

    id: str
    level: str
    name: Text
    when: tuple[Condition, ...] = Field(min_length=1)
    edition: Edition = Edition.FINAL


class Scale(Stated):
    """One system of levels with its criteria. A case may have a level in several scales at once."""

    id: str
    name: Text
    levels: tuple[Level, ...] = Field(min_length=1)
    criteria: tuple[Criterion, ...] = ()

    def level(self, id: str) -> Level:
        for level in self.levels:
            if level.id == id:
                return level
        known = ", ".join(level.id for level in self.levels)
        raise LookupError(f"scale '{self.id}' has no level '{id}'; known: {known}")

    @property
    def gravest_first(self) -> tuple[Level, ...]:
        return tuple(sorted(self.levels, key=lambda level: -level.rank))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The level a case reaches in one scale, and why."""

    scale: Scale
    level: Level
    criterion: Criterion
    reason: Text
    mark: Mark
    also: tuple[Criterion, ...] = ()  # further criteria that give the same level

    @property
    def is_draft(self) -> bool:
        """The number behind it stands in a draft only."""
        return self.criterion.edition is Edition.DRAFT


def reached(condition: Condition, facts: Mapping[str, Value | None], types: Mapping[str, FactType]) -> bool:
    """Does the stated fact reach the threshold? A fact not stated reaches nothing."""
    value = facts.get(condition.fact)
    if value is None:
        return False
    kind = types[condition.fact]
    return kind.measure(value) >= kind.measure(condition.at_least)


def judge(
    scales: tuple[Scale, ...], facts: Mapping[str, Value | None], types: Mapping[str, FactType]
) -> list[Judgement]:
    """The highest level of each scale that any criterion gives; scales not reached are left out."""
    if unknown := sorted(set(facts) - set(types)):
        raise ValueError(f"unknown fact: {', '.join(unknown)}; known: {', '.join(sorted(types))}")
    for name, value in facts.items():
        if value is not None:
            types[name].measure(value)
    found = [_in_scale(scale, facts, types) for scale in scales]
    return [judgement for judgement in found if judgement]


def _in_scale(scale: Scale, facts: Mapping[str, Value | None], types: Mapping[str, FactType]) -> Judgement | None:
    hits = [item for item in scale.criteria if all(reached(condition, facts, types) for condition in item.when)]
    if not hits:
        return None
    level = max((scale.level(item.level) for item in hits), key=lambda level: level.rank)
    # A number read in the final text speaks louder than one read in a draft.
    ours = sorted((item for item in hits if item.level == level.id), key=lambda item: item.edition is Edition.DRAFT)
    first, *others = ours
    return Judgement(scale, level, first, _reason(first, facts, types), first.mark, tuple(others))


def _reason(criterion: Criterion, facts: Mapping[str, Value | None], types: Mapping[str, FactType]) -> Text:
    """The criterion in words, with what was stated."""
    stated = [
        (types[condition.fact], types[condition.fact].words(value))
        for condition in criterion.when
        if (value := facts.get(condition.fact)) is not None
    ]
    zh = "；".join(f"{kind.name.zh}：{words.zh}" for kind, words in stated)
    en = "; ".join(f"{kind.name.en}: {words.en}" for kind, words in stated)
    return Text(zh=f"{criterion.name.zh}（{zh}）", en=f"{criterion.name.en} ({en})")
