"""Tags and filters of every page; built into all templates, so no `{% load %}` is needed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms, template
from django.db.models import Model
from django.forms import BoundField
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bastide.base import terms
from bastide.base.entry.access import Can as EntryCan
from bastide.base.people.models import Account
from bastide.base.ui import badges, clockface, formats, icons, panels, timeline

register = template.Library()


# ---- dates, numbers, words


@register.filter
def moment(value: datetime | None) -> SafeString:
    """Absolute time with its zone."""
    return formats.moment_html(value)


@register.filter
def moment_seconds(value: datetime | None) -> SafeString:
    """Absolute time to the second, with its zone."""
    return formats.moment_html(value, seconds=True)


@register.filter
def moment_ago(value: datetime | None) -> SafeString:
    """Absolute time with its zone, and how far away it is."""
    return formats.moment_html(value, now=terms.now())


@register.filter
def ago(value: datetime | None) -> str:
    """How far away a time is, alone."""
    return formats.ago(value, terms.now()) if value else formats.NOTHING


@register.filter
def day(value: date | None) -> SafeString:
    return formats.day_html(value)


@register.filter
def span(value: timedelta | None) -> str:
    return formats.span(value) if value is not None else formats.NOTHING


@register.filter
def number(value: Any, decimals: int | None = None) -> str:
    return formats.number(value, decimals)


@register.filter
def size(value: int | None) -> str:
    return formats.size(value)


@register.filter
def plain(value: Any) -> str:
    """Any value as a line of text; a dash for nothing."""
    return formats.plain(value)


@register.filter
def sha(value: str) -> SafeString:
    """The beginning of a hash; the whole of it on hover and for screen readers."""
    if not value:
        return format_html("{}", formats.NOTHING)
    return format_html('<code class="sha" title="{}">{}…</code>', value, value[:12])


@register.filter
def is_past(value: datetime | None) -> bool:
    return value is not None and value < terms.now()


# ---- parts


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    return icons.icon(name, label)


@register.simple_tag
def badge(thing: Any, field: str = "state") -> SafeString:
    """`{% badge incident %}`: the badge of a choice field; or of a Badge itself."""
    found = thing if isinstance(thing, badges.Badge) else badges.of(thing, field)
    return found.__html__()


@register.simple_tag
def tone(label: Any, tone: str = "neutral", icon: str = "") -> SafeString:
    """`{% tone _("Overdue") "bad" %}`: a badge out of words."""
    return badges.Badge(label, tone, icon).__html__()


@register.simple_tag
def thing_link(thing: Any, label: Any = None) -> SafeString:
    """A link to a thing's page with its number, or a dash."""
    if thing is None:
        return format_html("{}", formats.NOTHING)
    return format_html('<a href="{}">{}</a>', thing.get_absolute_url(), label or thing)


@register.simple_tag
def form_key() -> str:
    """A new key for the hidden field `_key`: a form sent twice is carried out once."""
    return uuid.uuid4().hex


@register.simple_tag
def json_script(value: Any) -> SafeString:
    """A value as an attribute's text, for `data-chart` and `data-graph`."""
    return format_html("{}", json.dumps(value, ensure_ascii=False, default=str))


@register.simple_tag
def zone_now() -> str:
    return formats.zone_of(timezone.localtime(terms.now()))


# ---- parts that fetch


@register.inclusion_tag("ui/_panels.html", takes_context=True, name="panels")
def panels_tag(context: Context, noun: str, thing: Model) -> dict[str, Any]:
    """The panels that upper rooms hang under a noun; each is fetched by htmx."""
    account = context["request"].user
    found = panels.panels_of(noun, account) if isinstance(account, Account) else []
    return {"panels": [{"panel": one, "url": one.url(thing)} for one in found]}


@register.inclusion_tag("ui/_timeline.html", takes_context=True, name="timeline")
def timeline_tag(context: Context, thing: Model, limit: int = 50) -> dict[str, Any]:
    """Everything done to a thing, newest first; with the way to who sees it, for those who may ask."""
    from bastide.base.trail import ledger

    entries, account = list(ledger.of(thing)[: limit + 1]), context["request"].user
    asks = isinstance(account, Account) and account.can(EntryCan.EXPLAIN) and hasattr(thing, "number")
    why = f"{reverse('ui:why')}?{urlencode({'thing': thing.number})}" if asks else ""  # type: ignore[attr-defined]
    return {"lines": timeline.tell(entries[:limit], to=account), "has_more": len(entries) > limit, "why": why}


@register.inclusion_tag("ui/_clocks.html", name="clocks")
def clocks_tag(thing: Model) -> dict[str, Any]:
    """The clocks of a thing, running ones first."""
    from bastide.base import clock

    return {"faces": clockface.faces(clock.of(thing), terms.now())}


@register.inclusion_tag("ui/_clocks.html")
def clock_lines(clocks: Any) -> dict[str, Any]:
    """Clocks of several things, without a card around them, each with a link to its thing."""
    return {"faces": clockface.faces(clocks, terms.now()), "bare": True, "linked": True}


@register.inclusion_tag("ui/_documents.html", name="documents")
def documents_tag(thing: Model) -> dict[str, Any]:
    """The official documents issued about a thing."""
    from bastide.base import papers

    return {"documents": papers.of(thing)}


@register.inclusion_tag("ui/_evidence.html", name="evidence")
def evidence_tag(thing: Model) -> dict[str, Any]:
    """The evidence files attached to a thing."""
    from bastide.base import vault

    return {"files": vault.of(thing)}


# ---- forms


@register.filter
def kind_of_field(field: BoundField) -> str:
    """How `ui/_field.html` lays a field out: hidden, check, group, select, file, moment, area, line."""
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    if layout := getattr(widget, "layout", ""):
        return str(layout)
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.FileInput):
        return "file"
    if isinstance(widget, forms.Textarea):
        return "area"
    return "moment" if isinstance(field.field, forms.DateTimeField) else "line"


CONTROL = {"select": "form-select", "check": "form-check-input", "group": ""}


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The control of a field with the look of the house; Django adds aria-describedby and aria-invalid."""
    parts = [CONTROL.get(kind_of_field(field), "form-control"), field.field.widget.attrs.get("class", "")]
    if field.errors and parts[0]:
        parts.append("is-invalid")
    css = " ".join(part for part in parts if part)
    return field.as_widget(attrs={"class": css} if css else {})


@register.filter
def grouped(form: forms.BaseForm) -> list[tuple[Any, list[BoundField]]]:
    """Visible fields by `form.fieldsets` = [(legend, names), …]; those not named come first, without a legend."""
    sets: Sequence[tuple[Any, Sequence[str]]] = getattr(form, "fieldsets", ())
    named = {name for _legend, names in sets for name in names}
    loose = [field for field in form.visible_fields() if field.name not in named]
    found: list[tuple[Any, list[BoundField]]] = [("", loose)] if loose else []
    return found + [(legend, [form[name] for name in names if name in form.fields]) for legend, names in sets]


@register.simple_tag
def act_url(thing: Any, act: str) -> str:
    """The address of an act page of a thing."""
    return f"{thing.get_absolute_url()}acts/{act}/"


@register.simple_tag
def panel_url(noun: str, name: str, pk: int) -> str:
    return reverse("ui:panel", args=[noun, name, pk])


@register.filter
def at(values: Sequence[Any], place: int) -> Any:
    """The value at a place of a list; nothing beyond its end."""
    return values[place] if 0 <= place < len(values) else None
