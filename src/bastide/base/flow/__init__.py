"""The one mechanism for state changes: lock, permission, needs, change, trail, in one transaction."""

from __future__ import annotations

from typing import Any

_MACHINE = {"Flow", "Step", "flows", "initial_of"}
_THING = {"Thing", "next_number"}
_REFUSED = {"Refused", "Stale", "Forbidden"}


def __getattr__(name: str) -> Any:
    if name in _MACHINE:
        from bastide.base.flow import machine

        return getattr(machine, name)
    if name in _THING:
        from bastide.base.flow import models

        return getattr(models, name)
    if name in _REFUSED:
        from bastide.base.flow import refusals

        return getattr(refusals, name)
    raise AttributeError(name)
