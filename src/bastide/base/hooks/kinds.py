"""Which facts can be told to programs. Rooms offer them when the apps are loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bastide.base.trail import outbox

PING = "ping"


@dataclass(frozen=True)
class Kind:
    """A fact that may leave the house: its name, what it is called, and the thing it is about."""

    name: str
    title: str | Promise
    find: Callable[[Any], models.Model | None]


_kinds: dict[str, Kind] = {}


def offer(fact: type, title: str | Promise, model: str, field: str, *, key: str = "number") -> None:
    """Offer a fact about one thing: `offer(facts.OrderServed, _("Order served"), "rectify.order", "order")`.

    Nothing of it leaves but kind, number, address and time. A fact that is a secret by itself is not offered.
    """

    def find(told: Any) -> models.Model | None:
        return apps.get_model(model)._default_manager.filter(**{key: getattr(told, field)}).first()

    from bastide.base.hooks import hears

    name = outbox.name_of(fact)
    _kinds[name] = Kind(name, title, find)
    outbox.hears(fact)(hears.tell_programs)


def kinds() -> list[Kind]:
    return [_kinds[name] for name in sorted(_kinds)]


def title_of(name: str) -> str:
    return str(_kinds[name].title) if name in _kinds else str(_("Test")) if name == PING else name


def kind_of(fact: Any) -> Kind | None:
    return _kinds.get(outbox.name_of(type(fact)))
