"""What can be done in the background, and what is done again and again. Filled when the apps are loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

Body = Callable[..., Any]


class Lane(StrEnum):
    """Where a job waits its turn, so that a long import never holds up a reminder."""

    PROMPT = "prompt"  # seconds: reminders, deliveries
    LONG = "long"  # minutes: imports, documents, scans
    OUTSIDE = "outside"  # waits for machines of others: mails, webhooks


@dataclass(frozen=True)
class Kind:
    """A kind of job: its name, its body, how often it may be begun, where it waits."""

    name: str
    body: Body
    title: str | Promise
    max_attempts: int
    lane: Lane


_kinds: dict[str, Kind] = {}
_schedules: dict[str, int] = {}


def job(
    name: str, *, max_attempts: int = 3, lane: Lane = Lane.LONG, title: str | Promise = ""
) -> Callable[[Body], Body]:
    """Register a body: `@job("registry.import") def run(job, **args)`. What it returns (JSON) is the job's result.

    A body may be run again after a crash, so it must be able to start over; long work takes one transaction per piece.
    """

    def register(body: Body) -> Body:
        known = _kinds.get(name)
        if known and (known.body.__module__, known.body.__qualname__) != (body.__module__, body.__qualname__):
            raise ValueError(f"two jobs are called '{name}': {known.body.__module__} and {body.__module__}")
        if max_attempts < 1:
            raise ValueError(f"job '{name}': max_attempts must be at least 1")
        _kinds[name] = Kind(name, body, title or name, max_attempts, lane)
        return body

    return register


def schedule(name: str, *, every: int) -> None:
    """Do a job every so many seconds. What was missed during an outage is done once, not many times."""
    if every < 1:
        raise ValueError(f"schedule '{name}': every must be at least one second")
    _schedules[name] = every


def kind(name: str) -> Kind:
    """The kind of this name."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no job is called '{name}'; known are {', '.join(sorted(_kinds)) or 'none'}") from None


def knows(name: str) -> bool:
    return name in _kinds


def kinds() -> list[Kind]:
    return [_kinds[name] for name in sorted(_kinds)]


def schedules() -> dict[str, int]:
    return dict(_schedules)
