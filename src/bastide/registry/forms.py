"""What may be typed about operators, units, dependencies and imports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.base.ui.doors import ActForm
from bastide.base.words.fields import NameField, TextField
from bastide.registry import reads
from bastide.registry.access import Can
from bastide.registry.models import Dependency, Import, NetworkUnit

LINES = forms.Textarea(attrs={"rows": 3})
NONE: list[tuple[str, Any]] = [("", "–")]


def area_choices() -> list[tuple[str, Any]]:
    return [(area.code, str(area.name)) for area in packs.active().areas]


def network_type_choices() -> list[tuple[str, Any]]:
    """Network types under their groups."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in packs.active().network_types:
        groups.setdefault(str(kind.group), []).append((kind.id, str(kind.name)))
    return list(groups.items())


def operator_kind_choices() -> list[tuple[str, Any]]:
    return [(kind.id, str(kind.name)) for kind in packs.active().operator_kinds]


def grade_choices() -> list[tuple[str, Any]]:
    return [(grade.code, str(grade.name)) for grade in sorted(packs.active().grades, key=lambda grade: grade.rank)]


def operator_choices(by: Account, right: str) -> list[tuple[str, Any]]:
    return [(row.code, f"{row.name} ({row.code})") for row in reads.operators_where(by, right).order_by("code")]


