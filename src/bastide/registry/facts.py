"""What the register announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class UnitGraded:
    """A unit was given a grade, or another one. For the record until filing and assessments hear it."""

    unit: str
    operator_id: int
    was: str
    grade: str
    at: datetime


@dataclass(frozen=True)
class CiiSet:
    """A unit was marked as critical information infrastructure, or the mark was taken away. For the record."""

    unit: str
    operator_id: int
    is_cii: bool
    at: datetime
