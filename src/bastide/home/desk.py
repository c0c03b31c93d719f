"""What My desk shows of clocks: those one's own organisation owes, and those others owe, in sight of the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bastide.base import clock
from bastide.base.people.models import Account
from bastide.base.ui import panels

SHOWN = 6


@dataclass(frozen=True)
class Owed:
    """Some of the clocks, soonest first, and how many there are in all."""

    clocks: list[clock.Clock]
    total: int

    @property
    def hidden(self) -> int:
        return self.total - len(self.clocks)


@dataclass(frozen=True)
class Clocks:
    """Running clocks of things the person may see."""

    ours: Owed
    theirs: Owed
    overdue: int

    @property
    def total(self) -> int:
        return self.ours.total + self.theirs.total


def clocks(account: Account, *, at: datetime, everything: bool = False) -> Clocks:
    """A clock tells of its thing, so it is counted only where the thing itself is in sight."""
    seen = in_sight(account)
    ours = Q(bearer__in=[membership.organisation_id for membership in account.standing()])
    limit = None if everything else SHOWN
    late = seen.filter(pk__in=clock.overdue(at).order_by().values("pk"))
    return Clocks(_owed(seen.filter(ours), limit), _owed(seen.exclude(ours), limit), late.count())


def in_sight(account: Account) -> QuerySet[clock.Clock]:
    """Running clocks the account may see, of things the account may see; a kind that nobody lends stays hidden."""
    running, known = clock.due_for(account), Q(pk__in=[])
    for kind in running.order_by().values_list("thing_kind", flat=True).distinct():
        things = panels.visible(kind, account)
        if things is not None:
            known |= Q(Exists(things.order_by().filter(pk=OuterRef("thing_id"))), thing_kind=kind)
    return running.filter(known)


def _owed(rows: QuerySet[clock.Clock], limit: int | None) -> Owed:
    """What has no number ("at once") comes after what runs out."""
    total = rows.count()
    ordered = rows.order_by("-has_number", F("due_at").asc(nulls_last=True), "pk")
    return Owed(list(ordered[:limit]), total)
