"""Verdicts on findings and orders from plain values: who may verify, whether time may be given, what returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo


def is_second_person(verifier: int, *, issuer: int | None, drafter: int | None) -> bool:
    """May this person verify? Not who signed the order, nor who drew it up."""
    return verifier not in {issuer, drafter}


def asked_in_time(asked_at: datetime, limits: Iterable[datetime | None]) -> bool:
    """Was an extension asked before the first limit that still runs had passed?"""
    known = [limit for limit in limits if limit is not None]
    return bool(known) and asked_at <= min(known)


def last_day(limit: datetime, zone: tzinfo) -> date:
    """The day a limit ends with: one that ends at 24:00 ends with that day, not with the next."""
    return (limit - timedelta(microseconds=1)).astimezone(zone).date()


def extensions_left(granted: int, at_most: int) -> int:
    """How many more extensions this order may get."""
    return max(0, at_most - granted)


def latest_extension(started: datetime, due: datetime) -> datetime:
    """An extension is at most as long as the original limit."""
    return due + (due - started)


@dataclass(frozen=True)
class Line:
    """A finding under an order, as the stages below need it."""

    severity: str
    due_at: datetime | None
    handed_in: bool
    verified: bool

    @property
    def is_settled(self) -> bool:
        """Does nothing more lie with the operator?"""
        return self.handed_in or self.verified


def waits_for_operator(lines: Sequence[Line], severity: str) -> bool:
    """Does a finding of this severity still wait for evidence?"""
    return any(not line.is_settled for line in lines if line.severity == severity)


def everything_handed_in(lines: Sequence[Line]) -> bool:
    return all(line.is_settled for line in lines) and bool(lines)


def last_limit(limits: Iterable[datetime | None]) -> datetime | None:
    """The day on which everything must be done; none if a limit is not known."""
    found = list(limits)
    if not found or any(limit is None for limit in found):
        return None
    return max(limit for limit in found if limit is not None)


def on_time_rate(ended: int, late: int) -> float | None:
    """Share of orders ended that never ran over their limit; none where none ended yet."""
    return (ended - late) / ended if ended else None


def same_shortcoming(clause: str, unit_id: int | None, other_clause: str, other_unit_id: int | None) -> bool:
    """Is a finding the return of another? The same clause at the same unit (or at the operator as a whole)."""
    return bool(clause) and clause == other_clause and unit_id == other_unit_id


# ---- the order's life as people see it: five stations


STATIONS = ("serve", "plan", "put_right", "verify", "close")
AT: dict[str, tuple[str, ...]] = {
    "serve": ("draft", "issued"),
    "plan": ("received", "plan_submitted", "plan_returned"),
    "put_right": ("in_progress", "extension_requested", "verify_failed", "overdue", "interviewed"),
    "verify": ("evidence_submitted",),
    "close": ("verified", "closed"),
}


def station_of(state: str) -> int:
    """The station an order stands at; -1 off the line (revoked, discarded)."""
    return next((n for n, name in enumerate(STATIONS) if state in AT[name]), -1)
