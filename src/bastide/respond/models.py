"""What is kept of an incident: the incident itself, the report lines it owes, and every report that was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.clock.models import Clock
from bastide.base.flow.models import Thing
from bastide.base.people.bounds import Scope
from bastide.base.people.models import Account, Organisation
from bastide.registry.models import NetworkUnit as NetworkUnit  # the other files of this room know it from here
from bastide.respond import criteria

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Incident(Thing):
    """Something that harmed networks, systems or their data, from its finding to the lessons drawn."""

    SERIES = "INC"
    SCOPE = Scope(organisations=("operator",), areas=("area", "units__area"))
    TONES: ClassVar[dict[str, str]] = {
        "detected": "info", "triaged": "wait", "reported_initial": "wait", "level_confirmed": "wait",
        "responding": "warn", "contained": "info", "response_ended": "wait", "summary_submitted": "wait",
        "authority_reported": "wait", "closed": "ok", "rejected": "muted",
    }  # fmt: skip

    class State(models.TextChoices):
        DETECTED = "detected", _("Detected")  # found or learned; its level is not judged yet
        TRIAGED = "triaged", _("Judged")  # levels judged, the report duties run
        REPORTED_INITIAL = "reported_initial", _("Reported")  # the first report was sent, perhaps in part
        LEVEL_CONFIRMED = "level_confirmed", _("Level confirmed")  # the authority has fixed the level
        RESPONDING = "responding", _("Responding")  # a response of some level was started
        CONTAINED = "contained", _("Contained")  # harm is under control; the response still stands
        RESPONSE_ENDED = "response_ended", _("Handling ended")  # the summary is due
        SUMMARY_SUBMITTED = "summary_submitted", _("Summary submitted")  # the operator has summed up
        AUTHORITY_REPORTED = "authority_reported", _("Authority has reported")  # the authority's own report went up
        CLOSED = "closed", _("File closed")  # lessons noted, nothing owed any more
        REJECTED = "rejected", _("Below every threshold")  # kept as a log entry

    class Nature(models.TextChoices):
        # The classes of GB/T 20986-2023 (classification of incidents).
        MALWARE = "malware", _("Malicious program")
        ATTACK = "attack", _("Network attack")
        DATA = "data", _("Data security")
        CONTENT = "content", _("Information content")
        FAULT = "fault", _("Equipment or facility fault")
        MISUSE = "misuse", _("Operation against the rules")
        HAZARD = "hazard", _("Security hazard")
        ANOMALY = "anomaly", _("Abnormal behaviour")
        FORCE_MAJEURE = "force_majeure", _("Force majeure")
        OTHER = "other", _("Other")

    class Door(models.TextChoices):
        FORM = "form", _("Operator's form")
        CALL = "call", _("Taken by the duty officer")
        ALERT = "alert", _("Escalated alert")

    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="incidents", verbose_name=_("operator"))
    units = models.ManyToManyField(NetworkUnit, related_name="incidents", verbose_name=_("network units"), blank=True)
    area = models.CharField(_("province"), max_length=12, blank=True, db_index=True)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DETECTED)
    title = models.CharField(_("title"), max_length=200)
    nature = models.CharField(_("type of incident"), max_length=16, choices=Nature.choices)
    description = models.TextField(_("what happened"), blank=True)
    place = models.CharField(_("place of the incident"), max_length=200, blank=True)
    is_cii = models.BooleanField(_("critical information infrastructure concerned"), default=False)

    # T0: the moment the operator found the incident or learned of it. Entry into the platform is `created_at`.
    found_at = models.DateTimeField(_("found or learned at"), db_index=True)
    found_zone = models.CharField(_("time zone of that moment"), max_length=40)
    source = models.CharField(_("how it was learned"), max_length=40)  # a source kind of the pack
    occurred_at = models.DateTimeField(_("happened at"), null=True, blank=True)
    door = models.CharField(_("how it came in"), max_length=8, choices=Door.choices)
    informant = models.CharField(_("told by"), max_length=120, blank=True)
    informant_phone = models.CharField(_("telephone of the informant"), max_length=40, blank=True)

    # What is known for judging the level: fact id of the pack → value.
    facts = models.JSONField(_("facts for the level"), default=dict)
    # Scale → {level, criterion, reason, mark, draft, also}; what the pack's criteria gave.
    judged = models.JSONField(_("judged levels"), default=dict)
    # Scale → level; what the authority fixed. "" takes a level away.
    confirmed = models.JSONField(_("confirmed levels"), default=dict)
    # The highest rank in force over all scales, for lists; 0: none.
    rank = models.PositiveSmallIntegerField(_("gravest level"), default=0, db_index=True)
    pack = models.CharField(_("regime"), max_length=60, blank=True)

    judged_at = models.DateTimeField(_("judged at"), null=True)
    reported_at = models.DateTimeField(_("first reported at"), null=True)
    last_report_at = models.DateTimeField(_("last report at"), null=True)
    # When the authority knew that duties of its own arose (first report, or a later raise of the level).
    received_at = models.DateTimeField(_("received at"), null=True)
    confirmed_at = models.DateTimeField(_("level confirmed at"), null=True)
    confirmed_by = models.ForeignKey(
        Account, models.PROTECT, related_name="+", null=True, verbose_name=_("confirmed by")
    )
    response_rank = models.PositiveSmallIntegerField(_("level of response"), default=0)  # 0: no response was started
    response_by = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", null=True, verbose_name=_("in command")
    )
    response_at = models.DateTimeField(_("response started at"), null=True)
    contained_at = models.DateTimeField(_("contained at"), null=True)
    ended_at = models.DateTimeField(_("handling ended at"), null=True)
    conclusion = models.TextField(_("conclusion"), blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    lessons = models.TextField(_("lessons"), blank=True)
    rejected_reason = models.TextField(_("why it is below every threshold"), blank=True)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="a_judged_incident_has_a_time_of_judgement",
                condition=Q(state="detected") | Q(judged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_reported_incident_has_a_first_report",
                condition=Q(state__in=["detected", "triaged", "rejected"]) | Q(reported_at__isnull=False),
            ),
            models.CheckConstraint(
                name="an_incident_under_response_was_confirmed_by_somebody",
                condition=Q(state__in=["detected", "triaged", "rejected", "reported_initial"])
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_response_has_a_level_a_commander_and_a_start",
                condition=~Q(state__in=["responding", "contained"])
                | Q(response_rank__gt=0, response_by__isnull=False, response_at__isnull=False),
            ),
            models.CheckConstraint(
                name="an_ended_incident_has_an_end_and_a_conclusion",
                condition=~Q(state__in=["response_ended", "summary_submitted", "authority_reported", "closed"])
                | (Q(ended_at__isnull=False) & ~Q(conclusion="")),
            ),
            models.CheckConstraint(
                name="a_closed_incident_has_a_time_of_closing",
                condition=~Q(state="closed") | Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_rejected_incident_has_a_reason", condition=~Q(state="rejected") | ~Q(rejected_reason="")
            ),
        ]

    if TYPE_CHECKING:
        reports: RelatedManager[Report]
        submissions: RelatedManager[Submission]
        alert_links: RelatedManager[AlertLink]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return f"/respond/incidents/{self.number}/"

    @property
    def is_classified(self) -> bool:
        return self.is_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(is_cii=True)

    @property
    def is_open(self) -> bool:
        return self.state not in {self.State.CLOSED, self.State.REJECTED}

    def values(self) -> dict[str, Any]:
        """The trail keeps the judged levels without their reasons, which stand in the incident itself."""
        found = super().values()
        found["judged"] = {scale: entry["level"] for scale, entry in self.judged.items()}
        return found

    @property
    def found_here(self) -> datetime:
        """T0 in the zone in which it was told."""
        return self.found_at.astimezone(ZoneInfo(self.found_zone))

    @property
    def source_name(self) -> str:
        return _named(next((k.name for k in packs.active().source_kinds if k.id == self.source), None), self.source)

    @property
    def area_name(self) -> str:
        known = {area.code: area.name for area in packs.active().areas}
        return _named(known.get(self.area), self.area)

    @property
    def levels(self) -> list[LevelView]:
        """One line per scale of the pack: what was judged and why, what was confirmed."""
        return [
            LevelView.of(scale, self.judged.get(scale.id), self.confirmed.get(scale.id))
            for scale in packs.active().scales
        ]

    @property
    def level_name(self) -> str:
        """The gravest level in force, with its scale: "Major"; empty if no threshold is reached."""
        return next((str(view.name) for view in self.levels if view.rank == self.rank and self.rank), "")

    @property
    def level_tone(self) -> str:
        return TONE_OF_RANK.get(self.rank, "muted")

    @property
    def response_name(self) -> str:
        """The level of the response in words; empty before it starts."""
        scale = criteria.response_scale(packs.active())
        return next(
            (f"{level.code} {level.name}".strip() for level in scale.levels if level.rank == self.response_rank), ""
        )


TONE_OF_RANK = {4: "red", 3: "orange", 2: "yellow", 1: "blue"}


def _named(name: Any, code: str) -> str:
    """The pack's name of a code; the code itself if the pack in force does not know it."""
    return str(name) if name is not None else code


