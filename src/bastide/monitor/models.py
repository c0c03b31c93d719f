"""Sources, batches, detection rules and alerts. The events themselves lie in the lake."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bastide.base.flow.models import Thing
from bastide.base.people import Scope
from bastide.base.people.models import Account, Organisation

OWN = Scope(organisations=("operator",), areas=("operator__area",))


class Source(Thing):
    """Where an operator's events come from: a collector that sends with its own key."""

    TONES = {"active": "ok", "paused": "warn", "closed": "muted"}
    SERIES = "SRC"
    SCOPE = OWN

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")  # may send
        PAUSED = "paused", _("Paused")  # refused for now
        CLOSED = "closed", _("Closed")  # never again; its batches stay

    name = models.CharField(
        _("name"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*$", _("Small letters, digits, dot, dash and underscore."))],
    )
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="sources", verbose_name=_("operator"))
    description = models.CharField(_("description"), max_length=300, blank=True)
    # Declared for events that do not say it themselves (Sigma log source).
    product = models.CharField(_("product"), max_length=60, blank=True)
    category = models.CharField(_("category"), max_length=60, blank=True)
    service = models.CharField(_("service"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    # The program account its keys belong to.
    account = models.OneToOneField(Account, models.PROTECT, related_name="source", null=True)
    last_batch_at = models.DateTimeField(_("last batch"), null=True)

    # Set on the instance that a new key was just made for; never kept.
    secret: str = ""

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/monitor/sources/{self.number}/"


class Batch(Thing):
    """A receipt: what was sent once, what of it was kept, what was put aside and why."""

    TONES = {"stored": "wait", "scanned": "ok", "failed": "bad"}
    SERIES = "BAT"
    SCOPE = OWN

    class State(models.TextChoices):
        STORED = "stored", _("Stored")  # in the lake, not yet evaluated
        SCANNED = "scanned", _("Evaluated")  # rules ran over it
        FAILED = "failed", _("Evaluation failed")  # the reason is in `trouble`; can be tried again

    source = models.ForeignKey(Source, models.PROTECT, related_name="batches", verbose_name=_("source"))
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("operator"))
    file = models.CharField(_("file name"), max_length=200, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.BigIntegerField(_("size"))
    accepted = models.PositiveIntegerField(_("accepted"))
    quarantined = models.PositiveIntegerField(_("quarantined"))
    first_event_at = models.DateTimeField(_("first event"), null=True)
    last_event_at = models.DateTimeField(_("last event"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.STORED)
    rules_digest = models.CharField(max_length=64, blank=True)
    matches = models.PositiveIntegerField(_("matches"), null=True)
    scanned_at = models.DateTimeField(_("evaluated"), null=True)
    trouble = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "sha256"], name="a_source_sends_a_batch_once"),
            models.CheckConstraint(
                name="an_evaluated_batch_says_with_which_rules",
                condition=~Q(state="scanned") | (~Q(rules_digest="") & Q(matches__isnull=False)),
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/monitor/batches/{self.number}/"


class RuleRecord(models.Model):
    """A Sigma rule of the installation's set, or a file that could not be made into one."""

    SCOPE = Scope(open_to_all=True)

    rule_id = models.CharField(_("rule id"), max_length=80, blank=True)
    path = models.CharField(_("file"), max_length=300)
    line = models.PositiveIntegerField(default=1)
    title = models.CharField(_("title"), max_length=300, blank=True)
    level = models.CharField(_("level"), max_length=20, blank=True)
    status = models.CharField(_("status"), max_length=20, blank=True)
    product = models.CharField(_("product"), max_length=60, blank=True)
    category = models.CharField(_("category"), max_length=60, blank=True)
    service = models.CharField(_("service"), max_length=60, blank=True)
    techniques = models.JSONField("ATT&CK", default=list)
    text = models.TextField(_("text"))
    sha256 = models.CharField(max_length=64)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    # Why the rule is not evaluated; empty if it is.
    rejected = models.CharField(_("not evaluated because"), max_length=500, blank=True)
    added_at = models.DateTimeField(_("added"))
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        ordering = ["path", "line"]
        constraints = [
            models.UniqueConstraint(fields=["rule_id"], condition=~Q(rule_id=""), name="a_rule_id_is_kept_once"),
        ]

    def __str__(self) -> str:
        return self.title or self.path

    def get_absolute_url(self) -> str:
        return f"/monitor/rules/{self.pk}/"


class Alert(Thing):
    """One rule on one host of one operator within one window: counted, not repeated."""

    TONES = {
        "critical": "bad", "high": "bad", "medium": "warn", "low": "info", "informational": "neutral",
        "new": "warn", "triaged": "wait", "false_positive": "muted", "escalated": "info",
    }  # fmt: skip
    SERIES = "ALR"
    SCOPE = OWN

    class State(models.TextChoices):
        NEW = "new", _("New")  # nobody has looked
        TRIAGED = "triaged", _("Triaged")  # looked at, kept under watch
        FALSE_POSITIVE = "false_positive", _("False positive")  # judged harmless, with the reason
        ESCALATED = "escalated", _("Escalated")  # became an incident

    class Level(models.TextChoices):
        INFORMATIONAL = "informational", _("Informational")
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")
        CRITICAL = "critical", _("Critical")

    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="alerts", verbose_name=_("operator"))
    source = models.ForeignKey(Source, models.PROTECT, related_name="alerts", verbose_name=_("source"))
    unit = models.ForeignKey(
        "registry.NetworkUnit", models.PROTECT, related_name="alerts", null=True, verbose_name=_("network unit")
    )
    rule = models.ForeignKey(RuleRecord, models.PROTECT, related_name="alerts", verbose_name=_("rule"))
    host = models.CharField(_("host"), max_length=200, blank=True)
    window_start = models.DateTimeField(_("window"))
    level = models.CharField(_("level"), max_length=20, choices=Level.choices)
    rank = models.PositiveSmallIntegerField()  # of the level, for sorting
    count = models.PositiveIntegerField(_("events"))
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    # Up to EVIDENCE_ROWS matched events: batch number, line, time, event.
    evidence = models.JSONField(default=list)
    # Batches already counted here, so that evaluating a batch again counts nothing twice: number → events.
    counted = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.NEW)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["-rank", "-last_seen"]
        indexes = [
            models.Index(fields=["state", "rank"], name="alerts_by_state"),
            models.Index(fields=["operator", "last_seen"], name="alerts_of_an_operator"),
            models.Index(fields=["last_seen", "id"], name="alerts_by_day"),
            models.Index(fields=["first_seen", "level", "operator", "state"], name="alerts_by_first_day"),
            models.Index(fields=["operator", "state", "level"], name="alerts_by_operator"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "host", "operator", "window_start"], name="one_alert_per_rule_host_operator_and_window"
            ),
            models.CheckConstraint(
                name="a_false_positive_has_a_reason", condition=~Q(state="false_positive") | ~Q(reason="")
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/monitor/alerts/{self.number}/"

    @property
    def title(self) -> str:
        return self.rule.title

    def values(self) -> dict[str, Any]:
        """Without the evidence, which the lake keeps."""
        return {name: value for name, value in super().values().items() if name not in {"evidence", "counted"}}
