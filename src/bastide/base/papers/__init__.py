"""Official documents: numbered once for ever, printed from the pack's templates, kept in the vault.

`issue`, `void`, `preview`, `of`, `visible` and `document_for` are offered here by name once Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bastide.base.papers.flows import issue, preview, void
    from bastide.base.papers.reads import document_for, of, shown_with, visible

__all__ = ["document_for", "issue", "of", "preview", "shown_with", "visible", "void"]

_ROOMS = {
    "issue": "flows",
    "preview": "flows",
    "void": "flows",
    "document_for": "reads",
    "of": "reads",
    "shown_with": "reads",
    "visible": "reads",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    raise AttributeError(name)
