"""Looking at clocks: of a thing, of an account, late ones, and how one stood at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Case, F, QuerySet, Value, When

from bastide.base.clock.access import Can
from bastide.base.clock.flows import reading_of
from bastide.base.clock.models import Clock, Reminder
from bastide.base.clock.reading import OutOfOrderError, Reading
from bastide.base.people.models import Account
from bastide.base.people.scope import scoped
from bastide.base.trail.ledger import kind_of

_OPEN = ("running", "paused")


def of(thing: models.Model) -> list[Clock]:
    """Every clock of a thing: open ones first, soonest due first. Whoever may see the thing may see its clocks."""
    open_first = Case(When(state__in=_OPEN, then=Value(0)), default=Value(1))
    found = Clock.objects.filter(thing_kind=kind_of(thing), thing_id=thing.pk).select_related("bearer")
    return list(found.order_by(open_first, F("due_at").asc(nulls_last=True), "pk"))


def open_of(thing: models.Model, type_id: str) -> Clock | None:
    """The open clock of one type, if one runs (or is paused)."""
    found = Clock.objects.filter(thing_kind=kind_of(thing), thing_id=thing.pk, type_id=type_id, state__in=_OPEN)
    return found.select_related("bearer").order_by("pk").first()


def soonest(things: Iterable[models.Model]) -> dict[int, Clock]:
    """For a list page: thing id → its running clock that is due first. One query for all of one model."""
    listed = list(things)
    if not listed:
        return {}
    found = Clock.objects.filter(
        thing_kind=kind_of(listed[0]), thing_id__in=[thing.pk for thing in listed], state="running"
    ).select_related("bearer")
    first: dict[int, Clock] = {}
    for clock in found.order_by(F("due_at").asc(nulls_last=True), "pk"):
        first.setdefault(clock.thing_id, clock)
    return first


def due_for(account: Account) -> QuerySet[Clock]:
    """Running clocks this account sees, soonest first."""
    running = Clock.objects.filter(state="running").select_related("bearer")
    return scoped(running, account, Can.SEE).order_by(F("due_at").asc(nulls_last=True), "pk")


def overdue(at: datetime) -> QuerySet[Clock]:
    """Running clocks past their due time, longest first. Scope them before showing them."""
    return Clock.objects.filter(state="running", due_at__lt=at, has_number=True).order_by("due_at", "pk")


def state_at(clock: Clock, known_at: datetime) -> Reading | None:
    """The clock as the system knew it at a moment; None if it did not know of it or could not read it then."""
    try:
        return reading_of(clock, known_at)
    except OutOfOrderError:
        return None


def reminders_of(clock: Clock) -> QuerySet[Reminder]:
    """What was planned and sent, with its proof."""
    return clock.reminders.order_by("send_at", "pk")