def _set(form: forms.Form, name: str, choices: list[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


# ---- operators


class OperatorForm(forms.Form):
    """An operator as the register keeps it."""

    code = NameField(label=_("Operator code"), max_length=40, help_text=_("Unique, and never used again."))
    name_zh = NameField(label=_("Chinese name"), max_length=200)
    name_en = NameField(label=_("English name"), max_length=200, required=False)
    operator_kind = forms.ChoiceField(label=_("Kind of operator"))
    area = forms.ChoiceField(label=_("Province"), required=False, help_text=_("Empty: nationwide."))
    licence = NameField(label=_("Licence number"), max_length=80, required=False)
    parent = forms.ChoiceField(label=_("Parent"), required=False, help_text=_("The group this company belongs to."))
    managed_by_parent = forms.BooleanField(
        label=_("Managed by the parent"),
        required=False,
        help_text=_("The parent sees and keeps this operator's entries."),
    )

    def __init__(self, *args: Any, by: Account, operator: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.operator, self.by = operator, by
        if operator is not None:
            del self.fields["code"]
            for name, field in self.fields.items():
                field.initial = (
                    operator.parent.code if name == "parent" and operator.parent else getattr(operator, name)
                )
        _set(self, "operator_kind", operator_kind_choices())
        _set(self, "area", [*NONE, *area_choices()])
        others = [
            pair for pair in operator_choices(by, Can.SEE_OPERATOR) if operator is None or pair[0] != operator.code
        ]
        _set(self, "parent", [*NONE, *others])

    def clean_parent(self) -> Organisation | None:
        code = self.cleaned_data.get("parent")
        return reads.operators(self.by).filter(code=code).first() if code else None


# ---- units


class UnitFields(ActForm):
    """What entering and changing have in common."""

    name_zh = NameField(label=_("Unit name (Chinese)"), max_length=200)
    name_en = NameField(label=_("Unit name (English)"), max_length=200, required=False)
    network_type = forms.ChoiceField(label=_("Network type"))
    area = forms.ChoiceField(label=_("Province"), required=False, help_text=_("Empty: as the operator's."))
    lifecycle = forms.ChoiceField(label=_("Lifecycle"), choices=NetworkUnit.Lifecycle.choices, initial="formal")
    description = TextField(label=_("Description"), max_length=4000, required=False, widget=LINES)
    hosts = TextField(
        label=_("Hosts"), max_length=20000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Names, addresses or networks, one per line. Events are told apart by them."),
    )  # fmt: skip
    latitude = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)
    department = NameField(label=_("Responsible department"), max_length=200, required=False)
    head_name = NameField(label=_("Person in charge"), max_length=120, required=False)
    head_phone = TextField(label=_("Telephone of the person in charge"), max_length=60, required=False)
    contact_name = NameField(label=_("Contact"), max_length=120, required=False)
    contact_phone = TextField(label=_("Telephone of the contact"), max_length=60, required=False)

    fieldsets = (
        (_("Unit"), ["operator", "code", "name_zh", "name_en", "network_type", "area", "lifecycle", "description"]),
        (_("Hosts and place"), ["hosts", "latitude", "longitude"]),
        (_("Responsible"), ["department", "head_name", "head_phone", "contact_name", "contact_phone"]),
    )

    def prepare(self) -> None:
        _set(self, "network_type", network_type_choices())
        _set(self, "area", [*NONE, *area_choices()])


class EnterUnit(UnitFields):
    """A new unit of one of the operators this person answers for."""

    operator = forms.ChoiceField(label=_("Operator"))
    code = NameField(
        label=_("Unit code"), max_length=80, required=False,
        help_text=_("The operator's own code; empty: the number given here serves."),
    )  # fmt: skip

    def prepare(self) -> None:
        super().prepare()
        _set(self, "operator", operator_choices(self.by, Can.ENTER_UNIT))


class ChangeUnit(UnitFields):
    """A unit's entry as it stands. What a program does not send stays as it is."""

    def prepare(self) -> None:
        super().prepare()
        if isinstance(self.thing, NetworkUnit):
            for name, field in self.fields.items():
                field.initial = self._current(name)

    def _current(self, name: str) -> Any:
        return "\n".join(self.thing.host_names) if name == "hosts" else getattr(self.thing, name)  # type: ignore[union-attr]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.thing is not None:
            cleaned |= {name: self._current(name) for name in self.fields if name not in self.data and name in cleaned}
        return cleaned


class SetGrade(ActForm):
    grade = forms.ChoiceField(label=_("Grade"))
    reason = TextField(label=_("Reason"), max_length=1000, widget=LINES, help_text=_("For example: expert review."))

    def prepare(self) -> None:
        _set(self, "grade", grade_choices())
        if isinstance(self.thing, NetworkUnit) and self.thing.grade:
            self.fields["grade"].initial = self.thing.grade


class Reason(ActForm):
    """A decision with its reason."""

    reason = TextField(label=_("Reason"), max_length=1000, widget=LINES)


class SetCii(Reason):
    intro = _("From now on this unit opens for a stated purpose only, and every look at it is recorded.")


class AddDependency(ActForm):
    depends_on = TextField(
        label=_("Number of the unit it depends on"), max_length=40, help_text=_("For example NU-2026-000012.")
    )
    kind = forms.ChoiceField(label=_("Kind of dependency"), choices=Dependency.Kind.choices)
    note = TextField(label=_("Note"), max_length=300, required=False)


class RemoveDependency(ActForm):
    dependency = forms.ChoiceField(label=_("Dependency"))

    def prepare(self) -> None:
        rows = reads.dependencies(self.by).filter(unit__number=self.thing.number) if self.thing is not None else []
        _set(self, "dependency", [(str(row.pk), f"{row.get_kind_display()} → {row.depends_on}") for row in rows])


# ---- imports


class UploadForm(forms.Form):
    """A file and what it is."""

    subject = forms.ChoiceField(label=_("What the file holds"), choices=Import.Subject.choices)
    file = forms.FileField(
        label=_("File"), max_length=200, help_text=_("CSV (UTF-8 or GBK), XLSX; network maps as GraphML or GML.")
    )
    operator = forms.ChoiceField(label=_("Operator"), required=False, help_text=_("Whose network the map shows."))
    network_type = forms.ChoiceField(label=_("Network type of the nodes"), required=False)
    area = forms.ChoiceField(label=_("Province"), required=False, help_text=_("Empty: as the operator's."))
    kind = forms.ChoiceField(
        label=_("What an edge means"), choices=Dependency.Kind.choices, required=False, initial="link",
        help_text=_("For anything but a link, the source of an edge depends on its target."),
    )  # fmt: skip
    prefix = TextField(  # type: ignore[assignment]  # the metaclass takes fields out of the class
        label=_("Prefix of the unit codes"), max_length=40, required=False,
        help_text=_("Put before the id of each node; empty: the name of the file."),
    )  # fmt: skip

    ONLY_MAPS = ("operator", "network_type", "area", "kind", "prefix")

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set(self, "operator", [*NONE, *operator_choices(by, Can.ENTER_UNIT)])
        _set(self, "network_type", [*NONE, *network_type_choices()])
        _set(self, "area", [*NONE, *area_choices()])
        for name in self.ONLY_MAPS:
            self.fields[name].widget.attrs["data-shown-when"] = "subject=map"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("subject") == Import.Subject.MAP:
            for name in ("operator", "network_type"):
                if not cleaned.get(name):
                    self.add_error(name, _("A network map needs this."))
        cleaned["prefix"] = cleaned.get("prefix") or None
        return cleaned


class CommitImport(ActForm):
    """What to do with rows whose entry exists already."""

    mode = forms.ChoiceField(
        label=_("Entries that exist already"), choices=Import.Mode.choices, initial="skip", widget=forms.RadioSelect,
        help_text=_("Wrong rows are quarantined and can be downloaded, except in the mode “stop”."),
    )  # fmt: skip
