"""The menu: four pillars, the situation room and the desk. Contexts add their items from AppConfig.ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account

Words = str | Promise
Count = Callable[[Account], int | None]


class Pillar(StrEnum):
    """Where in the menu an item stands. TOP has no heading; SYSTEM is the keeping of the house."""

    TOP = "top"
    MECHANISM = "mechanism"
    TECHNOLOGY = "technology"
    SUPERVISION = "supervision"
    SUPPORT = "support"
    SYSTEM = "system"


LABELS: dict[Pillar, Words] = {
    Pillar.TOP: "",
    Pillar.MECHANISM: _("Mechanism"),
    Pillar.TECHNOLOGY: _("Technology"),
    Pillar.SUPERVISION: _("Supervision"),
    Pillar.SUPPORT: _("Support"),
    Pillar.SYSTEM: _("System"),
}


@dataclass(frozen=True)
class Item:
    """One line of the menu. `count` says how many of its things wait for this person."""

    pillar: Pillar | str
    label: Words
    url_name: str
    can: str | Sequence[str] = ()
    count: Count | None = None
    icon: str = "point"
    order: int = 50
    # Path prefixes under which this item is the current one; the item's own URL if empty.
    under: Sequence[str] = field(default=())

    def is_open_to(self, account: Account) -> bool:
        """Any one of the rights opens the item; no right asked means everybody signed in."""
        rights = [self.can] if isinstance(self.can, str) else list(self.can)
        rights = [right for right in rights if right]
        return not rights or any(account.can(str(right)) for right in rights)

    def url(self) -> str:
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


@dataclass(frozen=True)
class Line:
    """A menu item as it is printed for one request."""

    key: str
    label: Words
    url: str
    icon: str
    is_current: bool
    counted: bool


@dataclass(frozen=True)
class Group:
    pillar: Pillar
    label: Words
    lines: list[Line]


_items: list[Item] = []


def add(*items: Item) -> None:
    """Put items into the menu; the same URL name added twice replaces the first."""
    for item in items:
        _items[:] = [known for known in _items if known.url_name != item.url_name]
        _items.append(item)


@dataclass(frozen=True)
class Own:
    """A page about oneself, reached from My account."""

    label: Words
    url_name: str
    icon: str

    def url(self) -> str:
        return reverse(self.url_name)


_own: dict[str, Own] = {}


def add_own(*links: Own) -> None:
    """Put pages about oneself on My account."""
    _own.update({link.url_name: link for link in links})


def own() -> list[Own]:
    return list(_own.values())


def open_items(account: Account) -> list[Item]:
    """What this account may open, in printing order."""
    order = list(Pillar)
    found = [item for item in _items if item.is_open_to(account) and item.url()]
    return sorted(found, key=lambda item: (order.index(Pillar(item.pillar)), item.order, str(item.url_name)))


def groups(request: HttpRequest, account: Account) -> list[Group]:
    """The menu of one request, by pillar, with the current line marked."""
    items = open_items(account)
    current = _current(items, request.path)
    found = []
    for pillar in Pillar:
        lines = [
            Line(i.url_name, i.label, i.url(), i.icon, i is current, i.count is not None)
            for i in items
            if Pillar(i.pillar) is pillar
        ]
        if lines:
            found.append(Group(pillar, LABELS[pillar], lines))
    return found


def _current(items: list[Item], path: str) -> Item | None:
    """The item with the longest prefix of the path."""
    best, length = None, 0
    for item in items:
        for prefix in item.under or (item.url(),):
            if (path == prefix or (prefix != "/" and path.startswith(prefix))) and len(prefix) > length:
                best, length = item, len(prefix)
    return best


def counts(account: Account) -> dict[str, int]:
    """How many things wait behind each item of this account's menu; nothing waiting is left out."""
    found = {}
    for item in open_items(account):
        number = item.count(account) if item.count else None
        if number:
            found[item.url_name] = number
    return found
