"""Icons out of the bundled sprite. The bundle holds exactly the icons that source and templates name."""

from __future__ import annotations

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

SPRITE = "ui/dist/icons.svg"


def named(name: str) -> str:
    """Marks a name as an icon's, so that the bundle finds it in the source."""
    return name


def icon(name: str, label: str = "") -> SafeString:
    """An icon. Without a label it is decoration and hidden from screen readers."""
    address = f"{static(SPRITE)}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"/></svg>', address)
