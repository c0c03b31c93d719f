"""A regime pack: everything a jurisdiction states as data, and the questions one may ask of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import Field, PrivateAttr

from . import duties, levels
from .clocks import ClockType
from .documents import ClockPurpose, DocumentPurpose, DocumentType, Purposes
from .duties import ReportDuty, ReportField, Stage
from .inspecting import Checklist, InspectionClass, InspectionItem, InspectionLimit, Severity
from .law import Clause, ClauseList, Instrument, Sanction, Source
from .levels import FactType, Judgement, Scale, Value
from .register import Area, Colour, Grade, NetworkType, OperatorKind, Party, RoleName, SourceKind
from .text import Part, Text


class Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=Named)


class UnknownName(LookupError):
    """The pack has nothing of that name."""


class Manifest(Part):
    """Who the pack is for and which version of it this is."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    version: str
    name: Text
    jurisdiction: Text
    languages: tuple[str, ...]
    zone: str  # IANA name
    calendar: str  # working-day calendar: cn, eu, …
    currency: str
    national_authority: Text
    provincial_office: Text
    compiled: str = ""  # the day the facts were compiled


class Pack(Part):
    """The law of one regime as data. Lists keep the order of the files; look-ups go by id."""

    manifest: Manifest
    sources: tuple[Source, ...]
    areas: tuple[Area, ...]
    parties: tuple[Party, ...]
    operator_kinds: tuple[OperatorKind, ...]
    source_kinds: tuple[SourceKind, ...]
    roles: tuple[RoleName, ...]
    instruments: tuple[Instrument, ...]
    clause_lists: tuple[ClauseList, ...] = ()
    clocks: tuple[ClockType, ...]
    facts: tuple[FactType, ...]
    scales: tuple[Scale, ...]
    duties: tuple[ReportDuty, ...]
    report_fields: tuple[ReportField, ...]
    colours: tuple[Colour, ...]
    network_types: tuple[NetworkType, ...]
    grades: tuple[Grade, ...]
    severities: tuple[Severity, ...]
    inspection_classes: tuple[InspectionClass, ...]
    inspection_items: tuple[InspectionItem, ...]
    inspection_limits: tuple[InspectionLimit, ...]
    checklists: tuple[Checklist, ...]
    document_types: tuple[DocumentType, ...]
    purposes: Purposes
    sanctions: tuple[Sanction, ...]

    _digest: str = PrivateAttr("")
    _folder: Path | None = PrivateAttr(None)

    def __hash__(self) -> int:
        return hash((self.id, self.version, self._digest))

    def __repr__(self) -> str:
        return f"Pack({self.id} {self.version})"

    def __str__(self) -> str:
        return str(self.manifest.name)

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def digest(self) -> str:
        """SHA-256 over the names and bytes of the pack's files."""
        return self._digest

    @property
    def folder(self) -> Path:
        """Where the pack's files lie; templates of papers are under `papers/`."""
        if self._folder is None:
            raise RuntimeError("this pack was not read from files")
        return self._folder

    # -- time ---------------------------------------------------------------------------------------------------

    def clock(self, id: str) -> ClockType:
        return self._find("clock", self._clocks, id)

    def clock_for(self, purpose: ClockPurpose | str) -> ClockType:
        """The clock of this regime that serves a purpose of the platform ("rectify.receipt")."""
        return self.clock(self.purposes.clocks[ClockPurpose(purpose)])

    # -- incidents ----------------------------------------------------------------------------------------------

    def scale(self, id: str) -> Scale:
        return self._find("scale", _by_id(self.scales), id)

    def fact(self, id: str) -> FactType:
        return self._find("fact", self._facts, id)

    def judge(self, facts: Mapping[str, Value | None]) -> list[Judgement]:
        """The level the stated facts reach in each scale; a scale not reached is left out. Pure."""
        return levels.judge(self.scales, facts, self._facts)

    def report_duties(
        self,
        judgements: Iterable[Judgement],
        *,
        cii: bool,
        operator_kind: str = "",
        facts: Mapping[str, Value | None] | None = None,
        stage: Stage | str | None = None,
    ) -> list[ReportDuty]:
        """Who must report to whom in a case so judged; `stage` narrows it ("first", "onward", "summary", …)."""
        wanted = Stage(stage) if stage else None
        return duties.applying(
            self.duties,
            judgements,
            cii=cii,
            operator_kind=operator_kind,
            facts=facts or {},
            types=self._facts,
            stage=wanted,
        )

    def duty(self, id: str) -> ReportDuty:
        return self._find("report duty", _by_id(self.duties), id)

    # -- warnings -----------------------------------------------------------------------------------------------

    def colour(self, id: str) -> Colour:
        return self._find("warning colour", _by_id(self.colours), id)

    def colour_for(self, scale: str, level: str) -> Colour | None:
        """The colour that is paired with a level, if any."""
        return next((colour for colour in self.colours if (colour.scale, colour.level) == (scale, level)), None)

    # -- inspection and rectification -----------------------------------------------------------------------------

    def checklist(self, id: str) -> Checklist:
        return self._find("checklist", _by_id(self.checklists), id)

    def checklists_for(self, network_type: str) -> list[Checklist]:
        """Checklists made for this kind of network, then those for every kind."""
        ours = [item for item in self.checklists if network_type in item.network_types]
        return ours + [item for item in self.checklists if not item.network_types]

    def severity(self, id: str) -> Severity:
        return self._find("severity", _by_id(self.severities), id)

    def rectification_clock(self, severity: str) -> ClockType:
        """How long rectifying a finding of this severity may take."""
        return self.clock(self.severity(severity).clock)

    def inspection_item(self, id: str) -> InspectionItem:
        return self._find("inspection item", _by_id(self.inspection_items), id)

    def counted_limit(self, counts: str) -> InspectionLimit | None:
        """The limit that counts "officers" or "extensions" with its number, if this regime states one."""
        return next((limit for limit in self.inspection_limits if limit.counts == counts), None)

    # -- documents ------------------------------------------------------------------------------------------------

    def document_type(self, id: str) -> DocumentType:
        return self._find("document type", _by_id(self.document_types), id)

    def document_for(self, purpose: DocumentPurpose | str) -> DocumentType:
        """The document of this regime that serves a purpose of the platform ("rectify.order")."""
        return self.document_type(self.purposes.documents[DocumentPurpose(purpose)])

    # -- names ----------------------------------------------------------------------------------------------------

    def area(self, code: str) -> Area:
        return self._find("area", {area.code: area for area in self.areas}, code)

    def area_name(self, code: str) -> Text:
        """The area's name; the whole jurisdiction for the empty code."""
        return self.area(code).name if code else self.manifest.jurisdiction

    def party(self, id: str) -> Party:
        return self._find("party", _by_id(self.parties), id)

    def operator_kind(self, id: str) -> OperatorKind:
        return self._find("operator kind", _by_id(self.operator_kinds), id)

    def network_type(self, id: str) -> NetworkType:
        return self._find("network type", _by_id(self.network_types), id)

    def grade(self, code: str) -> Grade:
        return self._find("grade", {grade.code: grade for grade in self.grades}, code)

    def role_name(self, role: str) -> Text:
        return self._find("role", _by_id(self.roles), str(role).lower()).name

    # -- law ------------------------------------------------------------------------------------------------------

    def instrument(self, id: str) -> Instrument:
        return self._find("instrument", _by_id(self.instruments), id)

    def clauses(self, instrument: str) -> tuple[Clause, ...]:
        """The clauses of an instrument that the pack holds, in order; none if its text was not read."""
        self.instrument(instrument)
        return tuple(
            clause.model_copy(update={"instrument": listed.instrument})
            for listed in self.clause_lists
            if listed.instrument == instrument
            for clause in listed.clauses
        )

    def sanction(self, id: str) -> Sanction:
        return self._find("sanction", _by_id(self.sanctions), id)

    # -- how it is found --------------------------------------------------------------------------------------------

    @cached_property
    def _clocks(self) -> dict[str, ClockType]:
        return _by_id(self.clocks)

    @cached_property
    def _facts(self) -> dict[str, FactType]:
        return _by_id(self.facts)

    def _find(self, what: str, named: Mapping[str, F], id: str) -> F:
        if id in named:
            return named[id]
        near = difflib.get_close_matches(id, named, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else f"; known: {', '.join(list(named)[:20])}"
        raise UnknownName(f"pack '{self.id}' has no {what} '{id}'{hint}")


F = TypeVar("F")


def _by_id(things: Iterable[N]) -> dict[str, N]:
    return {thing.id: thing for thing in things}
