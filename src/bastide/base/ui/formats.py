"""How dates, spans, numbers and sizes are written on every page. One place, so they look the same everywhere."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NOTHING = "–"


def zone_of(moment: datetime) -> str:
    """The offset of a time as people write it: "UTC+8"."""
    offset = moment.utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def moment_text(moment: datetime, *, seconds: bool = False) -> str:
    """A time in the console's zone, the zone written beside it: "2026-11-22 18:53 UTC+8"."""
    here = timezone.localtime(moment)
    return f"{here:%Y-%m-%d %H:%M:%S} {zone_of(here)}" if seconds else f"{here:%Y-%m-%d %H:%M} {zone_of(here)}"


def moment_html(moment: datetime | None, *, seconds: bool = False, now: datetime | None = None) -> SafeString:
    """A `<time>` element: the absolute time with its zone; with `now`, how far away it is as well."""
    if moment is None:
        return format_html('<span class="nothing">{}</span>', NOTHING)
    here = timezone.localtime(moment)
    shown = f"{here:%Y-%m-%d %H:%M:%S}" if seconds else f"{here:%Y-%m-%d %H:%M}"
    title = f"{here:%Y-%m-%d %H:%M:%S} {zone_of(here)}"
    body = format_html('{} <span class="zone">{}</span>', shown, zone_of(here))
    if now is not None:
        body = format_html('{} <span class="ago">{}</span>', body, ago(moment, now))
    return format_html('<time class="moment" datetime="{}" title="{}">{}</time>', here.isoformat(), title, body)


def day_html(day: date | None) -> SafeString:
    """A calendar day as a `<time>` element; of a moment, its day in the console's zone."""
    if day is None:
        return format_html('<span class="nothing">{}</span>', NOTHING)
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return format_html('<time class="moment" datetime="{}">{}</time>', day.isoformat(), day.isoformat())


def ago(moment: datetime, now: datetime) -> str:
    """How far a time lies from now: "in 3 hours", "2 days ago"."""
    distance = moment - now
    if abs(distance) < timedelta(minutes=1):
        return _("just now")
    return (
        _("in %(span)s") % {"span": span(distance)}
        if distance > timedelta()
        else _("%(span)s ago") % {"span": span(-distance)}
    )


def span(length: timedelta) -> str:
    """A length of time in its two largest units: "2 days 3 hours"."""
    seconds = int(abs(length).total_seconds())
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days >= 60:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": number(days)}
    parts = []
    if days:
        parts.append(ngettext("%(count)s day", "%(count)s days", days) % {"count": days})
    if hours:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    if minutes and not days:
        parts.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    if not parts:
        parts.append(ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds})
    return " ".join(parts[:2])


def number(value: float | Decimal | None, decimals: int | None = None) -> str:
    """A number with thousands grouped as the reader's language does."""
    if value is None:
        return NOTHING
    places = decimals if decimals is not None else (0 if isinstance(value, int) else 2)
    return formats.number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


def size(count: int | None) -> str:
    """A size in bytes, in the unit that keeps it short."""
    if count is None:
        return NOTHING
    amount, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":
            break
        amount /= 1024
    return f"{int(amount)} B" if unit == "B" else f"{amount:.1f} {unit}"


def plain(value: Any) -> str:
    """Any value as a line of text."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, list | tuple):
        return _(", ").join(plain(item) for item in value)
    return str(value)