@dataclass(frozen=True)
class LevelView:
    """The level of an incident in one scale, ready to show."""

    scale: packs.Scale
    judged: packs.Level | None
    confirmed: packs.Level | None
    is_decided: bool  # the authority has spoken on this scale
    reason: packs.Text | None
    mark: packs.Mark | None
    is_draft: bool
    also: tuple[str, ...]

    @classmethod
    def of(cls, scale: packs.Scale, judged: dict[str, Any] | None, confirmed: str | None) -> LevelView:
        given = judged or {}
        return cls(
            scale,
            _level(scale, given.get("level")),
            _level(scale, confirmed),
            confirmed is not None,
            packs.Text(**given["reason"]) if given else None,
            packs.Mark(given["mark"]) if given else None,
            bool(given.get("draft")),
            tuple(given.get("also", ())),
        )

    @property
    def level(self) -> packs.Level | None:
        """The level in force."""
        return self.confirmed if self.is_decided else self.judged

    @property
    def rank(self) -> int:
        return self.level.rank if self.level else 0

    @property
    def name(self) -> Promise | str:
        if self.level is None:
            return _("No threshold reached")
        return f"{self.level.code} {self.level.name}".strip()

    @property
    def was_changed(self) -> bool:
        return self.is_decided and self.confirmed != self.judged

    @property
    def tone(self) -> str:
        return TONE_OF_RANK.get(self.rank, "muted")


