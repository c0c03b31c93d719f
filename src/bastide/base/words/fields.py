"""Form fields for texts and names: what a reader sees is what is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext

from bastide.base.words import spelling


class TextField(forms.CharField):
    """A text that a person writes, kept as `spelling.spelt` gives it; in one line where it is asked for in one."""

    keep = staticmethod(spelling.spelt)

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        try:
            kept = self.keep(text)
        except spelling.SpellingError as error:
            raise forms.ValidationError(gettext(error.text), params=error.args_of) from None
        return kept if isinstance(self.widget, forms.Textarea) else " ".join(kept.split())


class NameField(TextField):
    """The name of somebody or something, kept as `spelling.named` gives it."""

    keep = staticmethod(spelling.named)
