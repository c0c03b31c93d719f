"""Evidence files: kept once by content, hashed as they arrive, with a list of everyone whose hands they passed.

`receive`, `attach`, `keep`, `of`, `visible`, `shown_with`, `open_for` and `verify` are offered here by name once
Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bastide.base.vault.flows import attach, keep, open_for, receive, verify
    from bastide.base.vault.keeping import also_kept_while, kept_while
    from bastide.base.vault.reads import custody_of, evidence_for, of, shown_with, visible

__all__ = [
    "also_kept_while", "attach", "custody_of", "evidence_for", "keep", "kept_while", "of", "open_for", "receive",
    "shown_with", "verify", "visible",
]  # fmt: skip

_ROOMS = {
    **dict.fromkeys(("attach", "keep", "open_for", "receive", "verify"), "flows"),
    **dict.fromkeys(("also_kept_while", "kept_while"), "keeping"),
    **dict.fromkeys(("custody_of", "evidence_for", "of", "shown_with", "visible"), "reads"),
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    raise AttributeError(name)
