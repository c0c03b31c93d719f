"""Notifications for persons, how each person wants to be told, and the letters that went out by mail."""

from __future__ import annotations

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account, Organisation


class Topic(models.TextChoices):
    """What a notification is about, as far as a person chooses by it."""

    CLOCK = "clock", _("Legal clocks")
    MATTER = "matter", _("Matters: incidents, warnings, inspections, orders")
    SYSTEM = "system", _("Running of the platform")


class Way(models.TextChoices):
    """How a notification arrives besides the console, where every one stands."""

    CONSOLE = "console", _("In the console only")
    AT_ONCE = "at_once", _("By mail at once")
    DAILY = "daily", _("In a daily digest")
    WEEKLY = "weekly", _("In a weekly digest")
    # Its clock mails it and keeps the proof.
    OWN = "own", _("By mail with its clock")


class Letter(models.Model):
    """One mail to one person: at once, or the digest of a day or a week. Its key is used once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be mailed")
        TRIED = "tried", _("Being mailed")
        SENT = "sent", _("Mailed")
        FAILED = "failed", _("Mail refused")
        EMPTY = "empty", _("Nothing left to say")
        UNKNOWN = "unknown", _("Interrupted while mailing")  # not mailed again, so nobody gets it twice

    account = models.ForeignKey(Account, models.CASCADE, related_name="letters")
    way = models.CharField(max_length=10, choices=Way.choices)
    key = models.CharField(max_length=80, unique=True)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tried_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["made_at"], condition=models.Q(state__in=["waiting", "tried"]), name="letters_to_mail")
        ]

    def __str__(self) -> str:
        return self.key


class Choice(models.Model):
    """What a person chose for one topic and urgency; without a row the default holds."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="notice_choices")
    topic = models.CharField(max_length=10, choices=Topic.choices)
    urgency = models.CharField(max_length=10)
    way = models.CharField(max_length=10, choices=Way.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "topic", "urgency"], name="a_person_chooses_one_way_for_a_topic")
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.urgency}: {self.way}"


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
    topic = models.CharField(max_length=10, choices=Topic.choices, default=Topic.MATTER)
    way = models.CharField(max_length=10, choices=Way.choices, default=Way.CONSOLE)
    # The mail that carries it, once there is one.
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="notes")
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(
                fields=["way", "at"],
                condition=models.Q(letter=None, way__in=["at_once", "daily", "weekly"]),
                name="notifications_to_mail",
            )
        ]
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
