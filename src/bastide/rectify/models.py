"""Findings, orders with their lines, and what is filed under an order: plans, progress, extensions, verifications."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base import packs
from bastide.base.flow.models import Thing
from bastide.base.people.bounds import Scope
from bastide.base.people.models import Account, Organisation
from bastide.rectify import criteria

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Finding(Thing):
    """A confirmed shortcoming of an operator against a clause. Once closed it stays closed; a return is a new one."""

    SERIES = "FND"
    SCOPE = Scope(organisations=("operator",), areas=("operator__area",))
    TONES = {"open": "warn", "ordered": "wait", "verified": "ok", "closed": "muted", "withdrawn": "muted"}

    class State(models.TextChoices):
        # Recorded; no order asks for it yet.
        OPEN = "open", _("To be put right")
        # An order asks the operator to put it right.
        ORDERED = "ordered", _("Under order")
        # A second person found it put right.
        VERIFIED = "verified", _("Verified")
        # Closed for good together with its order.
        CLOSED = "closed", pgettext_lazy("rectify", "Closed")
        # Entered by mistake; taken back with a reason.
        WITHDRAWN = "withdrawn", _("Taken back")

    class Source(models.TextChoices):
        INSPECTION = "inspection", _("Inspection")
        INCIDENT = "incident", _("Incident")
        ASSESSMENT = "assessment", _("Conformity or risk assessment")
        THREAT = "threat", _("Threat")
        VULNERABILITY = "vulnerability", _("Vulnerability")
        OTHER = "other", _("Other")

    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("operator"))
    unit = models.ForeignKey(
        "registry.NetworkUnit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("network unit")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    source_kind = models.CharField(_("origin"), max_length=14, choices=Source.choices)
    source_number = models.CharField(_("number of the origin"), max_length=40, blank=True, db_index=True)
    # What the origin calls it: the identifier of a scanner or of another authority.
    external_id = models.CharField(_("external identifier"), max_length=120, blank=True)
    # Of an imported finding: the same one is not recorded a second time while this one is open.
    import_key = models.CharField(max_length=64, blank=True, editable=False)
    # The same confirmed observation, or row of an import, is recorded once, however often it is announced.
    source_key = models.CharField(max_length=120, blank=True, editable=False)
    # The clause as cited, with the pack whose text it was measured against.
    clause = models.CharField(_("clause"), max_length=80, db_index=True)
    pack = models.CharField(max_length=40, editable=False)
    pack_version = models.CharField(max_length=20, editable=False)
    severity = models.CharField(_("severity"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("what was found"))
    measure = models.TextField(_("what is required"), blank=True)
    found_at = models.DateTimeField(_("found"))
    # The closed finding that this one brings back.
    returns = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="returned", verbose_name=_("returns")
    )
    concerns_cii = models.BooleanField(_("concerns critical infrastructure"), default=False)
    verified_at = models.DateTimeField(_("verified"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    withdrawn_reason = models.TextField(_("reason for taking it back"), blank=True)
    # Files in the vault that belong to the source (an observation, an incident) and prove this finding too.
    proofs = models.JSONField(default=list, editable=False)

    if TYPE_CHECKING:
        lines: RelatedManager[OrderLine]
        returned: RelatedManager[Finding]

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = pgettext_lazy("rectify", "finding")
        verbose_name_plural = _("findings")
        # Each filter of the list together with its usual order, so that a page of a long list is read, not sorted;
        # and with what bounds and narrows it, so that its rows are counted out of the index alone.
        indexes = [
            models.Index(fields=["found_at", "id"], name="findings_by_day"),
            models.Index(fields=["state", "found_at", "id", "operator", "severity"], name="findings_by_state"),
            models.Index(fields=["severity", "found_at", "id", "operator", "state"], name="findings_by_severity"),
            models.Index(fields=["operator", "found_at", "id"], name="findings_of_an_operator"),
            models.Index(fields=["clause", "operator", "found_at"], name="findings_by_clause"),
            models.Index(fields=["state", "severity"], condition=Q(concerns_cii=True), name="findings_of_cii"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"], condition=~Q(source_key=""), name="an_observation_is_recorded_once"
            ),
            models.UniqueConstraint(
                fields=["import_key"],
                condition=~Q(import_key="") & Q(state__in=["open", "ordered"]),
                name="an_open_finding_is_imported_once",
            ),
            models.CheckConstraint(
                name="a_verified_finding_has_its_day",
                condition=~Q(state__in=["verified", "closed"]) | Q(verified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_closed_finding_has_its_day", condition=~Q(state="closed") | Q(closed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="a_withdrawn_finding_says_why", condition=~Q(state="withdrawn") | ~Q(withdrawn_reason="")
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/rectify/findings/{self.number}/"

    @property
    def is_classified(self) -> bool:
        return self.concerns_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(concerns_cii=True)

    @property
    def severity_name(self) -> str:
        return severity_name(self.pack, self.severity)


class Order(Thing):
    """An order to put findings right by a day: served, received, planned, carried out, verified, closed."""

    SERIES = "ORD"
    SCOPE = Scope(organisations=("operator",), areas=("operator__area",))
    TONES = {
        "draft": "neutral", "discarded": "muted", "issued": "info", "received": "info", "plan_submitted": "wait",
        "plan_returned": "warn", "in_progress": "wait", "extension_requested": "warn", "evidence_submitted": "wait",
        "verify_failed": "bad", "overdue": "bad", "interviewed": "bad", "verified": "ok", "closed": "ok",
        "revoked": "muted",
    }  # fmt: skip

    class State(models.TextChoices):
        # Drawn up by an officer; the operator knows nothing of it yet.
        DRAFT = "draft", _("Draft")
        # Thrown away before it was issued; its findings are open again.
        DISCARDED = "discarded", _("Draft discarded")
        # Signed, numbered and served; the operator has not signed for it.
        ISSUED = "issued", _("Served")
        # The operator signed for it and named who is responsible.
        RECEIVED = "received", _("Signed for")
        # The operator's plan lies with the authority.
        PLAN_SUBMITTED = "plan_submitted", _("Plan submitted")
        # The plan went back with a note.
        PLAN_RETURNED = "plan_returned", _("Plan returned")
        # The plan is accepted; the operator puts things right.
        IN_PROGRESS = "in_progress", _("In progress")
        # The operator asked for more time; the limit runs on meanwhile.
        EXTENSION_REQUESTED = "extension_requested", _("Extension requested")
        # Evidence for every finding lies with the authority.
        EVIDENCE_SUBMITTED = "evidence_submitted", _("Evidence submitted")
        # A second person found something not put right; a short new limit runs.
        VERIFY_FAILED = "verify_failed", _("Verification failed")
        # The limit passed before the evidence was in.
        OVERDUE = "overdue", _("Overdue")
        # The operator's head was called in because the order is overdue.
        INTERVIEWED = "interviewed", _("Called to interview")
        # Everything was verified by a second person.
        VERIFIED = "verified", _("Verified")
        # Closed by letter; nothing opens it again.
        CLOSED = "closed", pgettext_lazy("rectify", "Closed")
        # Taken back by a leader; its findings are open again.
        REVOKED = "revoked", _("Revoked")

    # States in which the authority still waits for something to end.
    ALIVE = (
        State.ISSUED, State.RECEIVED, State.PLAN_SUBMITTED, State.PLAN_RETURNED, State.IN_PROGRESS,
        State.EXTENSION_REQUESTED,
        State.EVIDENCE_SUBMITTED, State.VERIFY_FAILED, State.OVERDUE, State.INTERVIEWED, State.VERIFIED,
    )  # fmt: skip
    HIDDEN = (State.DRAFT, State.DISCARDED)

    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("operator"))
    authority = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("authority"))
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT)
    pack = models.CharField(max_length=40, editable=False)
    pack_version = models.CharField(max_length=20, editable=False)
    # Clauses the order stands on: ["CIIR 26", "APL 28"].
    legal_basis = models.JSONField(_("legal basis"), default=list)
    source = models.CharField(_("origin"), max_length=200)
    requirements = models.TextField(_("further requirements"), blank=True)
    # One limit for all (the shortest) instead of one for each severity.
    one_limit = models.BooleanField(_("one limit for all findings"), default=False)
    gravest = models.CharField(_("gravest finding"), max_length=20, blank=True, db_index=True)
    concerns_cii = models.BooleanField(_("concerns critical infrastructure"), default=False)

    issued_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("signed by"))
    served_at = models.DateTimeField(_("served"), null=True)
    # When everything must be put right: the last limit that runs.
    limit_at = models.DateTimeField(_("limit"), null=True, db_index=True)
    received_at = models.DateTimeField(_("signed for"), null=True)
    received_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("received by"))
    responsible = models.CharField(_("person responsible"), max_length=120, blank=True)
    responsible_post = models.CharField(_("post"), max_length=120, blank=True)
    responsible_phone = models.CharField(_("telephone"), max_length=40, blank=True)
    plan_summary = models.TextField(_("plan"), blank=True)
    planned_at = models.DateTimeField(_("plan submitted"), null=True)
    plan_review = models.TextField(_("note on the plan"), blank=True)
    plan_accepted_at = models.DateTimeField(_("plan accepted"), null=True)
    plan_accepted_by = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name=_("plan accepted by")
    )
    percent = models.PositiveSmallIntegerField(_("progress"), default=0)
    submitted_at = models.DateTimeField(_("evidence submitted"), null=True)
    submitted_by = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name=_("submitted by")
    )
    extensions_granted = models.PositiveSmallIntegerField(_("extensions granted"), default=0)
    # First time the limit passed; stays, so that lateness can be counted afterwards.
    overdue_since = models.DateTimeField(_("overdue since"), null=True, db_index=True)
    interview_at = models.DateTimeField(_("interview"), null=True)
    interview_person = models.CharField(_("person called in"), max_length=120, blank=True)
    interview_matter = models.TextField(_("matter of the interview"), blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closing_note = models.TextField(_("closing note"), blank=True)
    revoked_reason = models.TextField(_("reason of revocation"), blank=True)

    if TYPE_CHECKING:
        lines: RelatedManager[OrderLine]
        progress: RelatedManager[Progress]
        extensions: RelatedManager[Extension]
        verifications: RelatedManager[Verification]

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("rectification order")
        verbose_name_plural = _("rectification orders")
        indexes = [
            models.Index(fields=["served_at", "id"], name="orders_by_day"),
            models.Index(fields=["state", "overdue_since"], name="orders_by_state"),
            models.Index(fields=["operator", "state"], name="orders_by_operator"),
            models.Index(fields=["operator", "served_at", "id"], name="orders_of_an_operator"),
            models.Index(fields=["id"], condition=Q(concerns_cii=True), name="orders_of_cii"),
        ]
        constraints = [
            models.CheckConstraint(
                name="a_served_order_names_who_issued_it",
                condition=Q(state__in=["draft", "discarded"]) | Q(issued_by__isnull=False, served_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_received_order_names_who_is_responsible",
                condition=~Q(
                    state__in=["received", "plan_submitted", "plan_returned", "in_progress", "extension_requested"]
                )
                | (Q(received_at__isnull=False) & ~Q(responsible="")),
            ),
            models.CheckConstraint(
                name="an_order_in_progress_has_an_accepted_plan",
                condition=~Q(state="in_progress") | Q(plan_accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="evidence_submitted_has_its_day",
                condition=~Q(state__in=["evidence_submitted", "verified", "closed"]) | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="an_overdue_order_has_its_day",
                condition=~Q(state__in=["overdue", "interviewed"]) | Q(overdue_since__isnull=False),
            ),
            models.CheckConstraint(
                name="a_verified_order_has_its_day",
                condition=~Q(state__in=["verified", "closed"]) | Q(verified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_closed_order_has_its_day", condition=~Q(state="closed") | Q(closed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="a_revoked_order_says_why", condition=~Q(state="revoked") | ~Q(revoked_reason="")
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/rectify/orders/{self.number}/"

    @property
    def is_classified(self) -> bool:
        return self.concerns_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(concerns_cii=True)

    @property
    def is_alive(self) -> bool:
        return self.state in self.ALIVE

    @property
    def gravest_name(self) -> str:
        return severity_name(self.pack, self.gravest)

    def day_of(self, limit: datetime | None) -> date | None:
        """The day a limit ends with, in the zone of the regime."""
        return criteria.last_day(limit, ZoneInfo(packs.pack(self.pack).manifest.zone)) if limit else None

    @property
    def limit_day(self) -> date | None:
        return self.day_of(self.limit_at)

    @property
    def extension_asked(self) -> Extension | None:
        """The request for more time that waits for a decision."""
        return next((e for e in self.extensions.all() if e.decision == ""), None)


class OrderLine(models.Model):
    """One finding under one order: what is asked by when, the operator's plan for it, and the evidence."""

    SCOPE = Scope(organisations=("order__operator",), areas=("order__operator__area",))

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="lines", verbose_name=pgettext_lazy("rectify", "finding")
    )
    # A revoked or discarded order lets its findings go.
    released = models.BooleanField(default=False)
    due_at = models.DateTimeField(_("limit"), null=True)
    plan_measure = models.TextField(_("measure"), blank=True)
    plan_owner = models.CharField(_("owner"), max_length=120, blank=True)
    plan_day = models.DateField(_("planned for"), null=True)
    plan_interim = models.TextField(_("interim protection"), blank=True)
    done_what = models.TextField(_("what was done"), blank=True)
    done_by = models.CharField(_("by whom"), max_length=120, blank=True)
    done_on = models.DateField(_("done on"), null=True)
    retest = models.TextField(_("result of the retest"), blank=True)
    handed_in_at = models.DateTimeField(_("handed in"), null=True)
    failures = models.PositiveSmallIntegerField(_("failed verifications"), default=0)
    verified_at = models.DateTimeField(_("verified"), null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("finding under order")
        verbose_name_plural = _("findings under order")
        constraints = [
            models.UniqueConstraint(
                fields=["finding"], condition=Q(released=False), name="a_finding_stands_under_one_order"
            ),
            models.CheckConstraint(
                name="a_finding_handed_in_says_what_was_done",
                condition=Q(handed_in_at__isnull=True) | ~Q(done_what=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.number} {self.finding.number}"

    @property
    def number(self) -> str:
        return self.finding.number

    @property
    def due_day(self) -> date | None:
        return self.order.day_of(self.due_at)

    @property
    def is_settled(self) -> bool:
        return self.handed_in_at is not None or self.verified_at is not None


class Progress(models.Model):
    """What the operator reported on the way."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="progress")
    at = models.DateTimeField(_("reported"))
    by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField(_("progress"))
    text = models.TextField(_("state of the work"))
    blockers = models.TextField(_("what stands in the way"), blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(name="progress_is_a_percentage", condition=Q(percent__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.percent} %"


class Extension(models.Model):
    """A request for more time, asked before the limit, and its decision."""

    class Decision(models.TextChoices):
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")

    order = models.ForeignKey(Order, models.CASCADE, related_name="extensions")
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    interim = models.TextField(_("interim protection"))
    was_limit = models.DateTimeField(_("limit before"))
    wanted_until = models.DateField(_("wanted until"))
    decision = models.CharField(_("decision"), max_length=8, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    grounds = models.TextField(_("grounds"), blank=True)
    new_limit = models.DateField(_("new limit"), null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="an_extension_was_asked_before_the_limit", condition=Q(asked_at__lte=models.F("was_limit"))
            ),
            models.CheckConstraint(
                name="a_decided_extension_names_who_decided",
                condition=Q(decision="") | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_granted_extension_has_a_new_limit",
                condition=~Q(decision="granted") | Q(new_limit__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(decision=""), name="one_extension_is_asked_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.wanted_until:%Y-%m-%d} {self.decision}"

    @property
    def was_limit_day(self) -> date | None:
        return self.order.day_of(self.was_limit)


class Verification(Thing):
    """One look at whether things were put right: by whom, how, and what came out."""

    SERIES = "VER"
    SCOPE = Scope(organisations=("order__operator",), areas=("order__operator__area",))
    TONES = {"passed": "ok", "failed": "bad"}

    class Method(models.TextChoices):
        DOCUMENTS = "documents", _("Check of documents")
        RETEST = "retest", _("Remote retest")
        ON_SITE = "on_site", _("Sample on site")

    class Result(models.TextChoices):
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Not passed")

    order = models.ForeignKey(Order, models.CASCADE, related_name="verifications", verbose_name=_("order"))
    verifier = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("verified by"))
    assisted_by = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("assisted by")
    )
    at = models.DateTimeField(_("verified"))
    method = models.CharField(_("method"), max_length=10, choices=Method.choices)
    result = models.CharField(_("result"), max_length=8, choices=Result.choices)
    opinion = models.TextField(_("opinion"))
    next_limit = models.DateTimeField(_("new limit"), null=True)

    if TYPE_CHECKING:
        outcomes: RelatedManager[Outcome]

    class Meta:
        ordering = ["pk"]
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")

    def get_absolute_url(self) -> str:
        return f"{self.order.get_absolute_url()}#{self.number}"

    @property
    def next_limit_day(self) -> date | None:
        return self.order.day_of(self.next_limit)

    @property
    def is_classified(self) -> bool:
        return self.order.concerns_cii

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.filter(order__concerns_cii=True)


class Outcome(models.Model):
    """What a verification found about one finding."""

    verification = models.ForeignKey(Verification, models.CASCADE, related_name="outcomes")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="outcomes")
    result = models.CharField(_("result"), max_length=8, choices=Verification.Result.choices)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["verification", "line"], name="a_verification_judges_a_finding_once"),
            models.CheckConstraint(name="what_did_not_pass_says_why", condition=~Q(result="failed") | ~Q(note="")),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.result}"


def severity_name(pack: str, severity: str) -> str:
    """The name of a severity in the active language."""
    if not severity:
        return ""
    try:
        return str(packs.pack(pack).severity(severity).name)
    except LookupError:
        return severity


# ---- findings out of files


class FindingImport(Thing):
    """A file of findings – of a scanner, an assessment, another authority – on its way into the list."""

    SERIES = "FIM"
    SCOPE = Scope(organisations=("owner",), areas=("owner__area",))
    TONES = {
        "uploaded": "neutral", "unreadable": "bad", "checked": "info", "committing": "wait", "committed": "ok",
        "discarded": "muted",
    }  # fmt: skip

    class State(models.TextChoices):
        # Received; the dry run waits for its turn.
        UPLOADED = "uploaded", _("Uploaded")
        # The file as a whole cannot be read; `faults` says why.
        UNREADABLE = "unreadable", _("Unreadable")
        # Every row was judged and nothing is recorded.
        CHECKED = "checked", _("Dry run done")
        # Findings are being recorded, piece by piece.
        COMMITTING = "committing", _("Being recorded")
        # Every row has its outcome.
        COMMITTED = "committed", pgettext_lazy("rectify", "Recorded")
        # Given up before anything was recorded.
        DISCARDED = "discarded", _("Discarded")

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.UPLOADED)
    file_name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(max_length=64)
    content = models.ForeignKey("FindingImportContent", models.PROTECT, related_name="+")
    encoding = models.CharField(_("read as"), max_length=40, blank=True)
    # What rows that do not say it themselves mean: origin, source, clause.
    defaults = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    counts = models.JSONField(_("counts"), default=dict)
    checked_at = models.DateTimeField(_("checked at"), null=True)
    committed_at = models.DateTimeField(_("recorded at"), null=True)
    committed_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import of findings")
        verbose_name_plural = _("imports of findings")
        constraints = [
            models.CheckConstraint(
                name="a_committed_import_of_findings_has_a_time",
                condition=~Q(state="committed") | Q(committed_at__isnull=False),
            ),
        ]

    if TYPE_CHECKING:
        rows: RelatedManager[FindingImportRow]

    def __str__(self) -> str:
        return f"{self.number} {self.file_name}"

    def values(self) -> dict[str, Any]:
        """The trail does not repeat the report."""
        return {key: value for key, value in super().values().items() if key not in {"faults", "content_id"}}

    def get_absolute_url(self) -> str:
        return f"/rectify/imports/{self.number}/"


class FindingImportContent(models.Model):
    """The bytes of an uploaded file, as they came."""

    SCOPE = Scope(organisations=(), areas=())

    data = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class FindingImportRow(models.Model):
    """One row of a file: what it says, what the dry run found, and what became of it."""

    class Verdict(models.TextChoices):
        NEW = "new", _("New finding")
        KNOWN = "known", _("Open already")
        REPEATED = "repeated", _("Repeats an earlier row")
        BAD = "bad", _("Wrong")

    class Outcome(models.TextChoices):
        RECORDED = "recorded", pgettext_lazy("rectify", "Recorded")
        SKIPPED = "skipped", _("Skipped")
        QUARANTINED = "quarantined", _("Quarantined")

    KEY = "import/"

    source = models.ForeignKey(FindingImport, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()  # order within the import
    line = models.PositiveIntegerField(_("row"))  # where it stands in the file
    cells = models.JSONField(default=dict)  # as read: column → text
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict.choices)
    problems = models.JSONField(default=list)  # [{field, text, args}]
    # The open finding it repeats, or the row of the same file.
    twin = models.ForeignKey(Finding, models.PROTECT, null=True, related_name="+")
    twin_line = models.PositiveIntegerField(null=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["source", "position"], name="a_row_of_findings_has_its_place"),
            models.CheckConstraint(
                name="a_wrong_row_of_findings_says_why", condition=~Q(verdict="bad") | ~Q(problems=[])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.line}"

    @classmethod
    def key_of(cls, source: int, position: int) -> str:
        """The `source_key` of the finding a row becomes."""
        return f"{cls.KEY}{source}/{position}"
