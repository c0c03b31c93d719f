"""What voiding asks, and the check of a paper in hand."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bastide.base.words.fields import TextField


class VoidForm(forms.Form):
    reason = TextField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The document keeps its number and stays readable; the reason stands on its page."),
    )  # fmt: skip


class CheckForm(forms.Form):
    file = forms.FileField(
        label=_("PDF to check"), help_text=_("Compared with the documents you may see; it is not kept.")
    )
