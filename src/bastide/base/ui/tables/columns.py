"""One column of a table: where its value comes from, how it is shown, sorted and exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bastide.base.ui import badges, formats

Words = str | Promise
Kind = Literal["auto", "text", "code", "badge", "moment", "ago", "day", "number", "size", "span", "boolean", "sha"]
Plain = str | int | float | Decimal | datetime | date | bool | None


@dataclass(frozen=True)
class Column:
    """A column. `value` is a path ("operator.name") or a function of the row; the name if absent.

    `kind` chooses the look; `link` leads to the row's own page (True) or where a function says; `sort` is a lookup
    path (or several), found by itself where the value is a database field; False forbids sorting.
    `can` hides the column from whoever lacks the right; `shown` says whether it is visible before anyone chose.
    """

    name: str
    label: Words
    value: str | Callable[[Any], Any] | None = None
    kind: Kind = "auto"
    link: bool | Callable[[Any], str] = False
    sort: str | Sequence[str] | bool = True
    tone: Mapping[str, str] | Callable[[Any], str] | None = None
    shown: bool = True
    can: str = ""
    help: Words = ""

    @property
    def is_number(self) -> bool:
        return self.kind in {"number", "size"}

    @property
    def css(self) -> str:
        """How wide a cell may get: a number of record does not break, a title is not squeezed to single characters."""
        if self.is_number:
            return "is-number"
        if self.name == "number":
            return "is-key"
        if self.kind in {"auto", "text"}:
            return "is-title" if self.link is True else "is-words"
        return ""

    def read(self, row: Any) -> Any:
        """The raw value of a row; a method along the path is called, a gap along the path gives None."""
        if callable(self.value):
            return self.value(row)
        value = row
        for part in (self.value or self.name).split("."):
            value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
            if callable(value) and not isinstance(value, type | Promise):
                value = value()
            if value is None:
                return None
        return value

    def sort_paths(self, model: type[Model]) -> list[str]:
        """The lookup paths this column sorts by; empty if it cannot be sorted."""
        if self.sort is False:
            return []
        if isinstance(self.sort, str):
            return [self.sort]
        if not isinstance(self.sort, bool):
            return list(self.sort)
        if callable(self.value):
            return []
        path = (self.value or self.name).replace(".", "__").removesuffix("_display").removeprefix("get_")
        return [path] if _is_field(model, path) else []

    def plain(self, row: Any) -> Plain:
        """The value as it is exported: typed where a spreadsheet knows the type, text otherwise."""
        value = self.read(row)
        if self.kind == "badge":
            return str(self._badge(row, value)) if value not in (None, "") else ""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, datetime):
            return timezone.localtime(value)
        if isinstance(value, int | float | Decimal | date):
            return value
        if isinstance(value, timedelta):
            return formats.span(value)
        if isinstance(value, list | tuple):
            return _(", ").join(str(item) for item in value)
        return str(self._choice_label(row, value))

    def html(self, row: Any, now: datetime) -> SafeString:
        """The cell as it is shown, escaped."""
        value = self.read(row)
        body = self._body(row, value, now)
        address = self._address(row)
        if address and value not in (None, ""):
            return format_html('<a href="{}">{}</a>', address, body)
        return body

    def _body(self, row: Any, value: Any, now: datetime) -> SafeString:
        if value is None or value == "" or value == []:
            return format_html('<span class="nothing">{}</span>', formats.NOTHING)
        if self.kind == "badge":
            return self._badge(row, value).__html__()
        if isinstance(value, datetime):
            return formats.moment_html(value, now=now if self.kind == "ago" else None)
        if isinstance(value, date):
            return formats.day_html(value)
        if self.kind == "size":
            return format_html("{}", formats.size(int(value)))
        if self.kind == "sha":
            return format_html('<code class="sha" title="{}">{}…</code>', value, str(value)[:10])
        if self.kind == "code":
            return format_html("<code>{}</code>", value)
        if hasattr(value, "__html__"):
            return conditional_escape(value)
        if isinstance(value, bool | timedelta | list | tuple | int | float | Decimal):
            return format_html("{}", formats.plain(value))
        return format_html("{}", self._choice_label(row, value))

    def _address(self, row: Any) -> str:
        if callable(self.link):
            return self.link(row)
        return str(row.get_absolute_url()) if self.link else ""

    def _choice_label(self, row: Any, value: Any) -> Any:
        """The label of a choice field, the value itself otherwise."""
        if callable(self.value) or "." in (self.value or ""):
            return value
        name = self.value or self.name
        if isinstance(row, Model) and (labels := _labels(type(row), name)):
            return labels.get(value, value)
        shown = getattr(row, f"get_{name}_display", None)
        return shown() if callable(shown) else value

    def _badge(self, row: Any, value: Any) -> badges.Badge:
        if isinstance(value, badges.Badge):
            return value
        label = self._choice_label(row, value)
        if callable(self.tone):
            return badges.Badge(label, self.tone(row))
        tone = self.tone.get(str(value)) if self.tone else None
        return badges.Badge(label, tone or badges.tone_of(value, type(row)))


@cache
def _labels(model: type[Model], name: str) -> dict[Any, Words] | None:
    """The labels of a choice field, still to be said in the reader's language; None for other fields."""
    if not _is_field(model, name) or "__" in name:
        return None
    flat = getattr(model._meta.get_field(name), "flatchoices", None)
    return dict(flat) if flat else None


def _is_field(model: type[Model], path: str) -> bool:
    """Does a lookup path end in a column of the database?"""
    current: Any = model
    for part in path.split("__"):
        try:
            field = current._meta.get_field(part)
        except (FieldDoesNotExist, AttributeError):
            return False
        current = field.related_model
    return bool(getattr(field, "concrete", False))
