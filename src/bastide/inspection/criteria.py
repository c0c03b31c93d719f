"""Verdicts on one visit from plain values: is the team lawful, are all questions answered, what remains to be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Results that call for a finding.
WANTING = frozenset({"partially_compliant", "non_compliant"})
# Kinds of organisation that may inspect in their own name; every other body may only assist.
INSPECTING_KINDS = frozenset({"national_authority", "provincial_office"})


@dataclass(frozen=True)
class Progress:
    """How far the checklist is answered."""

    done: int
    total: int
    wanting: int

    @property
    def open(self) -> int:
        return self.total - self.done

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.total) if self.total else 100


def progress(answers: Iterable[tuple[str, str]]) -> Progress:
    """From (status, result) pairs."""
    pairs = list(answers)
    return Progress(
        done=sum(status == "done" for status, _result in pairs),
        total=len(pairs),
        wanting=sum(result in WANTING for _status, result in pairs),
    )


def may_inspect(kind: str) -> bool:
    """May an organisation of this kind be the inspector, or only assist?"""
    return kind in INSPECTING_KINDS


def missing_officers(officers: int, needed: int) -> int:
    """How many officers the team lacks."""
    return max(0, needed - officers)


def is_asked(grade_from: str, grades: Iterable[str], ranks: Mapping[str, int]) -> bool:
    """Is a question that is asked from a grade upward asked of units with these grades?

    A question without a grade is asked of everybody; of units not yet graded every question is asked.
    """
    if not grade_from or grade_from not in ranks:
        return True
    known = list(grades)
    return any(not grade or ranks.get(grade, 0) >= ranks[grade_from] for grade in known) or not known


def uncovered(wanting_items: Iterable[str], observed_items: Iterable[str]) -> list[str]:
    """Items answered as wanting for which no observation was drafted yet."""
    observed = set(observed_items)
    return [item for item in wanting_items if item not in observed]
