"""Panels: an upper room shows something on a lower room's page without the lower room knowing it.

The lower room prints `{% panels "registry.operator" operator %}`; each panel is fetched on its own by htmx, and is a
link where scripts do not run. What a panel may show is bounded twice: the thing is looked up in the sight of the
account, and the panel itself reads through scoped reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from bastide.base.people.models import Account

Words = str | Promise
View = Callable[[HttpRequest, Any], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A fragment on the page of `noun` ("registry.operator")."""

    noun: str
    name: str
    title: Words
    template: str
    view: View
    can: str
    icon: str
    order: int

    def url(self, thing: Model) -> str:
        return reverse("ui:panel", args=[self.noun, self.name, thing.pk])


_panels: dict[tuple[str, str], Panel] = {}
_lenders: dict[str, Callable[[Account], Any]] = {}


def panel(
    noun: str, template: str, *, title: Words, can: str = "", icon: str = "layout-cards", order: int = 50
) -> Callable[[View], View]:
    """Hang a view under a noun: `view(request, thing)` gives the template's values, or None for "nothing to show"."""

    def hang(view: View) -> View:
        name = f"{view.__module__.removeprefix('bastide.').split('.')[0]}-{view.__name__.replace('_', '-')}"
        _panels[noun, name] = Panel(noun, name, title, template, view, can, icon, order)
        return view

    return hang


def lend(noun: str, visible: Callable[[Account], Any]) -> None:
    """The owner of a noun says which rows an account may see: `lend("registry.operator", reads.operators)`."""
    _lenders[noun] = visible


def visible(noun: str, account: Account) -> Any:
    """The rows of a noun that an account may see, as its owner lends them; None where nobody does."""
    return _lenders[noun](account) if noun in _lenders else None


def lenders() -> dict[str, Callable[[Account], Any]]:
    """Noun → the rows of it an account may see."""
    return dict(_lenders)


def panels_of(noun: str, account: Account) -> list[Panel]:
    """The panels of a noun that are open to the account, in order."""
    found = [p for p in _panels.values() if p.noun == noun and (not p.can or account.can(p.can))]
    return sorted(found, key=lambda p: (p.order, p.name))


def panels_of_all() -> list[Panel]:
    """Every panel that hangs anywhere."""
    return list(_panels.values())


def find(noun: str, name: str, account: Account) -> Panel:
    found = next((p for p in panels_of(noun, account) if p.name == name), None)
    if found is None:
        raise Http404
    return found


def thing_for(noun: str, pk: int, account: Account) -> Model:
    """The thing a panel is asked about, in the sight of the account; else 404."""
    if noun not in _lenders:
        raise Http404(f"{noun} lends itself to no panel: call panels.lend in its AppConfig.ready")
    thing: Model | None = _lenders[noun](account).filter(pk=pk).first()
    if thing is None:
        raise Http404
    return thing


def noun_of(thing: Model) -> str:
    """The noun of a model instance: "registry.operator"."""
    return f"{thing._meta.app_label}.{thing._meta.model_name}"


def is_known(noun: str) -> bool:
    """Does a noun name a model of ours?"""
    app, _dot, model = noun.partition(".")
    return model.lower() in apps.all_models.get(app, {})
