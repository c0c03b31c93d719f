"""Cross-references of a pack: whatever one part names, another part must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel

from .documents import ClockPurpose, DocumentPurpose
from .pack import Pack
from .text import Stated

Miss = tuple[tuple[int | str, ...], str, str]
Loc = tuple[int | str, ...]


def misses(pack: Pack, folder: Path) -> Iterator[Miss]:
    """Every name in the pack that leads nowhere: place, fault, remedy."""
    yield from _twice(pack)
    yield from _basis(pack)
    yield from _zone(pack)
    yield from _law(pack)
    yield from _clocks(pack)
    yield from _scales(pack)
    yield from _duties(pack)
    yield from _colours(pack)
    yield from _inspection(pack)
    yield from _purposes(pack)
    yield from _papers(pack, folder)


def _twice(pack: Pack) -> Iterator[Miss]:
    """An id is used once in its section."""
    for section in Pack.model_fields:
        things = getattr(pack, section)
        if not isinstance(things, tuple):
            continue
        names = [getattr(thing, "id", None) or getattr(thing, "code", None) for thing in things]
        counts = Counter(names)
        for index, name in enumerate(names):
            if name and counts[name] > 1 and index > names.index(name):
                yield (section, index), f"'{name}' is used twice in {section}", "Give one of them another id"
    for index, checklist in enumerate(pack.checklists):
        ids = [item.id for item in checklist.items]
        for place, name in enumerate(ids):
            if place > ids.index(name):
                yield ("checklists", index, "items", place), f"'{name}' is used twice", "Give one of them another id"


def _basis(pack: Pack) -> Iterator[Miss]:
    """Each basis names an instrument of the pack, each source one that was read."""
    instruments = {instrument.id for instrument in pack.instruments}
    sources = {source.id for source in pack.sources}
    for section in Pack.model_fields:
        for loc, stated in _stated(getattr(pack, section), (section,)):
            for place, basis in enumerate(stated.basis):
                if basis.instrument not in instruments:
                    yield from _unknown((*loc, "basis", place), "instrument", basis.instrument, instruments)
            for place, name in enumerate(stated.source):
                if name not in sources:
                    yield from _unknown((*loc, "source", place), "source", name, sources)


def _stated(thing: Any, loc: Loc) -> Iterator[tuple[Loc, Stated]]:
    """Every stated fact below a thing, with its place."""
    if isinstance(thing, tuple):
        for index, item in enumerate(thing):
            yield from _stated(item, (*loc, index))
    elif isinstance(thing, BaseModel):
        if isinstance(thing, Stated):
            yield loc, thing
        for name in type(thing).model_fields:
            if name not in {"basis", "source", "note"}:
                yield from _stated(getattr(thing, name), (*loc, name))


def _zone(pack: Pack) -> Iterator[Miss]:
    try:
        ZoneInfo(pack.manifest.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield ("manifest", "zone"), f"'{pack.manifest.zone}' is no time zone", "Use an IANA name such as Asia/Shanghai"


def _law(pack: Pack) -> Iterator[Miss]:
    instruments = {instrument.id for instrument in pack.instruments}
    parties = {party.id for party in pack.parties}
    clocks = {clock.id for clock in pack.clocks}
    for index, listed in enumerate(pack.clause_lists):
        if listed.instrument not in instruments:
            yield from _unknown(("clause_lists", index, "instrument"), "instrument", listed.instrument, instruments)
        for place, clause in enumerate(listed.clauses):
            loc: Loc = ("clause_lists", index, "clauses", place)
            for name in clause.who:
                if name not in parties:
                    yield from _unknown((*loc, "who"), "party", name, parties)
            if clause.clock and clause.clock not in clocks:
                yield from _unknown((*loc, "clock"), "clock", clause.clock, clocks)
    for index, kind in enumerate(pack.operator_kinds):
        if kind.files_with and kind.files_with not in parties:
            yield from _unknown(("operator_kinds", index, "files_with"), "party", kind.files_with, parties)
    for index, grade in enumerate(pack.grades):
        if grade.assessment_clock and grade.assessment_clock not in clocks:
            yield from _unknown(("grades", index, "assessment_clock"), "clock", grade.assessment_clock, clocks)


def _clocks(pack: Pack) -> Iterator[Miss]:
    parties = {party.id for party in pack.parties}
    for index, clock in enumerate(pack.clocks):
        for field, names in (("bearer", (clock.bearer,)), ("owed_to", clock.owed_to)):
            for name in names:
                if name not in parties:
                    yield from _unknown(("clocks", index, field), "party", name, parties)


def _scales(pack: Pack) -> Iterator[Miss]:
    facts = {fact.id: fact for fact in pack.facts}
    for index, scale in enumerate(pack.scales):
        levels = {level.id for level in scale.levels}
        ids = [item.id for item in scale.criteria]
        for place, criterion in enumerate(scale.criteria):
            loc: Loc = ("scales", index, "criteria", place)
            if place > ids.index(criterion.id):
                yield loc, f"'{criterion.id}' is used twice", "Give one of them another id"
            if criterion.level not in levels:
                yield from _unknown((*loc, "level"), "level", criterion.level, levels)
            for step, condition in enumerate(criterion.when):
                here: Loc = (*loc, "when", step)
                if condition.fact not in facts:
                    yield from _unknown((*here, "fact"), "fact", condition.fact, facts)
                    continue
                try:
                    facts[condition.fact].measure(condition.at_least)
                except ValueError as error:
                    yield (*here, "at_least"), str(error), "Correct the threshold"


def _duties(pack: Pack) -> Iterator[Miss]:
    parties = {party.id for party in pack.parties}
    known = {
        "clock": {clock.id for clock in pack.clocks},
        "by": parties,
        "to": parties,
        "operator_kinds": {kind.id for kind in pack.operator_kinds},
        "unless": {duty.id for duty in pack.duties},
        "document": {document.id for document in pack.document_types},
    }
    for index, duty in enumerate(pack.duties):
        for field, names in known.items():
            given = getattr(duty, field)
            for name in (given,) if isinstance(given, str) else given:
                if name and name not in names:
                    yield from _unknown(("duties", index, field), field.removesuffix("s"), name, names)
        yield from _triggers(pack, index)
    facts = {fact.id for fact in pack.facts}
    for index, item in enumerate(pack.report_fields):
        if item.only_if and item.only_if not in facts:
            yield from _unknown(("report_fields", index, "only_if"), "fact", item.only_if, facts)


def _triggers(pack: Pack, index: int) -> Iterator[Miss]:
    scales = {scale.id: {level.id for level in scale.levels} for scale in pack.scales}
    facts = {fact.id for fact in pack.facts}
    for place, trigger in enumerate(pack.duties[index].when):
        loc: Loc = ("duties", index, "when", place)
        if trigger.fact:
            if trigger.fact not in facts:
                yield from _unknown((*loc, "fact"), "fact", trigger.fact, facts)
        elif trigger.scale not in scales:
            yield from _unknown((*loc, "scale"), "scale", trigger.scale, scales)
        elif trigger.at_least not in scales[trigger.scale]:
            yield from _unknown((*loc, "at_least"), "level", str(trigger.at_least), scales[trigger.scale])


def _colours(pack: Pack) -> Iterator[Miss]:
    clocks = {clock.id for clock in pack.clocks}
    parties = {party.id for party in pack.parties}
    scales = {scale.id: {level.id for level in scale.levels} for scale in pack.scales}
    for index, colour in enumerate(pack.colours):
        for field in ("ack_clock", "action_clock"):
            if (name := getattr(colour, field)) and name not in clocks:
                yield from _unknown(("colours", index, field), "clock", name, clocks)
        for name in (colour.issuer, *colour.reported_to):
            if name not in parties:
                yield from _unknown(("colours", index, "issuer"), "party", name, parties)
        if colour.scale and colour.level not in scales.get(colour.scale, ()):
            yield from _unknown(("colours", index, "level"), "level", colour.level, scales.get(colour.scale, scales))


def _inspection(pack: Pack) -> Iterator[Miss]:
    clocks = {clock.id for clock in pack.clocks}
    parties = {party.id for party in pack.parties}
    severities = {severity.id for severity in pack.severities}
    networks = {network.id for network in pack.network_types}
    grades = {grade.code for grade in pack.grades}
    for index, severity in enumerate(pack.severities):
        if severity.clock not in clocks:
            yield from _unknown(("severities", index, "clock"), "clock", severity.clock, clocks)
    for index, item in enumerate(pack.inspection_items):
        if item.department not in parties:
            yield from _unknown(("inspection_items", index, "department"), "party", item.department, parties)
        if not item.basis:
            yield ("inspection_items", index), "has no legal basis", "Name the clause that allows this inspection"
    for index, checklist in enumerate(pack.checklists):
        for name in checklist.network_types:
            if name not in networks:
                yield from _unknown(("checklists", index, "network_types"), "network type", name, networks)
        for place, question in enumerate(checklist.items):
            loc: Loc = ("checklists", index, "items", place)
            if not question.basis:
                yield loc, "has no basis", "Name the clause behind the question"
            if question.severity not in severities:
                yield from _unknown((*loc, "severity"), "severity", question.severity, severities)
            if question.grade_from and question.grade_from not in grades:
                yield from _unknown((*loc, "grade_from"), "grade", question.grade_from, grades)


def _purposes(pack: Pack) -> Iterator[Miss]:
    clocks = {clock.id for clock in pack.clocks}
    documents = {document.id for document in pack.document_types}
    for purpose in ClockPurpose:
        if purpose not in pack.purposes.clocks:
            yield ("purposes", "clocks"), f"no clock for '{purpose}'", f"Add {purpose}: <id of a clock>"
    for asked, name in pack.purposes.clocks.items():
        if name not in clocks:
            yield from _unknown(("purposes", "clocks", str(asked)), "clock", name, clocks)
    for need in DocumentPurpose:
        if need not in pack.purposes.documents:
            yield ("purposes", "documents"), f"no document for '{need}'", f"Add {need}: <id of a document type>"
    for wanted, name in pack.purposes.documents.items():
        if name not in documents:
            yield from _unknown(("purposes", "documents", str(wanted)), "document type", name, documents)


def _papers(pack: Pack, folder: Path) -> Iterator[Miss]:
    for index, document in enumerate(pack.document_types):
        if document.template and not (folder / "papers" / document.template).is_file():
            yield (
                ("document_types", index, "template"),
                f"papers/{document.template} does not exist",
                "Add the template or correct its name",
            )


def _unknown(loc: Loc, what: str, name: str, known: Collection[str]) -> Iterator[Miss]:
    listed = sorted(known)
    shown = ", ".join(listed[:12]) + (" …" if len(listed) > 12 else "")
    yield loc, f"there is no {what} '{name}' in this pack", f"Add it, or use one of: {shown}"
