"""The compiled kernel of the engine, and how it is fed. Without it the engine answers the same, only slower."""

from .automaton import automaton as automaton_of
from .columns import Columns, events_of
from .engine import Engine, Left
from .kernel import library

__all__ = ["Columns", "Engine", "Left", "automaton_of", "available", "events_of"]


def available() -> bool:
    """Whether the kernel was built for this machine."""
    return library() is not None
