"""Filters of a table: what a person may narrow a list by. A value that cannot be read shows an error and no rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Model, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base.people.models import Account
from bastide.base.ui.search import holds
from bastide.base.words.spelling import sought

Words = str | Promise
Choices = Iterable[tuple[str, Words]]
Apply = Callable[[QuerySet[Any], Any], QuerySet[Any]]


class Unreadable(ValueError):
    """A filter's value is not of its kind; the message is for the person."""


@dataclass(frozen=True)
class Filter:
    """One thing to narrow by. Subclasses read their values from the address and bound the rows."""

    name: str
    label: Words
    kind = ""

    def params(self) -> list[str]:
        """The names this filter uses in the address."""
        return [self.name]

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        raise NotImplementedError

    def told(self, given: QueryDict, account: Account) -> str:
        """The value in words for the chip above the table; empty if the filter is not used."""
        raise NotImplementedError

    def values(self, given: QueryDict) -> dict[str, Any]:
        """What the control shows."""
        return {"value": given.get(self.name, "")}

    def options(self, account: Account) -> list[tuple[str, Words]]:
        return []


class Search(Filter):
    """Words that must all occur, each in any of the fields. Parameter `q`."""

    kind = "search"

    def __init__(self, *paths: str, label: Words = "") -> None:
        super().__init__("q", label or gettext_lazy("Search"))
        object.__setattr__(self, "paths", paths)

    paths: tuple[str, ...]

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        for word in sought(given.get("q", "")).split():
            rows = rows.filter(reduce(or_, (_holds(rows.model, path, word) for path in self.paths)))
        return rows

    def told(self, given: QueryDict, account: Account) -> str:
        return given.get("q", "").strip()


def _holds(model: type[Model], path: str, word: str) -> Q:
    """Does the field at the path hold the word? Across a to-many relation as a set of keys, so that no row doubles."""
    held = holds(word, path)
    first, more, _rest = path.partition("__")
    relation: Any = model._meta.get_field(first) if more else None
    if relation is None or not (relation.one_to_many or relation.many_to_many):
        return held
    return Q(pk__in=model._default_manager.filter(held).order_by().values("pk"))


@dataclass(frozen=True)
class Text(Filter):
    """One field that holds the words given, or (`exact`) is them."""

    paths: tuple[str, ...] = ()
    exact: bool = False
    kind = "text"

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        words = given.get(self.name, "").strip()
        lookup = "" if self.exact else "__icontains"
        paths = self.paths or (self.name,)
        return rows.filter(reduce(or_, (Q(**{f"{path}{lookup}": words}) for path in paths))) if words else rows

    def told(self, given: QueryDict, account: Account) -> str:
        return given.get(self.name, "").strip()


@dataclass(frozen=True)
class Choice(Filter):
    """One or several of a closed set. `choices` may be a function of the account, for what differs by person."""

    choices: Choices | Callable[[Account], Choices] = ()
    path: str = ""
    several: bool = True
    # Instead of a lookup: a function of (rows, chosen values).
    by: Apply | None = None
    kind = "choice"

    def options(self, account: Account) -> list[tuple[str, Words]]:
        pairs = self.choices(account) if callable(self.choices) else self.choices
        return [(str(value), label) for value, label in pairs if value != ""]

    def values(self, given: QueryDict) -> dict[str, Any]:
        return {"chosen": given.getlist(self.name)}

    def chosen(self, given: QueryDict, account: Account) -> list[str]:
        wanted = [value for value in given.getlist(self.name) if value]
        known = {value for value, _label in self.options(account)} if wanted else set()
        for value in wanted:
            if value not in known:
                raise Unreadable(
                    _("“%(value)s” is not one of the choices of “%(filter)s”.") % {"value": value, "filter": self.label}
                )
        return wanted

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        wanted = self.chosen(given, account)
        if not wanted:
            return rows
        return self.by(rows, wanted) if self.by else rows.filter(**{f"{self.path or self.name}__in": wanted})

    def told(self, given: QueryDict, account: Account) -> str:
        wanted = given.getlist(self.name)
        return (
            _(", ").join(str(label) for value, label in self.options(account) if value in wanted) if any(wanted) else ""
        )


# More than these are typed, not ticked.
MOST_TICKED = 60


