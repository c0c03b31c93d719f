"""How a clock is shown: its state in words, the share of its time used, how far its end is, how sure the number is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bastide.base.packs import Mark
from bastide.base.ui import formats, icons
from bastide.base.ui.badges import Badge, Tone

if TYPE_CHECKING:
    from bastide.base.clock.models import Clock

# From this share of its time on, a clock is shown as nearly due.
SOON = 0.75

_TONES = {
    "paused": Tone.WARN, "met": Tone.OK, "missed": Tone.BAD, "cancelled": Tone.MUTED, "unjudged": Tone.NEUTRAL,
}  # fmt: skip


@dataclass(frozen=True)
class Face:
    """One clock, ready to print."""

    clock: Clock
    badge: Badge
    css: str
    percent: int | None
    left: str
    certainty: str
    is_checked: bool


def face(clock: Clock, now: datetime) -> Face:
    """The face of one clock at a moment."""
    share, mark = clock.share_used(now), Mark(clock.mark)
    late = clock.is_overdue(now)
    soon = clock.state == "running" and not late and share is not None and share >= SOON
    return Face(
        clock=clock, badge=_badge(clock, late=late, soon=soon), css=_css(clock, late=late, soon=soon),
        percent=min(100, max(0, round(share * 100))) if share is not None and clock.is_open else None,
        left=_left(clock, now), certainty=certainty(mark), is_checked=mark.is_checked,
    )  # fmt: skip


def faces(clocks: Iterable[Clock], now: datetime) -> list[Face]:
    return [face(clock, now) for clock in clocks]


def _badge(clock: Clock, *, late: bool, soon: bool) -> Badge:
    if late:
        return Badge(_("Overdue"), Tone.BAD, icons.named("alarm"))
    if soon:
        return Badge(_("Nearly due"), Tone.WARN, icons.named("hourglass-low"))
    tone = _TONES.get(clock.state, Tone.WAIT)
    return Badge(clock.get_state_display(), tone)


def _css(clock: Clock, *, late: bool, soon: bool) -> str:
    if late:
        return "is-overdue"
    return "is-soon" if soon else f"is-{clock.state}"


def _left(clock: Clock, now: datetime) -> str:
    """ "3 hours left", "overdue by 2 days"; empty where nothing runs."""
    if clock.state != "running" or clock.due_at is None or not clock.has_number:
        return ""
    distance = clock.due_at - now
    if distance.total_seconds() < 0:
        return _("overdue by %(span)s") % {"span": formats.span(distance)}
    return _("%(span)s left") % {"span": formats.span(distance)}


def certainty(mark: Mark) -> str:
    """How sure the number is, in words; the pack states it for every number."""
    if mark is Mark.SEEN:
        return _("checked in the source")
    if mark.is_checked:
        return _("checked in a secondary source")
    return _("design value, not law") if mark is Mark.DESIGN else _("not yet checked")
