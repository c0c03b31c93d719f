"""Search over everything a person may see, for the command palette and the search page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bastide.base import words as indexed
from bastide.base.flow.models import Thing
from bastide.base.people.models import Account
from bastide.base.ui import menu

Words = str | Promise


@dataclass(frozen=True)
class Hit:
    """One thing found. `kind` is the noun in the reader's language ("Incident")."""

    kind: Words
    title: Words
    url: str
    text: Words = ""
    icon: str = "file-search"


Provider = Callable[[Account, str], list[Hit]]
_providers: list[Provider] = []
LIMIT = 8


def begins(path: str, words: str) -> Q:
    """Does the field begin with the words? As a range, which an index answers on every database."""
    return Q(**{f"{path}__gte": words, f"{path}__lt": f"{words}\U0010ffff"})


def holds(words: str, *paths: str, number: str = "") -> Q:
    """Does one of the fields hold the words? The field `number` is asked only if they may be a part of a number.

    Words without capitals, as Chinese ones, are looked for as they stand: PostgreSQL would turn every row to capitals.
    """
    lookup = "contains" if words.lower() == words.upper() else "icontains"
    among = [*paths, number] if number and words.isascii() else paths
    return reduce(or_, (Q(**{f"{path}__{lookup}": words}) for path in among))


def stands_in(model: type[Thing], words: str, *paths: str) -> Q:
    """The same out of the index of words that is kept for a model's fields; parts of numbers are read through.

    A single letter finds nothing: it stands in too many rows to lead anywhere, and would have all of them read. With
    what all numbers begin with ("FND"), all rows are found.
    """
    if len(words) < 2:
        return Q(pk__in=[])
    if words.upper().removesuffix("-") == model.SERIES:
        return ~Q(pk__in=[])
    if words.isascii() and any(letter.isdigit() for letter in words):
        return holds(words, *paths, "number")
    keys = indexed.keys(model, words)
    return holds(words, *paths) if keys is None else holds(words, *paths) & Q(pk__in=keys)


def is_number(words: str) -> bool:
    """Do the words look like the number of a thing ("FND-2026-0001")? Then names need not be read through."""
    return re.fullmatch(r"[A-Z]{2,4}-\d{4}-\d*", words.upper()) is not None


def register(provider: Provider) -> Provider:
    """Add a provider; it must look through scoped reads only. Also usable as a decorator."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def find(account: Account, words: str, *, limit: int = LIMIT) -> list[Hit]:
    """Pages of the menu first, then what the providers find, each at most `limit`."""
    words = words.strip()
    if not words:
        return places(account, "")[:limit]
    found = places(account, words)[:limit]
    for provider in _providers:
        found += provider(account, words)[:limit]
    return found


def places(account: Account, words: str) -> list[Hit]:
    """Pages of the menu whose name holds the words."""
    needle = words.casefold()
    return [
        Hit(_("Page"), item.label, item.url(), menu.LABELS[menu.Pillar(item.pillar)], item.icon)
        for item in menu.open_items(account)
        if needle in str(item.label).casefold()
    ]
