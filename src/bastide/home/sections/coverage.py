"""Who sends events, who fell silent and for how long, who was never heard of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base.people.models import Organisation
from bastide.home.criteria import strip
from bastide.home.sections.ground import Ground, Reporting, listed
from bastide.monitor import reads as monitor
from bastide.registry import reads as registry

SHOWN = 6
STATES = {
    "current": (pgettext_lazy("coverage", "Events arrive"), "ok"),
    "silent": (pgettext_lazy("coverage", "Silent"), "warn"),
    "never": (_("Never heard of"), "bad"),
}


@dataclass(frozen=True)
class Share:
    """One state of coverage with its operators."""

    state: str
    name: str
    count: int
    url: str
    tone: str
    x: float
    width: float


@dataclass(frozen=True)
class Silence:
    """An operator of which no events arrive, and when the last did."""

    operator: Organisation
    last_batch_at: datetime | None


@dataclass(frozen=True)
class Coverage:
    current: int
    silent: int
    never: int
    operators: int
    limit_hours: int
    shares: list[Share]
    longest: list[Silence]  # silent ones, the longest silent first; never heard of after them
    reporting: Reporting

    @property
    def missing(self) -> int:
        return self.silent + self.never

    @property
    def missing_url(self) -> str:
        return listed("home:coverage", state=["silent", "never"])


def coverage(ground: Ground) -> Coverage | None:
    """None for whoever may not know the sources."""
    if ground.heard is None:
        return None
    known = {pk: ground.heard.last[pk] for pk in ground.operators if pk in ground.heard.last}
    missing = [pk for pk in known if pk in ground.heard.silent]
    silent = {pk: last for pk in missing if (last := known[pk]) is not None}
    never = [pk for pk in missing if known[pk] is None]
    counts = {"current": len(known) - len(silent) - len(never), "silent": len(silent), "never": len(never)}
    longest = [*sorted(silent, key=silent.__getitem__), *never][:SHOWN]
    named = registry.operators_by_id(longest)
    return Coverage(
        **counts, operators=len(known), limit_hours=int(monitor.SILENT_AFTER.total_seconds() // 3600),
        shares=[
            Share(state, str(STATES[state][0]), n, listed("home:coverage", state=state), STATES[state][1], x, width)
            for (state, n), (x, width) in zip(counts.items(), strip(list(counts.values())), strict=True)
        ],
        longest=[Silence(named[pk], known[pk]) for pk in longest], reporting=ground.reporting("events"),
    )  # fmt: skip
