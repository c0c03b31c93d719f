"""How an operator stands, out of what lies open at it. A reading aid of this console, no measure of the law."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Standing(StrEnum):
    """Worst first; an operator has the first one that holds."""

    ACT = "act"  # something is overdue, or a critical alert is open
    WATCH = "watch"  # an incident, a grave alert or an acknowledgement is open, nothing is overdue
    BLIND = "blind"  # nothing is open, and its events do not arrive: quiet cannot be told from deaf
    CALM = "calm"  # nothing is open and its events arrive


ORDER = tuple(Standing)


def standing(*, overdue: int, critical: int, pressing: int, is_heard: bool) -> Standing:
    """`overdue` duties and orders; `critical` open alerts; `pressing`: open incidents, high alerts, answers owed."""
    if overdue or critical:
        return Standing.ACT
    if pressing:
        return Standing.WATCH
    return Standing.CALM if is_heard else Standing.BLIND


def strip(counts: Sequence[int]) -> list[tuple[float, float]]:
    """Where each part of a stacked bar begins and how wide it is, in hundredths."""
    total, at, found = sum(counts) or 1, 0.0, []
    for count in counts:
        width = 100 * count / total
        found.append((round(at, 3), round(width, 3)))
        at += width
    return found


def warmth(value: int, most: int, *, least: int = 1) -> int:
    """The step of a heat scale: 0 (nothing) to 4 (much, and the largest of its column), never under `least`."""
    if value <= 0:
        return 0
    return max(least, min(4, -(-4 * value // max(most, 4))))
