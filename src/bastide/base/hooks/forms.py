"""What may be typed about a webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bastide.base.hooks import kinds
from bastide.base.hooks.models import Endpoint
from bastide.base.people.models import Organisation
from bastide.base.words.fields import NameField, TextField


class EndpointForm(forms.Form):
    """Where to send what."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisation"), to_field_name="code")
    name = NameField(label=_("Name"), max_length=80, help_text=_("What listens there, such as a ticket system."))
    url = TextField(label=_("Web address"), max_length=500, help_text=_("Begins with https://."))
    kinds = forms.MultipleChoiceField(label=_("Kinds of facts"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(  # type: ignore[attr-defined]
            pk__in=[one.pk for one in organisations]
        )
        if len(organisations) == 1:
            self.fields["organisation"].initial = organisations[0].code
        self.fields["kinds"].choices = [(kind.name, kind.title) for kind in kinds.kinds()]  # type: ignore[attr-defined]


class ChangeForm(EndpointForm):
    """The same of an endpoint that is there; its organisation stays."""

    def __init__(self, *args: Any, endpoint: Endpoint, **kwargs: Any) -> None:
        held = {"name": endpoint.name, "url": endpoint.url, "kinds": endpoint.kinds}
        super().__init__(*args, organisations=[], initial=held, **kwargs)
        del self.fields["organisation"]


class SinceForm(forms.Form):
    """From when on everything is sent again."""

    since = forms.DateTimeField(
        label=_("Everything since"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
