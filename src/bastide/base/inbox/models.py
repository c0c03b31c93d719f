"""One notification for one person."""

from __future__ import annotations

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account, Organisation


class Notification(models.Model):
    """A sentence about a thing. The text is a message id, so each reader reads it in their language."""

    class Urgency(models.TextChoices):
        NORMAL = "normal", _("Normal")
        HIGH = "high", _("Urgent")

    account = models.ForeignKey(Account, models.CASCADE, related_name="notifications")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(db_index=True)
    text = models.CharField(max_length=300)
    args = models.JSONField(default=dict)
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.NORMAL)
    kind = models.CharField(max_length=60, blank=True)
    thing_id = models.BigIntegerField(null=True)
    number = models.CharField(max_length=80, blank=True)
    url = models.CharField(max_length=300, blank=True)
    # Same person, same key: told once.
    key = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "key"], condition=~models.Q(key=""), name="a_person_is_told_a_thing_once"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """The text in the active language, with its values filled in; a value {"zh": …, "en": …} has one too."""
        code = "zh" if (translation.get_language() or "zh").startswith("zh") else "en"
        values = {
            key: value[code] if isinstance(value, dict) and {"zh", "en"} <= value.keys() else value
            for key, value in self.args.items()
        }
        try:
            return translation.gettext(self.text) % values
        except (KeyError, ValueError, TypeError):
            return self.text
