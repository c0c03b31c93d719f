"""What to show of a match: the time of the event and the fields its rule looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from .event import METADATA, Poison, flat, text, words
from .leaves import Check, check_of, instant
from .rules import Rule
from .tree import Kind, leaves

TIMES: Final = (
    "SystemTime",
    "@timestamp",
    "TimeCreated",
    "UtcTime",
    "timestamp",
    "eventTime",
    "EventTime",
    "time",
    "ts",
    "date",
)
"""Fields an event states its time in, the surest first."""


def time_of(event: Mapping[str, Any]) -> datetime | None:
    """The time the event states, in UTC; None where it states none that can be read."""
    for name in TIMES:
        value = event.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            time = instant(text(value))
            if time is not None:
                return time.astimezone(UTC)
    return None


def evidence(rule: Rule, event: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event that the rule names, and those that hold one of its keywords."""
    try:
        values = flat(event)
    except Poison:
        return {}
    shown = {name: values[name] for name in rule.fields if name in values}
    for check, cased in _keywords(rule):
        for name, value in values.items():
            if name not in METADATA and any(check(word if cased else word.lower()) for word in words(value)):
                shown[name] = value
    return shown


def _keywords(rule: Rule) -> tuple[tuple[Check, bool], ...]:
    asked = [leaf for leaf in leaves(rule.tree) if leaf.field is None and leaf.kind is not Kind.ANY]
    return tuple((check_of(leaf), leaf.cased or leaf.kind is Kind.REGEX) for leaf in asked)
