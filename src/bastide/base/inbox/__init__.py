"""Notifications: what a person is told, once, with a link to the thing it is about."""

from __future__ import annotations

from typing import Any

_FACE = {"tell", "tell_account", "unread", "mark_read"}


def __getattr__(name: str) -> Any:
    if name in _FACE:
        from bastide.base.inbox import notes

        return getattr(notes, name)
    raise AttributeError(name)
