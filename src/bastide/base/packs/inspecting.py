"""Inspection as data: items, limits on inspecting, severities of findings, checklists."""

from __future__ import annotations

from pydantic import Field

from .text import Names, Part, Stated, Text


class InspectionClass(Part):
    id: str
    name: Text
    meaning: Text


class InspectionItem(Stated):
    """A published subject of inspection; what is not published must not be inspected."""

    id: str
    name: Text
    department: str
    object: Text
    content: Text
    method: Text
    ratio: Text | None = None
    frequency: Text | None = None


class InspectionLimit(Stated):
    """A ban or limit that binds every inspection or its follow-up. Some can be counted: then `counts` says what."""

    id: str
    name: Text
    text: Text
    is_ban: bool = False
    counts: str = ""  # "officers" (at least), "inspections" of an operator a year, "extensions" of an order (at most)
    number: int | None = None


class Severity(Stated):
    """How grave a finding is and how long rectification may take."""

    id: str
    rank: int
    name: Text
    meaning: Text
    clock: str


class ChecklistItem(Stated):
    """One question, the clause behind it, how to look and what counts as proof."""

    id: str
    group: Text
    question: Text
    guidance: Text
    evidence: Text
    severity: str = "medium"  # proposed for a finding from this item
    grade_from: str = ""  # asked from this grade upward


class Checklist(Stated):
    """Questions for a kind of network."""

    id: str
    version: str
    name: Text
    network_types: Names = ()  # empty: every kind
    items: tuple[ChecklistItem, ...] = Field(min_length=1)

    def item(self, id: str) -> ChecklistItem:
        for item in self.items:
            if item.id == id:
                return item
        raise LookupError(f"checklist '{self.id}' has no item '{id}'")
