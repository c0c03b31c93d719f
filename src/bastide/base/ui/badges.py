"""Badges: a state is told by words and an icon; the colour only repeats them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bastide.base.ui import icons

Words = str | Promise


class Tone(StrEnum):
    """What a state means for the reader. RED, ORANGE, YELLOW and BLUE are the colours of the law."""

    NEUTRAL = "neutral"
    INFO = "info"
    OK = "ok"
    WAIT = "wait"
    WARN = "warn"
    BAD = "bad"
    MUTED = "muted"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


ICONS: dict[Tone, str] = {
    Tone.NEUTRAL: icons.named("circle"),
    Tone.INFO: icons.named("info-circle"),
    Tone.OK: icons.named("circle-check"),
    Tone.WAIT: icons.named("clock-hour-4"),
    Tone.WARN: icons.named("alert-triangle"),
    Tone.BAD: icons.named("circle-x"),
    Tone.MUTED: icons.named("circle-dashed"),
    Tone.RED: icons.named("alert-octagon"),
    Tone.ORANGE: icons.named("alert-hexagon"),
    Tone.YELLOW: icons.named("alert-triangle"),
    Tone.BLUE: icons.named("info-square-rounded"),
}

# What common state words mean; a model says otherwise with `TONES = {"draft": "info"}`.
USUAL: dict[str, Tone] = {
    **dict.fromkeys(("new", "open", "opened", "received", "submitted", "reported", "issued", "filed"), Tone.INFO),
    **dict.fromkeys(("draft", "planned", "prepared", "proposed"), Tone.NEUTRAL),
    **dict.fromkeys(
        ("running", "waiting", "pending", "triaged", "review", "in_progress", "underway", "served"), Tone.WAIT
    ),
    **dict.fromkeys(
        ("closed", "verified", "met", "accepted", "active", "acknowledged", "done", "passed", "conforms"), Tone.OK
    ),
    **dict.fromkeys(("paused", "extended", "escalated", "due_soon", "partial", "returned"), Tone.WARN),
    **dict.fromkeys(("overdue", "missed", "failed", "rejected", "refused", "violated"), Tone.BAD),
    **dict.fromkeys(
        ("cancelled", "dismissed", "false_positive", "withdrawn", "lifted", "expired", "inactive"), Tone.MUTED
    ),
    **{colour.value: colour for colour in (Tone.RED, Tone.ORANGE, Tone.YELLOW, Tone.BLUE)},
}


@dataclass(frozen=True)
class Badge:
    """A short word with a tone; prints itself."""

    label: Words
    tone: Tone | str = Tone.NEUTRAL
    icon: str = ""

    def __str__(self) -> str:
        return str(self.label)

    def __html__(self) -> SafeString:
        tone = Tone(self.tone)
        return format_html(
            '<span class="badge-state tone-{}">{}<span>{}</span></span>',
            tone.value,
            icons.icon(self.icon or ICONS[tone]),
            self.label,
        )


def tone_of(value: Any, model: type[Model] | None = None) -> Tone:
    """The tone of a state word: what the model says, else what the word usually means."""
    said = getattr(model, "TONES", {}).get(value) if model is not None else None
    return Tone(said) if said else USUAL.get(str(value).lower(), Tone.NEUTRAL)


def of(thing: Model, field: str = "state") -> Badge:
    """The badge of a choice field of a thing."""
    value = getattr(thing, field)
    shown = getattr(thing, f"get_{field}_display", None)
    return Badge(shown() if callable(shown) else str(value), tone_of(value, type(thing)))
