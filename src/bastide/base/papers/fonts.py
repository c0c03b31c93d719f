"""The fonts documents are set in: Debian's Noto CJK where installed, otherwise the one built by tools/fonts.py."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import typst
from django.conf import settings
from django.utils.translation import gettext as _

from bastide.base.flow.refusals import Refused

# In order of preference; the first that is there sets the text, the others stand in for glyphs it lacks.
FAMILIES = (
    "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC",
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC",
)  # fmt: skip
LATIN = "Libertinus Serif"


class NoChineseFont(Refused):
    """Nothing on this machine can print Chinese."""


def shelves() -> tuple[str, ...]:
    """The folders of the setting that exist."""
    return tuple(str(folder) for folder in settings.BASTIDE_FONTS if Path(folder).is_dir())


@lru_cache(maxsize=4)
def book(folders: tuple[str, ...]) -> tuple[typst.Fonts, tuple[str, ...]]:
    """The opened fonts and the families to set text in, in order."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=list(folders))
    there = {info.family for info in fonts.fonts() if info.path}
    chosen = tuple(family for family in FAMILIES if family in there)
    if not chosen:
        raise NoChineseFont(
            _(
                "No font with Chinese characters was found, so no document can be printed. "
                "Install fonts-noto-cjk, run tools/fonts.py, or name the folder of your fonts in BASTIDE_FONTS."
            )
        )
    return fonts, (*chosen, LATIN)
