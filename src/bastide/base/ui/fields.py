"""Fields beyond Django's: one small form for each of several subjects, and a line with suggestions from the law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.words.fields import TextField


@dataclass(frozen=True)
class Subject:
    """Something a row of a `RowsField` is about: known by its number, told by a label and a note."""

    number: str
    label: str | Promise
    note: str | Promise = ""
    initial: Mapping[str, Any] = field(default_factory=dict)


class RowsInput(forms.Widget):
    """The rows of a `RowsField`: fields side by side under the label of their subject."""

    layout = "group"

    def __init__(self, row: type[forms.Form]) -> None:
        super().__init__()
        self.row, self.subjects = row, list[Subject]()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Rows as a program sends them, or gathered from the page's controls."""
        if name in data and not hasattr(data, "getlist"):
            return data[name]
        rows = []
        for subject in self.subjects:
            shown = self.row(data, files, prefix=f"{name}-{subject.number}")
            rows.append({"number": subject.number, **{f: shown[f].data for f in shown.fields}})
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        given = {str(row.get("number")): row for row in value or () if isinstance(row, dict)}
        rows = [(s, self.form_for(s, name, given.get(s.number) if value else None)) for s in self.subjects]
        return render_to_string("ui/_rows.html", {"rows": rows})

    def form_for(self, subject: Subject, name: str, row: Mapping[str, Any] | None) -> forms.Form:
        prefix = f"{name}-{subject.number}"
        if row is None:
            return self.row(prefix=prefix, initial=dict(subject.initial))
        return self.row({f"{prefix}-{key}": value for key, value in row.items() if value is not None}, prefix=prefix)


class RowsField(forms.JSONField):
    """A list of rows, one for each subject: `[{"number": …, **fields of the row form}]`; `.about(…)` names them."""

    def __init__(self, row: type[forms.Form], **kwargs: Any) -> None:
        super().__init__(widget=RowsInput(row), **kwargs)

    def about(self, subjects: Iterable[Subject]) -> None:
        self.widget.subjects = list(subjects)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data

    def prepare_value(self, value: Any) -> Any:
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True

    def clean(self, value: Any) -> list[dict[str, Any]]:
        if value in (None, ""):
            value = []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise forms.ValidationError(_("Send a list of rows, each with its number."))
        given = {str(row.get("number")): row for row in value}
        known = [subject.number for subject in self.widget.subjects]
        if strange := [number for number in given if number not in known]:
            raise forms.ValidationError(
                _("Not among the rows asked for: %(strange)s."), params={"strange": ", ".join(strange)}
            )
        return [self._row(subject, given.get(subject.number, {})) for subject in self.widget.subjects]

    def _row(self, subject: Subject, row: Mapping[str, Any]) -> dict[str, Any]:
        judged = self.widget.form_for(subject, "row", row)
        if judged.is_valid():
            return {"number": subject.number, **judged.cleaned_data}
        faults = [
            f"{judged.fields[name].label or name}: {fault}" if name in judged.fields else str(fault)
            for name, faults in judged.errors.items()
            for fault in faults
        ]
        raise forms.ValidationError([f"{subject.label} – {fault}" for fault in faults])


class SuggestInput(forms.TextInput):
    """A line of text with suggestions; anything may be typed."""

    def __init__(self, suggestions: Sequence[tuple[str, str]] = (), attrs: Any = None) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{(attrs or {}).get('id') or name}_list"
        line = super().render(name, value, {**(attrs or {}), "list": listed, "autocomplete": "off"}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.suggestions)
        return format_html('{}<datalist id="{}">{}</datalist>', line, listed, options)


class ClauseField(TextField):
    """A clause as it is cited ("CIIR 26", "INC25 4(1)"). The instrument must be one of the regime in force."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Clause"))
        kwargs.setdefault("help_text", _("As it is cited: instrument and article, such as “CIIR 26”."))
        super().__init__(max_length=80, widget=SuggestInput(), **kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.widget.suggestions = _clauses()
        return super().get_bound_field(form, field_name)

    def clean(self, value: Any) -> str:
        said = " ".join(str(super().clean(value)).split())
        if not said:
            return said
        code = said.partition(" ")[0]
        try:
            packs.active().instrument(code)
        except packs.UnknownName as error:
            raise forms.ValidationError(
                _("“%(code)s” is no instrument of this regime (%(hint)s)."),
                params={"code": code, "hint": str(error).partition(";")[2].strip() or packs.active().id},
            ) from None
        return said


def _clauses() -> list[tuple[str, str]]:
    """Every clause the pack in force holds, as cited, with the beginning of what it asks."""
    pack = packs.active()
    return [(str(c.basis_here), str(c.text)[:80]) for i in pack.instruments for c in pack.clauses(i.id)]
