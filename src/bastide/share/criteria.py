"""Whom a warning concerns and who has the power to approve it: plain values in, a verdict out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LEADER, DUTY_OFFICER = "leader", "duty_officer"
NATIONAL, PROVINCIAL = "national", "provincial"


@dataclass(frozen=True)
class Targets:
    """Who is to be told, as it was chosen."""

    everybody: bool = False
    areas: tuple[str, ...] = ()
    network_types: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()  # codes
    units: tuple[str, ...] = ()  # numbers
    dependants: bool = True

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Targets:
        """From what a warning keeps; names that are not known any more are left out."""
        lists = {name: tuple(kept.get(name) or ()) for name in ("areas", "network_types", "operators", "units")}
        return cls(everybody=bool(kept.get("everybody")), dependants=bool(kept.get("dependants", True)), **lists)

    def plain(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def is_empty(self) -> bool:
        return not (self.everybody or self.areas or self.network_types or self.operators or self.units)


@dataclass(frozen=True)
class Runs:
    """What choosing needs to know of an operator: code, province, and (type, province) of each unit in service."""

    code: str
    area: str
    units: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Hit:
    """A unit that was named, or that depends on a named one."""

    operator: str  # code
    unit: str  # number
    through: str = ""  # the named unit it depends on; empty if it was named itself


@dataclass(frozen=True)
class Reason:
    """Why an operator is concerned: `kind` is everybody, area, network, area_network, operator, unit or dependant."""

    kind: str
    what: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return {"kind": self.kind, "what": list(self.what)}


def concerned(targets: Targets, operators: Iterable[Runs], hits: Sequence[Hit] = ()) -> dict[str, list[Reason]]:
    """Operator code → why it is concerned. Province and network type together mean both; everything else adds up."""
    found: dict[str, list[Reason]] = {}
    for one in operators:
        reasons = [*_general(targets, one), *_particular(targets, one, hits)]
        if reasons:
            found[one.code] = reasons
    return found


def _general(targets: Targets, one: Runs) -> list[Reason]:
    if targets.everybody:
        return [Reason("everybody")]
    areas, types = set(targets.areas), set(targets.network_types)
    if areas and types:
        both = sorted({f"{kind}@{area}" for kind, area in one.units if kind in types and area in areas})
        return [Reason("area_network", tuple(part for pair in both for part in pair.split("@")))] if both else []
    if areas:
        here = sorted(areas & {one.area, *(area for _kind, area in one.units)})
        return [Reason("area", tuple(here))] if here else []
    runs = sorted(types & {kind for kind, _area in one.units})
    return [Reason("network", tuple(runs))] if runs else []


def _particular(targets: Targets, one: Runs, hits: Sequence[Hit]) -> list[Reason]:
    reasons = [Reason("operator")] if one.code in targets.operators else []
    own = [hit for hit in hits if hit.operator == one.code]
    if named := tuple(hit.unit for hit in own if not hit.through):
        reasons.append(Reason("unit", named))
    for hit in own:
        if hit.through:
            reasons.append(Reason("dependant", (hit.unit, hit.through)))
    return reasons


@dataclass(frozen=True)
class Seat:
    """A role of a person in an authority: `kind` is national or provincial."""

    kind: str
    role: str
    organisation: int


def has_power(office: str, issuer: int, seats: Iterable[Seat]) -> bool:
    """May somebody with these seats approve a colour that this office decides?

    What the national office decides takes a leader there. What a province decides takes a leader or duty officer of
    the issuing office, or of the national one above it.
    """
    for seat in seats:
        if seat.kind == NATIONAL and seat.role == LEADER:
            return True
        may_small = seat.role in {LEADER, DUTY_OFFICER} and (seat.kind == NATIONAL or seat.organisation == issuer)
        if office == PROVINCIAL and may_small:
            return True
    return False


def is_second_person(office: str, proposer: int | None, approver: int) -> bool:
    """Colours of the national office take two people; the others one."""
    return office != NATIONAL or proposer != approver
