"""Names of the register: areas, parties, kinds of operator, kinds of network, grades, roles, warning colours."""

from __future__ import annotations

from enum import StrEnum

from .text import Names, Part, Stated, Text


class Area(Part):
    """A part of the country that an office governs; `code` as the statistics office writes it."""

    code: str
    name: Text
    short: str = ""  # letters used in numbers and on maps
    office: Text | None = None  # the authority's office there


class Party(Part):
    """Somebody who owes or receives: an operator, an authority, a body."""

    id: str
    name: Text
    in_house: bool = False  # has accounts in this platform


class OperatorKind(Stated):
    id: str
    name: Text
    files_with: str = ""  # party that receives its filings


class NetworkType(Stated):
    """A kind of network unit, with the standards that ask and test."""

    id: str
    name: Text
    group: Text
    requirements: str = ""
    tests: str = ""


class Grade(Stated):
    """A level of protection of a network unit; codes are ordered by rank and are not numbers."""

    code: str
    rank: int
    name: Text
    assessment_clock: str = ""  # cycle of conformity and risk assessment


class RoleName(Part):
    """What a role is called here and what it sees."""

    id: str
    name: Text
    sees: Text


class SourceKind(Part):
    """Where the knowledge of an incident or threat can come from."""

    id: str
    name: Text


class Office(StrEnum):
    NATIONAL = "national"
    PROVINCIAL = "provincial"


class Colour(Stated):
    """A warning colour: its rank, who issues it, how fast it must be answered."""

    id: str
    rank: int
    name: Text
    office: Office
    issuer: str  # party that publishes
    reported_to: Names = ()
    scale: str = ""
    level: str = ""  # level of the event that may come
    ack_clock: str = ""
    action_clock: str = ""
    extras: tuple[Text, ...] = ()
