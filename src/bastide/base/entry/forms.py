"""What may be typed about organisations, invitations, roles and keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.entry import flows
from bastide.base.entry.access import ROLES_IN
from bastide.base.entry.stepup import DECIDE
from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.base.words.fields import NameField, TextField


def area_choices() -> list[tuple[str, str]]:
    """Provinces of the active pack, by code."""
    return [("", "—"), *((area.code, str(area.name)) for area in packs.active().areas)]


def context_name(scope: str) -> str:
    """The room a scope ("respond.") opens, by its name on screen."""
    label = scope.split(".")[0]
    return str(apps.get_app_config(label).verbose_name) if label in apps.app_configs else label


def role_choices(organisation: Organisation) -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in Role.choices if Role(value) in ROLES_IN[organisation.kind]]


class OrganisationForm(forms.Form):
    """A new organisation."""

    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("Short and lasting, such as OP-0031."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Organisation.Kind.choices)
    name_zh = NameField(label=_("Chinese name"), max_length=200)
    name_en = NameField(label=_("English name"), max_length=200, required=False)
    area = forms.ChoiceField(label=_("Province"), choices=area_choices, required=False)
    licence = NameField(label=_("Licence number"), max_length=80, required=False)
    parent = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Belongs to"), to_field_name="code", required=False
    )
    managed_by_parent = forms.BooleanField(label=_("The parent manages it and sees what it sees"), required=False)

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = visible  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == Organisation.Kind.PROVINCIAL and not data.get("area"):
            self.add_error("area", _("Choose its province: an office sees what happens there."))
        return data


class InvitationForm(forms.Form):
    """Whom to invite, as what."""

    name = NameField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"))
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(organisation)  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """A further role for an account."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisation"), to_field_name="code")
    role = forms.ChoiceField(label=_("Role"), choices=[c for c in Role.choices if c[0] != Role.HOUSE])

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = visible  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why."""

    reason = TextField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class WelcomeForm(forms.Form):
    """What a person chooses who accepts an invitation."""

    username = TextField(
        label=_("User name"), max_length=60, help_text=_("Small letters, digits, dot, dash and underscore.")
    )
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                               help_text=_("At least twelve characters."))  # fmt: skip
    again = forms.CharField(
        label=_("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", _("The two passwords differ."))
        return data


class TokenForm(forms.Form):
    """A key for a program."""

    name = NameField(label=_("What it is for"), max_length=80)
    scopes = forms.MultipleChoiceField(label=_("Scopes"), widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label=_("Valid for (days)"), min_value=1, max_value=366, initial=90)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        rooms = [(scope, f"{context_name(scope)} ({scope}*)") for scope in flows.scopes_of(account)]
        field.choices = [*rooms, (DECIDE, _("Deciding acts in these rooms, in my name"))]


class ProvisionForm(forms.Form):
    """A file of people, chosen from the disk or, once checked, carried along as text."""

    file = forms.FileField(
        label=_("CSV file"), help_text=_("UTF-8, with a header line."), error_messages={"required": _("Choose a file.")}
    )
    text = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, data: Any = None, *given: Any, **named: Any) -> None:
        super().__init__(data, *given, **named)
        self.fields["file"].required = not (data or {}).get("text")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("file"):
            data["data"] = data["file"].read()
        elif data.get("text"):
            data["data"] = data["text"].encode()
        return data
