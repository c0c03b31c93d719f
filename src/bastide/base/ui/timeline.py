"""The timeline of a thing: its trail in words – titles of acts, labels of fields, names instead of keys."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.base.flow.machine import flows
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry
from bastide.base.ui import badges, formats, panels

Words = str | Promise
NUMBER = re.compile(r"\b[A-Z]{2,4}-\d{4}-\d{4,}\b")
_titles: dict[str, Words] = {}
# Changes that say nothing to a reader.
SILENT = {"version", "number", "created_at", "created_by_id"}


def name_acts(titles: Mapping[str, Words]) -> None:
    """Titles for acts of the trail that are no step of a flow: {"vault.received": _("Evidence received")}."""
    _titles.update(titles)


@dataclass(frozen=True)
class Change:
    label: Words
    was: str
    now: str


@dataclass(frozen=True)
class Line:
    """One entry of the trail, told."""

    entry: Entry
    title: Words
    note: str
    changes: list[Change]
    state: badges.Badge | None


def tell(entries: Iterable[Entry], *, to: Account) -> list[Line]:
    """Entries in words for a reader, with the numbers of things out of their sight left out.

    The number of queries depends on the kinds of things named, not on the number of entries.
    """
    entries = list(entries)
    names = _names(entries)
    return _within_sight([_line(entry, names) for entry in entries], to)


def _within_sight(lines: list[Line], reader: Account) -> list[Line]:
    """A unit names the unit it needs, and the import it came with: not to whoever may not know of that."""
    said = [text for line in lines for text in (line.note, *(t for c in line.changes for t in (c.was, c.now)))]
    wanted: dict[str, set[str]] = defaultdict(set)
    for text in said:
        for number in NUMBER.findall(text):
            wanted[number.partition("-")[0]].add(number)
    hidden = {number for series, numbers in wanted.items() for number in _out_of_sight(series, numbers, reader)}
    hidden -= {line.entry.number for line in lines}
    if not hidden:
        return lines

    def kept(text: str) -> str:
        return NUMBER.sub(lambda found: _("(not in your sight)") if found[0] in hidden else found[0], text)

    return [
        replace(
            line, note=kept(line.note), changes=[replace(c, was=kept(c.was), now=kept(c.now)) for c in line.changes]
        )
        for line in lines
    ]


def _out_of_sight(series: str, numbers: set[str], reader: Account) -> set[str]:
    """The numbers of a series, so far as its kind is lent to others, that this reader does not see."""
    for visible in panels.lenders().values():
        rows = visible(reader)
        if getattr(rows.model, "SERIES", "") == series:
            return numbers - set(rows.filter(number__in=numbers).values_list("number", flat=True))
    return set()


def title_of(act: str) -> Words:
    """The title of an act: given by `name_acts`, by its flow's step, else the act itself."""
    if act in _titles:
        return _titles[act]
    kind, _dot, name = act.rpartition(".")
    flow = flows().get(kind)
    if flow is not None and name in flow.steps:
        return flow.steps[name].title or name
    return {"read": _("Read"), "export": _("Exported")}.get(act, act)


def acts() -> list[tuple[str, Words]]:
    """Every act that has a title, by title: what a list of entries is narrowed by."""
    steps = {
        f"{kind}.{step.name}": step.title or step.name for kind, flow in flows().items() for step in flow.steps.values()
    }
    named = {**steps, **_titles, "read": _("Read"), "export": _("Exported")}
    return sorted(named.items(), key=lambda pair: str(pair[1]))


def _model(kind: str) -> type[models.Model] | None:
    app, _dot, name = kind.partition(".")
    return apps.all_models.get(app, {}).get(name)


def _line(entry: Entry, names: dict[tuple[type[models.Model], Any], str]) -> Line:
    model = _model(entry.kind)
    changes = [
        _change(model, field, pair, names)
        for field, pair in entry.changes.items()
        if field not in SILENT and not _is_state(model, field) and isinstance(pair, list) and len(pair) == 2
    ]
    return Line(entry, title_of(entry.act), _note(entry), changes, _state(entry, model))


def _note(entry: Entry) -> str:
    """The note as it was written; the room of clocks writes clock types, clauses and acts, which are named here."""
    if not entry.act.startswith("clock."):
        return entry.note
    clock, *rest = entry.note.split(" · ")
    return " · ".join([_clock_name(clock), *(str(title_of(part)) for part in rest)])


def _clock_name(id: str) -> str:
    """The name of a clock type of the pack in force; what is none is given back."""
    known = packs.active().clocks
    return next((str(clock.name) for clock in known if clock.id == id), id)


def _field(model: type[models.Model] | None, name: str) -> models.Field[Any, Any] | None:
    if model is None:
        return None
    try:
        field = model._meta.get_field(name.removesuffix("_id") if name.endswith("_id") else name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _is_state(model: type[models.Model] | None, name: str) -> bool:
    """The state moves anyway; it is shown as a badge, not as a change."""
    flow = flows().get(f"{model._meta.app_label}.{model._meta.model_name}") if model else None
    return flow is not None and flow.field == name


def _state(entry: Entry, model: type[models.Model] | None) -> badges.Badge | None:
    """The state an entry led to, if it changed."""
    if not entry.now or entry.now == entry.was:
        return None
    return badges.Badge(state_of(entry, entry.now), badges.tone_of(entry.now, model))


def state_of(entry: Entry, value: str) -> Words:
    """The name of a state of the thing an entry is about; the value itself where it is no state of its flow."""
    flow = flows().get(entry.kind)
    return dict(flow.states).get(value, value) if flow else value


def _change(model: type[models.Model] | None, name: str, pair: list[Any], names: dict[Any, str]) -> Change:
    field = _field(model, name)
    label: Words = field.verbose_name if field is not None else _clock_name(name)
    return Change(label, _shown(field, pair[0], names), _shown(field, pair[1], names))


def _shown(field: models.Field[Any, Any] | None, value: Any, names: dict[Any, str]) -> str:
    """A kept value as people read it."""
    if value in (None, "", [], {}):
        return formats.NOTHING
    if field is not None and field.is_relation and field.related_model:
        return names.get((field.related_model, str(value)), str(value))
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        return formats.moment_text(datetime.fromisoformat(str(value)))
    if isinstance(field, models.DateField):
        return date.fromisoformat(str(value)[:10]).isoformat()
    if isinstance(value, dict):
        return _(", ").join(f"{key}: {formats.plain(item)}" for key, item in value.items())
    return formats.plain(value)


def _names(entries: list[Entry]) -> dict[tuple[type[models.Model], Any], str]:
    """The names behind foreign keys in the changes, one query per kind of thing."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        model = _model(entry.kind)
        for name, pair in entry.changes.items():
            field = _field(model, name)
            if (
                field is not None
                and field.is_relation
                and isinstance(field.related_model, type)
                and isinstance(pair, list)
            ):
                wanted[field.related_model].update(value for value in pair if value is not None)
    return {
        (model, str(row.pk)): str(row)
        for model, keys in wanted.items()
        for row in model._default_manager.filter(pk__in=keys)
    }
