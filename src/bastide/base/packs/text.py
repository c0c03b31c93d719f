"""Bilingual text, marks of certainty and the legal basis: what every stated fact of a pack carries."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def language() -> str:
    """The language of the person reading: Django's active one where Django is set up, otherwise English."""
    if "django.conf" not in sys.modules:
        return "en"
    from django.conf import settings

    if not settings.configured:
        return "en"
    from django.utils.translation import get_language

    return get_language() or "en"


class Part(BaseModel):
    """A piece of a pack: never changes once read, and knows every one of its fields by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Text(Part):
    """The same words in Chinese and English; `str()` gives the language of the reader."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __str__(self) -> str:
        return self.into(language())

    def into(self, code: str) -> str:
        """The words in the language `code` ("zh", "zh-hans", "en", …)."""
        return self.zh if code.lower().startswith("zh") else self.en

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class Mark(StrEnum):
    """How sure we are of a fact."""

    SEEN = "seen"  # read in a source
    SEEN_SECOND = "seen*"  # read in a secondary source or an incomplete excerpt
    UNVERIFIED = "unverified"  # general knowledge, not checked
    UNVERIFIED_LOW = "unverified-low"  # general knowledge with real doubt
    DESIGN = "design"  # not law: a default of this house

    @property
    def is_checked(self) -> bool:
        return self in (Mark.SEEN, Mark.SEEN_SECOND)


class Basis(Part):
    """A place in the law: the instrument's code in the pack and the article in it."""

    instrument: str
    article: str = ""

    def __str__(self) -> str:
        return f"{self.instrument} {self.article}".strip()

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, given: Any) -> Any:
        """Packs write a basis as it is quoted: "CIIR 18(1)"."""
        if not isinstance(given, str):
            return given
        instrument, _, article = given.strip().partition(" ")
        return {"instrument": instrument, "article": article.strip()}


def _many(given: Any) -> Any:
    """One thing may stand for a list of one."""
    return (given,) if isinstance(given, (str, dict)) else given


Bases = Annotated[tuple[Basis, ...], BeforeValidator(_many)]
Names = Annotated[tuple[str, ...], BeforeValidator(_many)]


class Stated(Part):
    """Something the pack states as a fact: how sure, by which law, from which source."""

    mark: Mark
    basis: Bases = ()
    source: Names = ()
    note: Text | None = None

    @model_validator(mode="after")
    def _seen_somewhere(self) -> Stated:
        if self.mark.is_checked and not self.source:
            raise ValueError(f"marked '{self.mark}' but names no source; add source: [S…] or mark it 'unverified'")
        return self

    @property
    def clause(self) -> str:
        """The basis as it is quoted: "INC25 4(1); CIIR 18(1)"."""
        return "; ".join(str(basis) for basis in self.basis)
