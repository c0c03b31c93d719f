"""What may be typed in monitoring."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base import terms
from bastide.base.people.models import Organisation
from bastide.base.ui.doors import ActForm
from bastide.base.words.fields import NameField, TextField
from bastide.monitor import reads
from bastide.monitor.access import Can
from bastide.monitor.models import Source
from bastide.registry import reads as registry

FIRST_QUERY = """SELECT host, count(*) AS events
FROM events
GROUP BY host ORDER BY events DESC LIMIT 20"""


def silence() -> forms.IntegerField:
    """How long a source may be silent."""
    return forms.IntegerField(
        label=_("Silent after (minutes)"),
        min_value=5,
        max_value=7 * 24 * 60,
        initial=24 * 60,
        required=False,
        help_text=_("Without a batch for so long, an alert says that the source is silent."),
    )


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
    silent_after = silence()

    def prepare(self) -> None:
        self.fields["operator"].queryset = registry.operators_where(self.by, Can.REGISTER_SOURCE)  # type: ignore[attr-defined]


class ChangeSource(ActForm):
    """What is said of a source."""

    description = TextField(label=_("Description"), max_length=300, required=False)
    silent_after = silence()

    def prepare(self) -> None:
        for name in self.fields:
            self.initial[name] = getattr(self.thing, name)


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


class NewException(ActForm):
    """Which events of a rule raise no alert, and why."""

    intro = _(
        "Matches stay in the lake and hunts still find them; only alerts are withheld. Describe the events as narrowly "
        "as you can, by fields and values as in a Sigma selection."
    )
    rule = NameField(label=_("Rule id"), max_length=80)
    text = TextField(
        label=_("Events excepted"), max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "is-code", "spellcheck": "false"}),
        help_text=_("Such as: Image|endswith: \\backup.exe"),
    )  # fmt: skip
    operator = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Operator"),
        to_field_name="code",
        required=False,
        empty_label=_("All operators"),
    )
    until = forms.DateTimeField(label=_("Until"), required=False, help_text=_("Without end if left empty."))
    reason = TextField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def prepare(self) -> None:
        self.fields["operator"].queryset = registry.operators_where(self.by, Can.KEEP_RULES)  # type: ignore[attr-defined]


class Upload(forms.Form):
    """A file of events sent by hand."""

    source = forms.ChoiceField(label=_("Source"))
    file = forms.FileField(
        label=_("File of events"),
        help_text=_(
            "JSON lines, EVTX, Parquet, Arrow, Zeek, Suricata, auditd, syslog or CEF, told by content; .gz is unpacked."
        ),
    )


def _day_ago() -> datetime:
    return terms.now() - timedelta(days=7)


class Span(ActForm):
    """A time that is looked over."""

    since = forms.DateTimeField(label=pgettext_lazy("hunt", "From"), initial=_day_ago)
    until = forms.DateTimeField(label=pgettext_lazy("hunt", "To"), initial=terms.now)


class NewHunt(ActForm):
    """What is looked for, when and where."""

    intro = _(
        "Hunts read the events themselves. Write plain words, one a line; or fields and values as in a Sigma "
        "selection (Image|endswith: \\rundll32.exe); or a whole Sigma rule."
    )
    name = NameField(label=_("Name"), max_length=120)
    text = TextField(
        label=_("Look for"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "class": "is-code", "spellcheck": "false"}),
    )
    since = forms.DateTimeField(label=pgettext_lazy("hunt", "From"), initial=_day_ago)
    until = forms.DateTimeField(label=pgettext_lazy("hunt", "To"), initial=terms.now)
    operator = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Operator"),
        to_field_name="code",
        required=False,
        empty_label=_("All in sight"),
    )
    source = forms.ModelChoiceField(
        Source.objects.none(), label=_("Source"), to_field_name="name", required=False, empty_label=_("All in sight")
    )

    def prepare(self) -> None:
        self.fields["operator"].queryset = registry.operators_where(self.by, Can.HUNT)  # type: ignore[attr-defined]
        self.fields["source"].queryset = reads.sources_to_hunt(self.by)  # type: ignore[attr-defined]


class Query(forms.Form):
    """One SELECT over the events of a time."""

    since = forms.DateTimeField(
        label=pgettext_lazy("hunt", "From"),
        initial=_day_ago,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateTimeField(
        label=pgettext_lazy("hunt", "To"),
        initial=terms.now,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    query = TextField(
        label="SQL", max_length=20_000, initial=FIRST_QUERY,
        widget=forms.Textarea(attrs={"rows": 6, "class": "is-code", "spellcheck": "false"}),
        help_text=_("Table: events(batch, source, line, at, host, raw). Function: field(raw, 'name'). One SELECT."),
    )  # fmt: skip


class Lines(forms.Form):
    """Some lines of a log, pasted."""

    text = TextField(
        label=_("Lines of a log"), max_length=200_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "is-code", "spellcheck": "false"}),
    )  # fmt: skip
    product = TextField(label=_("Log source: product"), max_length=60, required=False)
    category = TextField(label=_("Log source: category"), max_length=60, required=False)
    service = TextField(label=_("Log source: service"), max_length=60, required=False)


class RuleText(forms.Form):
    """A Sigma rule, as text."""

    text = TextField(
        label=_("Sigma rule (YAML)"), max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 24, "class": "is-code", "spellcheck": "false"}),
    )  # fmt: skip
