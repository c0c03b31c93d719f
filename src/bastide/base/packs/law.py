"""The law of a regime: sources read, instruments, their clauses, sanctions."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pydantic import Field

from .text import Basis, Names, Part, Stated, Text


class Source(Part):
    """Something that was read, and what it could not tell."""

    id: str
    title: str
    gave: str = ""
    limits: str = ""


class Rank(StrEnum):
    """Place of an instrument in the order of norms, highest first."""

    LAW = "law"
    REGULATION = "administrative_regulation"
    RULE = "department_rule"
    NORMATIVE = "normative_document"
    STANDARD = "standard"
    DIRECTIVE = "directive"
    NATIONAL_LAW = "national_law"


class Standing(StrEnum):
    IN_FORCE = "in_force"
    AMENDED = "amended"
    DRAFT = "draft"
    REPEALED = "repealed"


class Instrument(Stated):
    """A law, regulation, rule, plan or standard."""

    id: str
    name: Text
    identifier: str = ""
    issuer: Text
    rank: Rank
    issued: dt.date | None = None
    in_force: dt.date | None = None
    status: Standing = Standing.IN_FORCE
    status_note: Text | None = None


class Clause(Stated):
    """What one article (or part of it) asks, of whom and by when, in our own words."""

    article: str
    text: Text
    who: Names = ()  # codes of parties
    deadline: Text | None = None
    clock: str = ""  # id of the clock that runs by this clause
    sanction: Text | None = None
    instrument: str = ""  # set by the list the clause stands in

    @property
    def basis_here(self) -> Basis:
        return Basis(instrument=self.instrument, article=self.article)


class ClauseList(Part):
    """The clauses of one instrument; `edition` tells which version of the text was read."""

    instrument: str
    edition: str
    complete: bool = False
    clauses: tuple[Clause, ...]


class Fine(Part):
    """From and to, in the pack's currency; `times` is a multiple of `of` (purchase amount, turnover)."""

    least: int | None = Field(None, ge=0)
    most: int | None = Field(None, ge=0)
    times: tuple[float, float] | None = None
    of: Text | None = None


class SanctionTier(Part):
    """One step of the ladder: when it applies, what may be ordered, the fines."""

    name: Text
    measures: Text
    organisation: Fine | None = None
    persons: Fine | None = None


class Sanction(Stated):
    """A breach and the ladder of its consequences."""

    id: str
    breach: Text
    tiers: tuple[SanctionTier, ...] = Field(min_length=1)
    since: dt.date | None = None
    until: dt.date | None = None
