"""From the clock type of a pack to the term that is counted."""

from __future__ import annotations

from bastide.base import packs
from bastide.base.packs.clocks import ClockKind
from bastide.base.packs.clocks import Unit as Counted
from bastide.base.terms import Term, Unit

# Nothing is owed by a moment here: one says how long to keep, the other how fast a sum grows.
NOT_DUE = frozenset({ClockKind.KEEP, ClockKind.SURCHARGE})
UNITS = {
    Counted.HOURS: Unit.H,
    Counted.DAYS: Unit.D,
    Counted.WORKING_DAYS: Unit.WD,
    Counted.MONTHS: Unit.MO,
    Counted.YEARS: Unit.Y,
}


def term_of(kind: packs.ClockType) -> Term:
    """The term of a clock type. Kinds that have no due time are refused."""
    if kind.kind in NOT_DUE:
        raise ValueError(f"{kind.id} ({kind.kind}) is no duty with a due time; no clock can be started for it")
    if kind.unit is Counted.DATE:
        return Term(kind.day, Unit.DATE)
    if kind.unit is Counted.IMMEDIATE:
        return Term(0, Unit.IMMEDIATE)
    if kind.value is None or kind.unit not in UNITS:
        raise ValueError(f"{kind.id}: '{kind.value} {kind.unit}' cannot be counted")
    value = -kind.value if kind.kind is ClockKind.BEFORE and kind.value > 0 else kind.value
    return Term(value, UNITS[kind.unit])
