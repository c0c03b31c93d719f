"""`{% mark clause %}`: how sure the platform is of a fact, as a badge."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from bastide.base.ui.badges import Badge
from bastide.norms.models import MARK_TONES, MARKS

register = template.Library()


@register.simple_tag
def mark(thing: Any) -> SafeString:
    """The mark of anything that has one: a clause, an instrument, an item of a checklist."""
    value = str(getattr(thing, "mark", thing))
    return Badge(MARKS.get(value, value), MARK_TONES.get(value, "neutral")).__html__()
