"""Endpoints of organisations, what is delivered to each, and every attempt."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base.people.bounds import Scope
from bastide.base.people.models import Account, Organisation


class Fault(models.TextChoices):
    """Why an attempt failed. A closed set: what a foreign server says is not shown to anybody."""

    ADDRESS = "address", _("The name leads to no address that may be called")
    CONNECTION = "connection", _("No connection")
    TLS = "tls", _("The certificate or the encryption is not valid")
    SLOW = "slow", _("No answer in time")
    REDIRECT = "redirect", _("A redirect, which is not followed")
    STATUS = "status", _("The answer was not a success")
    SECRET = "secret", _("The secret can no longer be read: rotate it")
    ANSWER = "answer", _("The answer could not be read")


class Endpoint(models.Model):
    """Where a program of an organisation is told facts. Secrets are encrypted at rest and shown once."""

    SCOPE = Scope(organisations=("organisation",), areas=())
    TONES = {"on": "ok", "off": "muted", "failing": "bad"}

    class State(models.TextChoices):
        ON = "on", pgettext_lazy("webhook", "On")
        OFF = "off", pgettext_lazy("webhook", "Off")  # by a person; what happens meanwhile waits
        FAILING = "failing", pgettext_lazy("webhook", "Switched off after failing")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="endpoints", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("web address"), max_length=500)
    kinds = models.JSONField(_("kinds of facts"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ON)
    secret = models.TextField()
    # Until then both secrets sign.
    old_secret = models.TextField(blank=True)
    old_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("registered on"))
    # Since when nothing has arrived; empty while things arrive.
    failing_since = models.DateTimeField(_("failing since"), null=True)
    # The receiver asked for quiet until then (Retry-After).
    rests_until = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("hooks:endpoint_detail", args=[self.pk])

    @property
    def number(self) -> str:
        return f"HOOK-{self.pk}" if self.pk else ""


class Delivery(models.Model):
    """One fact for one endpoint. Its id and body stay the same however often it is sent."""

    TONES = {"waiting": "wait", "done": "ok", "given_up": "bad"}

    SCOPE = Scope(organisations=("endpoint__organisation",), areas=())

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("delivery of a webhook", "Waiting")
        DONE = "done", pgettext_lazy("delivery of a webhook", "Delivered")
        GIVEN_UP = "given_up", pgettext_lazy("delivery of a webhook", "Given up")

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    uid = models.CharField(max_length=40, unique=True)
    kind = models.CharField(_("kind of fact"), max_length=120)
    number = models.CharField(_("number"), max_length=80, blank=True)
    body = models.TextField()
    at = models.DateTimeField(_("happened"))
    made_at = models.DateTimeField(_("queued"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # Attempts since it was last asked for; the next wait follows from them.
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(_("next attempt"), null=True)
    code = models.PositiveIntegerField(_("code of the answer"), null=True)
    fault = models.CharField(_("fault"), max_length=12, choices=Fault.choices, blank=True)
    ended_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["endpoint", "next_at"], condition=Q(state="waiting"), name="webhooks_waiting"),
            models.Index(fields=["endpoint", "made_at"], name="webhooks_of_an_endpoint"),
        ]
        constraints = [
            models.CheckConstraint(
                name="a_waiting_webhook_says_when", condition=~Q(state="waiting") | Q(next_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.uid

    def get_absolute_url(self) -> str:
        return reverse("hooks:delivery_detail", args=[self.pk])


class Attempt(models.Model):
    """One time it was sent: when, how long it took, and what came back."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    code = models.PositiveIntegerField(null=True)
    fault = models.CharField(max_length=12, choices=Fault.choices, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.at} {self.code or self.fault}"
