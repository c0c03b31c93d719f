"""Steps and flows. A flow is a table of steps; whoever changes a state does it through one of them.

The table has five readers: the lock here, the page's buttons, the API, the diagram in the docs, and the test that
walks every (state, step, role).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bastide.base.flow.models import Thing, next_number, next_numbers
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.people.models import Account
from bastide.base.people.scope import scoped
from bastide.base.trail import ledger
from bastide.base.trail.pouring import pour

T = TypeVar("T", bound=Thing)
Need = Callable[[Any, dict[str, Any]], "str | Promise | None"]

_registry: dict[str, Flow[Any]] = {}


@dataclass(frozen=True)
class Step:
    """One act: from which states, to which state (None: it stays), by whom, under which needs.

    A step without source states creates the thing. A deciding step is one that a person answers for by name.
    """

    name: str
    source: tuple[str, ...]
    target: str | None
    can: str
    title: str | Promise = ""
    needs: tuple[Need, ...] = ()
    deciding: bool = False
    # Shown as a button to people. Steps of the house itself (clocks, hearers) are not.
    by_hand: bool = True

    @property
    def creates(self) -> bool:
        return not self.source


class Flow(Generic[T]):
    """The table of steps of one model, and the only writer of its state field."""

    def __init__(self, model: type[T], *steps: Step, field: str = "state") -> None:
        self.model, self.field = model, field
        self.steps = {step.name: step for step in steps}
        if len(self.steps) != len(steps):
            raise ValueError(f"{model.__name__}: a step name is used twice")
        self.kind = f"{model._meta.app_label}.{model._meta.model_name}"
        _registry[self.kind] = self

    @property
    def states(self) -> list[tuple[str, str | Promise]]:
        """Every state with its title, in the order of the model."""
        choices = getattr(self.model._meta.get_field(self.field), "flatchoices", [])
        return [(str(value), label) for value, label in choices]

    def open_steps(self, thing: T, by: Account) -> list[Step]:
        """The steps this person may take now: the buttons of the page, the allowed acts of the API."""
        state = getattr(thing, self.field)
        return [s for s in self.steps.values() if s.by_hand and state in s.source and by.may(s.can, thing)]

    @contextmanager
    def begin(self, name: str, thing: T, *, by: Account, at: datetime, note: str = "", **given: Any) -> Iterator[T]:
        """Create a thing: ask, number it, let the caller complete it, save, keep the trail.

        The body may set fields and, after `thing.save()`, related rows; the thing is saved before the body runs so that
        rows can refer to it. Scope is asked after the body, on the finished thing.
        """
        step = self.steps[name]
        if not by.can(step.can):
            raise Forbidden(_refusal(by, step))
        with transaction.atomic():
            setattr(thing, self.field, step.target)
            thing.number = thing.number or next_number(thing.SERIES, at.year)
            thing.created_at, thing.created_by = at, by
            _ask_needs(step, thing, given)
            thing.save()
            yield thing
            thing.save()
            if not by.may(step.can, thing):
                raise Forbidden(_refusal(by, step))
            ledger.record(
                at=at,
                by=by,
                act=f"{self.kind}.{name}",
                thing=thing,
                now=str(step.target),
                note=note,
                changes=_first_values(thing),
            )

    def begin_many(self, name: str, things: list[T], *, by: Account, at: datetime, note: str = "") -> list[T]:
        """Create many things, complete as they are: numbers in a block, rows and entries of the trail in bulk.

        It asks what `begin` asks. If one is refused none is made.
        """
        step = self.steps[name]
        if not by.can(step.can):
            raise Forbidden(_refusal(by, step))
        with transaction.atomic():
            for thing, number in zip(things, next_numbers(self.model.SERIES, at.year, len(things)), strict=True):
                setattr(thing, self.field, step.target)
                thing.number, thing.created_at, thing.created_by = number, at, by
                _ask_needs(step, thing, {})
            pour(things, keys=True)
            reached = scoped(self.model._default_manager.filter(pk__in=[thing.pk for thing in things]), by, step.can)
            if reached.count() != len(things):
                raise Forbidden(_refusal(by, step))
            ledger.record_many(
                at=at, by=by, act=f"{self.kind}.{name}", now=str(step.target), note=note,
                things=[(thing, _first_values(thing)) for thing in things],
            )  # fmt: skip
        return things

    @contextmanager
    def step(
        self,
        name: str,
        thing: T,
        *,
        by: Account,
        at: datetime,
        version: int | None = None,
        note: str = "",
        **given: Any,
    ) -> Iterator[T]:
        """Lock, ask, let the caller change the rest, then move the state and keep the trail.

        `version` is the one the person read; if the thing has moved on since, the act is refused as stale.
        The yielded thing is the locked row: change that one.
        """
        step = self.steps[name]
        with transaction.atomic():
            held = self.model._default_manager.select_for_update(of=("self",)).get(pk=thing.pk)
            if version is not None and held.version != version:
                raise Stale(_("Somebody else changed this meanwhile. Look at the new state, then decide again."))
            was = getattr(held, self.field)
            if was not in step.source:
                raise Refused(
                    format_lazy(
                        _("“{act}” is not open while the state is “{state}”."),
                        act=step.title or name,
                        state=dict(self.states).get(was, was),
                    )
                )
            if not by.may(step.can, held):
                raise Forbidden(_refusal(by, step))
            _ask_needs(step, held, given)
            before = held.values()
            yield held
            if step.target is not None:
                setattr(held, self.field, step.target)
            held.version += 1
            held.save()
            after = held.values()
            ledger.record(
                at=at,
                by=by,
                act=f"{self.kind}.{name}",
                thing=held,
                was=was,
                now=getattr(held, self.field),
                note=note,
                changes={key: [before[key], after[key]] for key in after if before[key] != after[key]},
            )
        thing.refresh_from_db()


def _refusal(by: Account, step: Step) -> Promise:
    return format_lazy(_("{person} may not “{act}” here."), person=str(by), act=step.title or step.name)


def _first_values(thing: Thing) -> dict[str, Any]:
    """What a new thing says, as the trail tells changes."""
    return {key: [None, value] for key, value in thing.values().items() if value or value is False or value == 0}


def _ask_needs(step: Step, thing: Thing, given: dict[str, Any]) -> None:
    for need in step.needs:
        if reason := need(thing, given):
            raise Refused(reason)


def flows() -> dict[str, Flow[Any]]:
    """Every flow by kind, for the docs, the house tests and the acts pages."""
    return dict(_registry)
