"""What bounds the sight of a model: declared on the model, read by `scope`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Where a model keeps what bounds its sight, as lookup paths from its rows.

    `organisations`: paths to the organisations whose people may see the row (any of them).
    `areas`: paths to province codes whose office may see the row (any of them).
    `open_to_all`: shared reference data; whoever has the right sees every row.
    """

    organisations: tuple[str, ...] = ("operator",)
    areas: tuple[str, ...] = ("operator__area",)
    open_to_all: bool = False
