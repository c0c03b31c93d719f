"""What is known of the request being answered: address, identifier, stated purpose."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Whence:
    """Where an act comes from. Empty for jobs and the command line."""

    address: str = ""
    request_id: str = ""
    purpose: str = ""


current: ContextVar[Whence | None] = ContextVar("whence", default=None)


def whence() -> Whence:
    return current.get() or Whence()