def _level(scale: packs.Scale, id: str | None) -> packs.Level | None:
    return next((level for level in scale.levels if level.id == id), None) if id else None


class AlertLink(models.Model):
    """An alert that became (part of) an incident. One alert belongs to one incident."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="alert_links")
    alert = models.CharField(_("alert"), max_length=40, unique=True)

    def __str__(self) -> str:
        return self.alert


class Submission(models.Model):
    """One report as it was sent: its content, its channel, what it still leaves open. Never changed afterwards."""

    SCOPE = Scope(organisations=("incident__operator",), areas=("incident__area", "incident__units__area"))

    class Kind(models.TextChoices):
        FIRST = "first", _("First report")
        SUPPLEMENT = "supplement", _("Supplement to the first report")
        PROGRESS = "progress", _("Progress report")
        ONWARD = "onward", _("Onward report")
        OTHER = "other", _("Other duty")
        SUMMARY = "summary", _("Summary report")
        AUTHORITY = "authority", _("Authority's own report")

    class Channel(models.TextChoices):
        PLATFORM = "platform", _("This platform")
        PHONE = "phone", _("Telephone")
        EMAIL = "email", _("E-mail")
        FAX = "fax", _("Fax")
        WEBSITE = "website", _("Reporting website")
        PAPER = "paper", _("In writing")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="submissions")
    sequence = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    content = models.JSONField(_("content"), default=dict)
    levels = models.JSONField(_("levels told"), default=dict)
    missing = models.JSONField(_("items still missing"), default=list)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    # When it was told; earlier than its entry where a telephone call came first.
    sent_at = models.DateTimeField(_("sent at"))
    entered_at = models.DateTimeField(_("entered at"))
    call_with = models.CharField(_("spoken with"), max_length=120, blank=True)
    call_phone = models.CharField(_("telephone number"), max_length=40, blank=True)
    by = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("by"))
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("sender"))
    document = models.CharField(_("document"), max_length=60, blank=True)  # number of the official paper

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["incident_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "sequence"], name="reports_of_an_incident_are_numbered"),
            models.CheckConstraint(
                name="a_report_by_telephone_names_who_was_reached", condition=~Q(channel="phone") | ~Q(call_with="")
            ),
            models.CheckConstraint(
                name="a_report_is_not_entered_before_it_is_sent", condition=Q(entered_at__gte=models.F("sent_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sequence}"

    @property
    def is_partial(self) -> bool:
        return bool(self.missing)


class Report(models.Model):
    """One line of duty: who must report to whom by when. It is met by a submission or cancelled with a reason."""

    SCOPE = Scope(organisations=("bearer", "incident__operator"), areas=("incident__area", "incident__units__area"))

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reports")
    duty = models.CharField(_("duty"), max_length=40)  # id in the pack
    round = models.PositiveIntegerField(_("round"), default=1)  # progress comes again and again
    stage = models.CharField(_("stage"), max_length=20, choices=[(s.value, s.value) for s in packs.Stage])
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    addressees = models.JSONField(_("addressees"), default=list)  # [{zh, en}]
    channel = models.JSONField(_("prescribed channel"), null=True)  # {zh, en}
    basis = models.CharField(_("basis"), max_length=200, blank=True)
    mark = models.CharField(max_length=20)
    bearer = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("owed by"))
    starts_at = models.DateTimeField(_("runs from"))
    known_at = models.DateTimeField(_("known since"))
    clock = models.ForeignKey(Clock, models.PROTECT, related_name="+", null=True)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="serves", null=True)
    filed_at = models.DateTimeField(_("fulfilled at"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)
    cancel_reason = models.CharField(_("why it was cancelled"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("report duty")
        verbose_name_plural = _("report duties")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "duty"],
                condition=Q(filed_at=None, cancelled_at=None),
                name="a_duty_of_an_incident_is_open_once",
            ),
            models.CheckConstraint(
                name="a_duty_is_fulfilled_or_cancelled_not_both", condition=Q(filed_at=None) | Q(cancelled_at=None)
            ),
            models.CheckConstraint(
                name="a_fulfilled_duty_names_its_report", condition=Q(filed_at=None) | Q(submission__isnull=False)
            ),
            models.CheckConstraint(
                name="a_cancelled_duty_has_a_reason", condition=Q(cancelled_at=None) | ~Q(cancel_reason="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> packs.Text:
        return packs.Text(zh=self.name_zh, en=self.name_en)

    @property
    def to(self) -> list[packs.Text]:
        return [packs.Text(**name) for name in self.addressees]

    @property
    def by_channel(self) -> packs.Text | None:
        return packs.Text(**self.channel) if self.channel else None

    @property
    def is_due(self) -> bool:
        return self.filed_at is None and self.cancelled_at is None