@dataclass(frozen=True)
class Picked(Choice):
    """Rows of a table that may be long: ticked while they are few, typed by code or name when they are many.

    `among` gives the rows in sight, which have a `code` and names; `path` leads to their key.
    """

    among: Callable[[Account], QuerySet[Any]] = field(default=lambda account: Account.objects.none())

    def options(self, account: Account) -> list[tuple[str, Words]]:
        """All of them; none where they are too many to be ticked."""
        kept = account.__dict__.setdefault("_picked", {})
        if (self.name, self.among) not in kept:
            few = list(self.among(account).order_by("code")[: MOST_TICKED + 1])
            kept[self.name, self.among] = [(r.code, r.name) for r in few] if len(few) <= MOST_TICKED else []
        return list(kept[self.name, self.among])

    def _meant(self, given: QueryDict, account: Account) -> list[Any]:
        """The rows that the typed codes or names mean; each must mean one at least."""
        found: list[Any] = []
        for words in [value.strip() for value in given.getlist(self.name) if value.strip()]:
            rows = self.among(account)
            named = Q(code__icontains=words) | Q(name_zh__icontains=words) | Q(name_en__icontains=words)
            meant = list(rows.filter(code=words)[:1]) or list(rows.filter(named).order_by("code")[:500])
            if not meant:
                raise Unreadable(
                    _("“%(value)s” is not one of the choices of “%(filter)s”.") % {"value": words, "filter": self.label}
                )
            found += meant
        return found

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        if not any(given.getlist(self.name)):
            return rows
        return rows.filter(**{f"{self.path or self.name}__in": [row.pk for row in self._meant(given, account)]})

    def told(self, given: QueryDict, account: Account) -> str:
        if not any(given.getlist(self.name)):
            return ""
        try:
            meant = self._meant(given, account)
        except Unreadable:
            return ""
        names = _(", ").join(str(row.name) for row in meant[:3])
        return names if len(meant) <= 3 else f"{names} … ({len(meant)})"


@dataclass(frozen=True)
class Boolean(Filter):
    """Yes or no. `by` takes (rows, bool) where no field holds the answer."""

    path: str = ""
    by: Apply | None = None
    kind = "boolean"

    def options(self, account: Account) -> list[tuple[str, Words]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        value = given.get(self.name, "")
        if value == "":
            return rows
        if value not in {"yes", "no"}:
            raise Unreadable(_("“%(filter)s” takes yes or no.") % {"filter": self.label})
        return self.by(rows, value == "yes") if self.by else rows.filter(**{self.path or self.name: value == "yes"})

    def told(self, given: QueryDict, account: Account) -> str:
        return {"yes": _("Yes"), "no": _("No")}.get(given.get(self.name, ""), "")


@dataclass(frozen=True)
class DateRange(Filter):
    """From a day to a day, both included, in the console's zone. Parameters `<name>_from` and `<name>_to`."""

    path: str = ""
    kind = "dates"

    def params(self) -> list[str]:
        return [f"{self.name}_from", f"{self.name}_to"]

    def values(self, given: QueryDict) -> dict[str, Any]:
        return {"since": given.get(f"{self.name}_from", ""), "until": given.get(f"{self.name}_to", "")}

    def day(self, given: QueryDict, end: str) -> date | None:
        text = given.get(f"{self.name}_{end}", "").strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Unreadable(_("“%(value)s” is not a date. Write it like 2026-11-22.") % {"value": text[:40]}) from None

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        since, until = self.day(given, "from"), self.day(given, "to")
        path = self.path or self.name
        if _is_moment(rows, path):
            if since:
                rows = rows.filter(**{f"{path}__gte": _midnight(since)})
            return rows.filter(**{f"{path}__lt": _midnight(until + timedelta(days=1))}) if until else rows
        if since:
            rows = rows.filter(**{f"{path}__gte": since})
        return rows.filter(**{f"{path}__lte": until}) if until else rows

    def told(self, given: QueryDict, account: Account) -> str:
        since, until = given.get(f"{self.name}_from", ""), given.get(f"{self.name}_to", "")
        return f"{since} – {until}" if since or until else ""


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _is_moment(rows: QuerySet[Any], path: str) -> bool:
    """Does a path end in a point of time (and not in a day)?"""
    if path in rows.query.annotations:
        return isinstance(rows.query.annotations[path].output_field, DateTimeField)
    current: Any = rows.model
    found: Any = None
    for part in path.split("__"):
        try:
            found = current._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        current = found.related_model
    return isinstance(found, DateTimeField)


@dataclass
class Bound:
    """A filter with what the address says about it, ready to print."""

    filter: Filter
    given: Mapping[str, Any]
    options: Sequence[tuple[str, Words]]
    told: str
    error: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_typed(self) -> bool:
        """Are there too many choices to show them?"""
        return isinstance(self.filter, Picked) and not self.options
