"""Legal clocks as records: append-only events from which everything shown is computed, and reminders with proof.

`start`, `pause`, `resume`, `extend`, `stop`, `cancel`, `of`, `due_for`, `overdue` and the rest of the face are offered
here by name once Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bastide.base.clock.flows import cancel, extend, pause, recount, resume, start, stop, stop_all
    from bastide.base.clock.models import Clock, ClockEvent, Reminder
    from bastide.base.clock.reading import OutOfOrderError, Reading, read
    from bastide.base.clock.reads import due_for, of, open_of, overdue, reminders_of, soonest, state_at

__all__ = [
    "Clock",
    "ClockEvent",
    "OutOfOrderError",
    "Reading",
    "Reminder",
    "cancel",
    "due_for",
    "extend",
    "of",
    "open_of",
    "overdue",
    "pause",
    "read",
    "recount",
    "reminders_of",
    "resume",
    "soonest",
    "start",
    "state_at",
    "stop",
    "stop_all",
]

_ROOMS = {
    "flows": ("start", "pause", "resume", "extend", "stop", "stop_all", "cancel", "recount"),
    "models": ("Clock", "ClockEvent", "Reminder"),
    "reading": ("OutOfOrderError", "Reading", "read"),
    "reads": ("due_for", "of", "open_of", "overdue", "reminders_of", "soonest", "state_at"),
}


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"{__name__}.{room}"), name)
    raise AttributeError(name)
