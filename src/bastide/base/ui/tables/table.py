"""A table and what one request made of it: the rows asked for, in the order and the columns asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.ui.models import SavedView, TableChoice
from bastide.base.ui.tables.columns import Column, Words
from bastide.base.ui.tables.counting import Pages
from bastide.base.ui.tables.filters import Bound, Filter, Unreadable

PAGE_SIZES = (20, 50, 100, 200)
PIECE = 200  # rows of an export taken together
# Parameters that are not part of a saved view.
PASSING = ("page", "export", "purpose", "view")


class Table:
    """Declares a table. `name` is what saved views and chosen columns are kept under."""

    name: ClassVar[str]
    columns: ClassVar[Sequence[Column]]
    filters: ClassVar[Sequence[Filter]] = ()
    sort: ClassVar[str] = ""
    per_page: ClassVar[int] = 50
    caption: ClassVar[Words] = ""
    # An export asks for a purpose, counts against the quota of the day and carries a watermark.
    guarded: ClassVar[bool] = False
    # The right without which nothing of this table is exported; none if empty.
    export_can: ClassVar[str] = ""

    @classmethod
    def row_class(cls, row: Any) -> str:
        """A CSS class for a row, such as "is-overdue"."""
        return ""


@dataclass(frozen=True)
class Cell:
    column: Column
    html: SafeString


@dataclass(frozen=True)
class Row:
    thing: Any
    cells: list[Cell]
    css: str

    @property
    def pk(self) -> Any:
        return self.thing.pk

    @property
    def label(self) -> str:
        return str(self.thing)


@dataclass(frozen=True)
class Head:
    """A column heading with the link that sorts by it."""

    column: Column
    url: str
    order: str  # "ascending", "descending", "none", or "" where sorting makes no sense


class BoundTable:
    """A table for one request. Everything shown, sorted, paged and exported comes from here."""

    def __init__(self, request: HttpRequest, table: type[Table], rows: QuerySet[Any], account: Account) -> None:
        self.request, self.table, self.account, self._source = request, table, account, rows
        self.given: QueryDict = request.GET
        self.now: datetime = terms.now()

    # ---- columns

    @cached_property
    def choice(self) -> TableChoice | None:
        return TableChoice.objects.filter(account=self.account, table=self.table.name).first()

    @cached_property
    def all_columns(self) -> list[Column]:
        return [c for c in self.table.columns if not c.can or self.account.can(c.can)]

    @cached_property
    def columns(self) -> list[Column]:
        """The columns shown: what the address says, else what the person chose, else the usual ones."""
        wanted = [name for name in self.given.get("cols", "").split(",") if name]
        wanted = wanted or (list(self.choice.columns) if self.choice else [])
        known = {column.name: column for column in self.all_columns}
        found = [known[name] for name in wanted if name in known]
        return found or [column for column in self.all_columns if column.shown]

    @property
    def column_choices(self) -> list[tuple[Column, bool]]:
        """Every column, the shown ones first and in their order."""
        hidden = [column for column in self.all_columns if column not in self.columns]
        return [(column, True) for column in self.columns] + [(column, False) for column in hidden]

    # ---- filters

    @cached_property
    def filters(self) -> list[Bound]:
        found = []
        for one in self.table.filters:
            error = ""
            try:
                one.apply(self._source, self.given, self.account)
            except Unreadable as unreadable:
                error = str(unreadable)
            told = one.told(self.given, self.account)
            found.append(Bound(one, one.values(self.given), one.options(self.account), told, error))
        return found

    @property
    def errors(self) -> list[str]:
        return [bound.error for bound in self.filters if bound.error]

    @property
    def chips(self) -> list[dict[str, str]]:
        """The filters in use, each with the address without it."""
        return [
            {"label": str(b.filter.label), "value": b.told, "url": self.address(drop=b.filter.params())}
            for b in self.filters
            if b.told
        ]

    @property
    def is_filtered(self) -> bool:
        return any(bound.told or bound.error for bound in self.filters)

    # ---- rows

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """All rows asked for, filtered and in order, over all pages."""
        rows = self._source
        if self.errors:
            return rows.none()
        for one in self.table.filters:
            rows = one.apply(rows, self.given, self.account)
        return rows.order_by(*self._order())

    @cached_property
    def sort(self) -> tuple[str, bool]:
        """Name of the sorting column and whether it descends."""
        wanted = self.given.get("sort") or self.table.sort
        name = wanted.removeprefix("-")
        return name, wanted.startswith("-")

    def _order(self) -> list[str]:
        name, falls = self.sort
        column = next((c for c in self.all_columns if c.name == name), None)
        paths = column.sort_paths(self._source.model) if column else []
        if not paths and self.table.sort:  # the declared order may name a field that is no column
            fallback = self.table.sort
            declared = next((c for c in self.all_columns if c.name == fallback.removeprefix("-")), None)
            paths = declared.sort_paths(self._source.model) if declared else [fallback.removeprefix("-")]
            falls = fallback.startswith("-")
        order = [f"-{path}" if falls else path for path in paths]
        return [*order, "-pk" if falls or not order else "pk"]

    @cached_property
    def per_page(self) -> int:
        asked = self.given.get("per", "")
        if asked.isdigit() and int(asked) in PAGE_SIZES:
            return int(asked)
        return (self.choice.per_page if self.choice else 0) or self.table.per_page

    @cached_property
    def page(self) -> Page[Any]:
        return Pages(self.rows, self.per_page).get_page(self.given.get("page"))

    @cached_property
    def shown(self) -> list[Row]:
        return [self._row(thing) for thing in self.page.object_list]

    def _row(self, thing: Any) -> Row:
        cells = [Cell(column, column.html(thing, self.now)) for column in self.columns]
        return Row(thing, cells, self.table.row_class(thing))

    @cached_property
    def keys(self) -> list[Any]:
        """The keys of all rows asked for, in order: what an export counts, and then takes piece by piece."""
        return list(self.rows.values_list("pk", flat=True))

    def lines(self) -> Iterator[list[Any]]:
        """The plain values of every row asked for, for export.

        No reading stays open while a file is taken slowly; what leaves the reader's sight meanwhile is left out.
        """
        rows = self.rows.order_by()
        for start in range(0, len(self.keys), PIECE):
            keys = self.keys[start : start + PIECE]
            found = {thing.pk: thing for thing in rows.filter(pk__in=keys)}
            for thing in (found[key] for key in keys if key in found):
                yield [column.plain(thing) for column in self.columns]

    @property
    def total(self) -> int:
        """How many rows there are, as far as a list counts."""
        return self.page.paginator.count

    @property
    def total_words(self) -> str:
        """ "512", or "more than 10,000"."""
        if self.page.paginator.goes_on:  # type: ignore[attr-defined]
            return _("more than %(total)s") % {"total": f"{self.total:,}"}
        return str(self.total)

    # ---- addresses

    def address(self, *, drop: Sequence[str] = (), **put: str) -> str:
        """This list's address with some parameters changed; the page number is always dropped."""
        given = self.given.copy()
        for name in [*drop, *PASSING, *put]:
            given.pop(name, None)
        pairs = [(name, str(value)) for name, values in given.lists() for value in values if value != ""]
        return f"{self.request.path}?{urlencode([*pairs, *put.items()])}"

    @property
    def heads(self) -> list[Head]:
        """Column headings; a second click turns the order round."""
        name, falls = self.sort
        found = []
        for column in self.columns:
            if not column.sort_paths(self._source.model):
                found.append(Head(column, "", ""))
                continue
            is_sorted = column.name == name
            order = ("descending" if falls else "ascending") if is_sorted else "none"
            found.append(
                Head(column, self.address(sort=f"-{column.name}" if is_sorted and not falls else column.name), order)
            )
        return found

    @property
    def query(self) -> str:
        """What a saved view keeps."""
        return self.address().partition("?")[2]

    @property
    def hidden_params(self) -> list[tuple[str, str]]:
        """Parameters that the filter form carries along: sort, columns, page size."""
        return [(name, str(self.given[name])) for name in ("sort", "cols", "per") if self.given.get(name)]

    @property
    def pages(self) -> list[tuple[int | None, str]]:
        """Page numbers with their addresses; None marks a gap."""
        found: list[tuple[int | None, str]] = []
        for number in self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1):
            found.append((number, self.page_address(number)) if isinstance(number, int) else (None, ""))
        return found

    def page_address(self, number: int) -> str:
        return f"{self.address()}&page={number}"

    @property
    def previous_url(self) -> str:
        return self.page_address(self.page.previous_page_number()) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        return self.page_address(self.page.next_page_number()) if self.page.has_next() else ""

    @property
    def sizes(self) -> list[tuple[int, str, bool]]:
        return [(size, self.address(per=str(size)), size == self.per_page) for size in PAGE_SIZES]

    @property
    def may_export(self) -> bool:
        return not self.table.export_can or self.account.can(self.table.export_can)

    @property
    def csv_url(self) -> str:
        return self.address(export="csv")

    @property
    def xlsx_url(self) -> str:
        return self.address(export="xlsx")

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def plain_url(self) -> str:
        """The list without any filter."""
        return self.request.path

    @cached_property
    def saved(self) -> list[dict[str, Any]]:
        """This person's saved views of the table."""
        views = SavedView.objects.filter(account=self.account, table=self.table.name)
        return [
            {"view": view, "url": f"{self.request.path}?{view.query}", "is_current": view.query == self.query}
            for view in views
        ]

    @property
    def summary(self) -> str:
        """ "21–40 of 512", for people and screen readers."""
        if not self.total:
            return _("No entries")
        return _("%(first)s–%(last)s of %(total)s") % {
            "first": self.page.start_index(), "last": self.page.end_index(), "total": self.total_words,
        }  # fmt: skip
