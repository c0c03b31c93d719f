"""What may be typed in monitoring."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Organisation
from bastide.base.ui.doors import ActForm
from bastide.base.words.fields import NameField, TextField
from bastide.monitor.access import Can
from bastide.registry import reads as registry


class RegisterSource(ActForm):
    """A collector of an operator."""

    operator = forms.ModelChoiceField(Organisation.objects.none(), label=_("Operator"), to_field_name="code")
    name = NameField(
        label=_("Name"), max_length=60, help_text=_("Small letters, digits, dot, dash and underscore; lasting.")
    )
    description = TextField(label=_("Description"), max_length=300, required=False)
    product = TextField(
        label=_("Log source: product"),
        max_length=60,
        required=False,
        help_text=_("Only where the events do not say it themselves, such as zeek or linux."),
    )
    category = TextField(label=_("Log source: category"), max_length=60, required=False)
    service = TextField(label=_("Log source: service"), max_length=60, required=False)

    def prepare(self) -> None:
        self.fields["operator"].queryset = registry.operators_where(self.by, Can.REGISTER_SOURCE)  # type: ignore[attr-defined]


class NewKey(ActForm):
    """How long a key lives."""

    intro = _("The keys made earlier end at once. The new key is shown once, on the next page.")
    days = forms.IntegerField(label=_("Valid for (days)"), min_value=1, max_value=366, initial=366)


class Reason(ActForm):
    """Why."""

    reason = TextField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class Remark(ActForm):
    """A remark, if there is one."""

    reason = TextField(label=_("Remark"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class Escalate(Remark):
    """The decision that an alert is an incident."""

    intro = _("An incident is opened and its clocks run from this moment: from now on it counts as found.")


class Upload(forms.Form):
    """A file of events sent by hand."""

    source = forms.ChoiceField(label=_("Source"))
    file = forms.FileField(label=_("File of events"), help_text=_("One JSON object a line; .gz is unpacked."))
