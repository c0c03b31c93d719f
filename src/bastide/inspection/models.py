"""Visits, who takes part in them, answers to the checklist, and observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.flow.models import Thing
from bastide.base.packs import Checklist, InspectionItem
from bastide.base.people.bounds import Scope
from bastide.base.people.models import Account, Organisation
from bastide.inspection import criteria

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Visit(Thing):
    """One inspection of one operator: on site, remote or in writing."""

    SERIES = "INS"
    SCOPE = Scope(organisations=("operator",), areas=("operator__area",))
    TONES = {
        "draft": "neutral", "approved": "info", "noticed": "info", "opened": "wait", "findings_draft": "wait",
        "confirming": "warn", "objected": "warn", "confirmed": "ok", "reported": "ok", "closed": "muted",
        "cancelled": "muted",
    }  # fmt: skip

    class State(models.TextChoices):
        # Being written; nobody outside the authority knows of it.
        DRAFT = "draft", _("Draft")
        # A leader approved item, team and time.
        APPROVED = "approved", _("Approved")
        # The operator has been given notice.
        NOTICED = "noticed", _("Notice served")
        # The officers have begun; the checklist is being answered.
        OPENED = "opened", _("Under way")
        # The on-site record is made; findings are being written.
        FINDINGS_DRAFT = "findings_draft", _("Findings in draft")
        # The findings lie with the operator for confirmation.
        CONFIRMING = "confirming", _("With the operator")
        # The operator objected to at least one finding.
        OBJECTED = "objected", _("Objection")
        # Every finding is confirmed, upheld or dropped.
        CONFIRMED = "confirmed", _("Findings confirmed")
        # The result is stated; findings that stand have gone to rectification.
        REPORTED = "reported", _("Concluded")
        # Filed away.
        CLOSED = "closed", _("Filed away")
        # Called off before it began.
        CANCELLED = "cancelled", _("Called off")

    class Method(models.TextChoices):
        ON_SITE = "on_site", _("On site")
        REMOTE = "remote", _("Remote test")
        WRITTEN = "written", _("Check on paper")

    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("operator"))
    authority = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("inspecting authority")
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.DRAFT, db_index=True)
    # The pack whose items and checklist this visit follows, as it stood.
    pack = models.CharField(max_length=40, editable=False)
    pack_version = models.CharField(max_length=20, editable=False)
    item = models.CharField(_("inspection item"), max_length=40)
    inspection_class = models.CharField(_("class of inspection"), max_length=20)
    checklist = models.CharField(_("checklist"), max_length=60)
    checklist_version = models.CharField(max_length=20, editable=False)
    method = models.CharField(_("method"), max_length=10, choices=Method.choices)
    reason = models.TextField(_("reason"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    units = models.ManyToManyField("registry.NetworkUnit", related_name="+", verbose_name=_("network units"))
    concerns_cii = models.BooleanField(_("concerns critical infrastructure"), default=False)

    approved_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by"))
    approved_at = models.DateTimeField(_("approved"), null=True)
    noticed_at = models.DateTimeField(_("notice served"), null=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    present = models.TextField(_("persons present"), blank=True)
    certificates_shown = models.BooleanField(_("certificates shown"), default=False)
    recusal = models.TextField(_("recusal"), blank=True)
    ended_at = models.DateTimeField(_("ended on site"), null=True)
    record_facts = models.TextField(_("facts recorded"), blank=True)
    statement = models.TextField(_("statement of the operator"), blank=True)
    refusal = models.TextField(_("refusal to sign"), blank=True)
    sent_at = models.DateTimeField(_("findings sent"), null=True)
    replied_at = models.DateTimeField(_("operator replied"), null=True)
    replied_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("replied by"))
    result = models.TextField(_("result"), blank=True)
    concluded_at = models.DateTimeField(_("concluded"), null=True)
    cancel_reason = models.TextField(_("reason for calling off"), blank=True)

    if TYPE_CHECKING:
        team: RelatedManager[TeamMember]
        answers: RelatedManager[Answer]
        observations: RelatedManager[Observation]

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        constraints = [
            models.CheckConstraint(
                name="a_visit_ends_after_it_begins", condition=Q(ends_at__gte=models.F("starts_at"))
            ),
            models.CheckConstraint(
                name="an_approved_visit_names_who_approved",
                condition=Q(state__in=["draft", "cancelled"]) | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_visit_under_way_was_noticed_and_opened",
                condition=Q(state__in=["draft", "approved", "noticed", "cancelled"])
                | Q(noticed_at__isnull=False, opened_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_concluded_visit_states_its_result",
                condition=~Q(state__in=["reported", "closed"]) | (~Q(result="") & Q(concluded_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="a_cancelled_visit_says_why", condition=~Q(state="cancelled") | ~Q(cancel_reason="")
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/inspection/visits/{self.number}/"

    @property
    def is_classified(self) -> bool:
        return self.concerns_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(concerns_cii=True)

    @property
    def inspection_item(self) -> InspectionItem:
        return packs.pack(self.pack).inspection_item(self.item)

    @property
    def inspection_checklist(self) -> Checklist:
        return packs.pack(self.pack).checklist(self.checklist)

    @property
    def class_name(self) -> str:
        found = {c.id: c.name for c in packs.pack(self.pack).inspection_classes}
        return str(found.get(self.inspection_class, self.inspection_class))

    @property
    def takes_observations(self) -> bool:
        return self.state in {self.State.OPENED, self.State.FINDINGS_DRAFT}


class TeamMember(models.Model):
    """Who takes part in a visit: officers of the authority inspect, others only assist."""

    class Part(models.TextChoices):
        LEADER = "leader", _("Team leader")
        OFFICER = "officer", _("Officer")
        ASSISTANT = "assistant", _("Assistant")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="team")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    part = models.CharField(_("part"), max_length=10, choices=Part.choices)
    certificate = models.CharField(_("certificate"), max_length=60, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "account"], name="a_person_takes_part_in_a_visit_once"),
            models.UniqueConstraint(fields=["visit"], condition=Q(part="leader"), name="a_team_has_one_leader"),
        ]

    def __str__(self) -> str:
        return f"{self.account} ({self.get_part_display()})"


class Answer(Thing):
    """The answer to one question of the checklist. How far it is (status) and what came out (result) are two things.

    Its number is the visit's with the question's: "INS-2026-000012/G-13".
    """

    # The authority comes first: what is attached to a draft is the authority's until the operator is shown it.
    SCOPE = Scope(organisations=("visit__authority", "visit__operator"), areas=("visit__operator__area",))
    TONES = {
        "not_assessed": "muted", "compliant": "ok", "partially_compliant": "warn", "non_compliant": "bad",
        "not_applicable": "neutral", "todo": "muted", "in_progress": "wait", "done": "ok",
    }  # fmt: skip

    class Status(models.TextChoices):
        TODO = "todo", _("Not answered")
        IN_PROGRESS = "in_progress", _("Partly answered")
        DONE = "done", _("Answered")

    class Result(models.TextChoices):
        NOT_ASSESSED = "not_assessed", _("Not assessed")
        COMPLIANT = "compliant", _("Compliant")
        PARTIALLY = "partially_compliant", _("Partially compliant")
        NON_COMPLIANT = "non_compliant", _("Non-compliant")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="answers")
    item = models.CharField(_("question"), max_length=60)
    # Place of the question in the checklist.
    place = models.PositiveIntegerField()
    status = models.CharField(_("answering status"), max_length=12, choices=Status.choices, default=Status.TODO)
    result = models.CharField(_("result"), max_length=20, choices=Result.choices, default=Result.NOT_ASSESSED)
    note = models.TextField(_("note"), blank=True)
    answered_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by"))
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        ordering = ["place"]
        verbose_name = _("answer")
        constraints = [
            models.UniqueConstraint(fields=["visit", "item"], name="a_question_is_answered_once_in_a_visit"),
            models.CheckConstraint(
                name="a_question_not_looked_at_has_no_result",
                condition=~Q(status="todo") | Q(result="not_assessed"),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_wanting(self) -> bool:
        return self.result in criteria.WANTING

    def get_absolute_url(self) -> str:
        return f"/inspection/visits/{self.visit.number}/checklist/#q-{self.item}"

    @property
    def is_classified(self) -> bool:
        return self.visit.concerns_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(visit__concerns_cii=True)


class Observation(Thing):
    """A finding in the making: what was seen, against which clause, how grave, and how to see it again."""

    SERIES = "OBS"
    # The authority comes first: what is attached to a draft is the authority's until the operator is shown it.
    SCOPE = Scope(organisations=("visit__authority", "visit__operator"), areas=("visit__operator__area",))
    TONES = {
        "draft": "neutral", "withdrawn": "muted", "sent": "wait", "confirmed": "ok", "objected": "warn",
        "upheld": "ok", "dropped": "muted",
    }  # fmt: skip

    class State(models.TextChoices):
        # Being written by the team.
        DRAFT = "draft", _("Draft")
        # Taken back by the team before it was sent.
        WITHDRAWN = "withdrawn", _("Taken back")
        # Lies with the operator.
        SENT = "sent", _("With the operator")
        # The operator confirmed it, or did not reply in time.
        CONFIRMED = "confirmed", _("Finding confirmed")
        # The operator objected.
        OBJECTED = "objected", _("Objection")
        # Stands after the objection was looked into.
        UPHELD = "upheld", _("Upheld")
        # Dropped after the objection was looked into.
        DROPPED = "dropped", _("Dropped")

    STANDING = (State.CONFIRMED, State.UPHELD)

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="observations", verbose_name=_("inspection"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT, db_index=True)
    # Question of the checklist it came from; empty if it came up otherwise.
    item = models.CharField(_("question"), max_length=60, blank=True)
    unit = models.ForeignKey(
        "registry.NetworkUnit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("network unit")
    )
    clause = models.CharField(_("clause"), max_length=80)
    severity = models.CharField(_("severity"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("what was found"))
    reproduce = models.TextField(_("how to see it again"))
    measure = models.TextField(_("what is required"), blank=True)
    objection = models.TextField(_("objection of the operator"), blank=True)
    decision = models.TextField(_("decision on the objection"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        constraints = [
            models.CheckConstraint(
                name="an_objection_gives_its_reason",
                condition=~Q(state__in=["objected", "upheld", "dropped"]) | ~Q(objection=""),
            ),
            models.CheckConstraint(
                name="a_decision_on_an_objection_gives_its_reason",
                condition=~Q(state__in=["upheld", "dropped"]) | ~Q(decision=""),
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/inspection/observations/{self.number}/"

    @property
    def is_classified(self) -> bool:
        return self.visit.concerns_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(visit__concerns_cii=True)

    @property
    def severity_name(self) -> str:
        return severity_name(self.visit.pack, self.severity)


def severity_name(pack: str, severity: str) -> str:
    """The name of a severity in the active language."""
    try:
        return str(packs.pack(pack).severity(severity).name)
    except LookupError:
        return severity
