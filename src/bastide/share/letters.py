"""What the letters of a warning say, as plain values. No recipient and no incident is named in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bastide.base import packs
from bastide.share.models import EarlyWarning


def notice(
    warning: EarlyWarning, *, acknowledge_by: datetime | None = None, was: packs.Text | None = None, reason: str = ""
) -> dict[str, Any]:
    """For `warning.notice`, and with what it `was` before for `warning.change`."""
    law = packs.pack(warning.pack).colour(warning.colour)
    return _said(
        {
            "warning": warning.number, "category": warning.Category(warning.category), "colour": warning.colour,
            "level": law.name, "start_at": warning.start_at, "range": warning.reach, "matters": _matters(warning),
            "measures": [*warning.measure_lines], "issuer": warning.issuer, "acknowledge_by": acknowledge_by,
            "basis": [str(basis) for basis in law.basis], "hotline": warning.hotline, "was_level": was,
            "reason": reason,
        }
    )  # fmt: skip


def _matters(warning: EarlyWarning) -> str:
    """Its title, what is warned of, and the harm that may come."""
    return "\n".join(part for part in (warning.title, warning.matters, warning.harm) if part)


def lifting(warning: EarlyWarning) -> dict[str, Any]:
    """For `warning.lift`."""
    law = packs.pack(warning.pack)
    kind = law.document_for("warning.lift")
    return _said(
        {
            "warning": warning.number, "level": law.colour(warning.colour).name, "start_at": warning.start_at,
            "lifted_at": warning.lifted_at, "reason": warning.lift_reason, "follow_up": warning.follow_up,
            "basis": [str(basis) for basis in kind.basis], "hotline": warning.hotline,
        }
    )  # fmt: skip


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is not said."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
