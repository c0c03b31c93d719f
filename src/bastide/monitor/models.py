"""Sources, batches, detection rules and alerts. The events themselves lie in the lake."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base.flow.models import Thing
from bastide.base.people import Scope
from bastide.base.people.models import Account, Organisation
from bastide.monitor import criteria, lake, reasons

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
    # After so many minutes without a batch the source counts as silent and an alert is raised.
    silent_after = models.PositiveIntegerField(
        _("silent after (minutes)"),
        default=int(criteria.SILENT_AFTER.total_seconds() // 60),
        validators=[MinValueValidator(5), MaxValueValidator(7 * 24 * 60)],
    )

    # Names of event fields it has sent, out of samples; sorted.
    fields = models.JSONField(default=list)

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

    TONES = {"stored": "wait", "scanned": "ok", "failed": "bad", "expired": "muted"}
    SERIES = "BAT"
    SCOPE = OWN

    class State(models.TextChoices):
        STORED = "stored", _("Stored")  # in the lake, not yet evaluated
        SCANNED = "scanned", _("Evaluated")  # rules ran over it
        FAILED = "failed", _("Evaluation failed")  # the reason is in `trouble`; can be tried again
        EXPIRED = "expired", _("Deleted after retention")  # the receipt stays, the events are gone

    source = models.ForeignKey(Source, models.PROTECT, related_name="batches", verbose_name=_("source"))
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("operator"))
    file = models.CharField(_("file name"), max_length=200, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.BigIntegerField(_("size"))
    # Where the lake keeps its events (lake.place_of); empty for one received before the lake had days.
    place = models.CharField(max_length=200, blank=True)
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
        indexes = [models.Index(fields=["created_at"], name="batches_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["source", "sha256"], name="a_source_sends_a_batch_once"),
            models.CheckConstraint(
                name="an_evaluated_batch_says_with_which_rules",
                condition=~Q(state="scanned") | (~Q(rules_digest="") & Q(matches__isnull=False)),
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/monitor/batches/{self.number}/"

    @property
    def lies_at(self) -> str:
        """The place of its events in the lake."""
        return self.place or lake.place_before_days(self.source.name, self.sha256)


class RuleRecord(models.Model):
    """What raises alerts: a Sigma rule, or a watch of our own over the sources. Also a file that could not be made
    into a rule."""

    SCOPE = Scope(open_to_all=True)

    class Kind(models.TextChoices):
        SIGMA = "sigma", _("Sigma rule")
        WATCH = "watch", _("Watch over sources")  # criteria of our own: silence, clock, volume

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.SIGMA)

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
    tactics = models.JSONField(_("ATT&CK tactics"), default=list)
    # Names of the event fields it looks at; empty for one that looks for words anywhere.
    fields = models.JSONField(default=list)
    author = models.CharField(_("author"), max_length=300, blank=True)
    licence = models.CharField(_("licence"), max_length=60, blank=True)
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
        if self.kind == self.Kind.WATCH:
            return reasons.watch_title(self.rule_id)
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
    # Who looks into it; nobody yet if empty.
    assignee = models.ForeignKey(Account, models.PROTECT, related_name="+", null=True, verbose_name=_("looked into by"))

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
        return str(self.rule)

    def values(self) -> dict[str, Any]:
        """Without the evidence, which the lake keeps."""
        return {name: value for name, value in super().values().items() if name not in {"evidence", "counted"}}


class Hunt(Thing):
    """A search over the events of the lake: a selection of its own, or a rule tried on the past before it is in force.

    It reads the events that whoever asked may see, and its result is seen by whoever sees what its owner may see.
    """

    TONES = {"waiting": "wait", "done": "ok", "failed": "bad"}
    SERIES = "HNT"
    SCOPE = Scope(organisations=("owner",), areas=("owner__area",))

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("hunt", "Waiting")  # for its turn, or being run
        DONE = "done", pgettext_lazy("hunt", "Done")
        FAILED = "failed", pgettext_lazy("hunt", "Failed")  # the reason is in `trouble`

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    # What is looked for: a whole Sigma rule, fields as in a selection, or plain words.
    text = models.TextField(_("look for"))
    # The rule that is tried on the past, if it is one.
    rule = models.ForeignKey(
        RuleRecord, models.PROTECT, related_name="hunts", null=True, verbose_name=_("back-test of the rule")
    )
    # Events that happened from `since` to before `until`, of one operator or one source if given.
    since = models.DateTimeField(_("looked over from"))
    until = models.DateTimeField(_("looked over to"))
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, verbose_name=_("operator"))
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", null=True, verbose_name=_("source"))
    asked_by = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    ran_at = models.DateTimeField(_("run"), null=True)
    # Counts, days, operators, hosts and the first events found: hunting.Result.
    result = models.JSONField(null=True)
    trouble = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="a_hunt_looks_over_some_time", condition=Q(until__gt=F("since"))),
            models.CheckConstraint(
                name="a_hunt_that_is_done_has_a_result", condition=~Q(state="done") | Q(result__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/monitor/hunts/{self.number}/"

    def values(self) -> dict[str, Any]:
        """Without what was found, which the lake keeps."""
        return {name: value for name, value in super().values().items() if name != "result"}


class RuleException(Thing):
    """Events of a rule that raise no alert, because somebody judged them harmless; it can be read and ended."""

    TONES = {"active": "ok", "ended": "muted"}
    SERIES = "EXC"
    # Those for all operators are the national authority's.
    SCOPE = OWN

    class State(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("exception", "In force")
        ENDED = "ended", pgettext_lazy("exception", "Ended")

    rule = models.ForeignKey(RuleRecord, models.PROTECT, related_name="exceptions", verbose_name=_("rule"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    # Which events: as a hunt is written (fields as in a selection, or words).
    text = models.TextField(_("events excepted"))
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, verbose_name=_("operator"))
    until = models.DateTimeField(_("until"), null=True)
    reason = models.CharField(_("reason"), max_length=1000)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("exception of a rule")
        verbose_name_plural = _("exceptions of rules")

    def get_absolute_url(self) -> str:
        return f"/monitor/exceptions/{self.number}/"
