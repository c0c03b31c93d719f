"""What a person may choose about being told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bastide.base.inbox import choices
from bastide.base.inbox.models import Notification, Topic, Way
from bastide.base.people.models import Account

HINTS = {
    Topic.CLOCK: _(
        "A legal clock runs whether its mail is read or not. Its mails can wait for a day; they cannot be switched off."
    ),
    Topic.MATTER: "",
    Topic.SYSTEM: _("Jobs that failed, seals and evidence that are not as they were. Administrators and auditors."),
}
URGENT_HINT = _("What is urgent is over in a week: its mails can wait for a day; they cannot be switched off.")


class ChoicesForm(forms.Form):
    """One choice for each topic and urgency."""

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = choices.of(account)
        for topic, urgency in choices.pairs():
            self.fields[f"{topic}_{urgency}"] = forms.ChoiceField(
                label=Notification.Urgency(urgency).label,
                choices=[(way.value, way.label) for way in choices.open_ways(topic, urgency)],
                initial=held[(topic, urgency)].value,
                help_text=URGENT_HINT if urgency == "high" and topic != Topic.CLOCK else "",
            )

    @property
    def topics(self) -> list[dict[str, Any]]:
        """The fields by topic, with what there is to say about it."""
        return [
            {
                "label": topic.label, "hint": HINTS[topic],
                "fields": [self[f"{topic.value}_{urgency}"] for urgency in Notification.Urgency.values],
            }
            for topic in Topic
        ]  # fmt: skip

    @property
    def wanted(self) -> dict[tuple[str, str], str]:
        return {pair: str(Way(self.cleaned_data["_".join(pair)])) for pair in choices.pairs()}
