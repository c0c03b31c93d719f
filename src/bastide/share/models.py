"""Early warnings, their delivery to each operator concerned, and the calls made when nobody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base import packs
from bastide.base.flow.models import Thing
from bastide.base.people.bounds import Scope
from bastide.base.people.models import Account, Organisation

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class EarlyWarning(Thing):
    """What may happen, to whom, and what to do against it: published within the power that the colour asks for."""

    SERIES = "EW"
    # The office that issues it, and every operator it was delivered to. A recipient reads less of it: see reads.py.
    SCOPE = Scope(organisations=("issuer", "office", "deliveries__operator"), areas=("issuer__area",))
    TONES = {
        "proposed": "wait",
        "approved": "info",
        "published": "warn",
        "lifted": "muted",
        "withdrawn": "muted",
        "tip": "info",
    }

    class State(models.TextChoices):
        # Written down; waits for whoever may approve its colour.
        PROPOSED = "proposed", pgettext_lazy("warning", "Proposed")
        # Approved; nobody has been told yet.
        APPROVED = "approved", pgettext_lazy("warning", "Approved")
        # In force: delivered, clocks run, reviewed until it is lifted.
        PUBLISHED = "published", pgettext_lazy("warning", "In force")
        # The risk is gone; the measures ended. Nothing opens it again.
        LIFTED = "lifted", pgettext_lazy("warning", "Lifted")
        # Taken back before anybody was told.
        WITHDRAWN = "withdrawn", pgettext_lazy("warning", "Withdrawn")

    class Category(models.TextChoices):
        VULNERABILITY = "vulnerability", _("Vulnerability")
        MALWARE = "malware", _("Malicious program")
        RANSOMWARE = "ransomware", _("Ransomware")
        DENIAL = "denial", _("Denial of service")
        INTRUSION = "intrusion", _("Intrusion")
        LEAK = "leak", _("Data leak")
        OUTAGE = "outage", _("Interruption of networks")
        SUPPLY_CHAIN = "supply_chain", _("Supply chain")
        HAZARD = "hazard", _("Other security hazard")

    class Tlp(models.TextChoices):
        """How far a recipient may pass it on (Traffic Light Protocol 2.0)."""

        RED = "red", "TLP:RED"
        AMBER_STRICT = "amber_strict", "TLP:AMBER+STRICT"
        AMBER = "amber", "TLP:AMBER"
        GREEN = "green", "TLP:GREEN"
        CLEAR = "clear", "TLP:CLEAR"

    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("issuer"))
    # The office that proposed it; another one issues it when the colour is beyond its power.
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED, db_index=True)
    pack = models.CharField(max_length=40, editable=False)
    pack_version = models.CharField(max_length=20, editable=False)
    title = models.CharField(_("title"), max_length=200)
    colour = models.CharField(_("colour"), max_length=20, db_index=True)
    # Of the colour, gravest highest: for sorting.
    rank = models.PositiveSmallIntegerField(default=0, editable=False)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    matters = models.TextField(_("what is warned of"))
    reach = models.TextField(_("range that may be affected"))
    start_at = models.DateTimeField(_("in force from"))
    harm = models.TextField(_("possible harm"), blank=True)
    measures = models.TextField(_("measures to take"))
    hotline = models.CharField(_("hotline"), max_length=60, blank=True)
    tlp = models.CharField(_("may be passed on"), max_length=12, choices=Tlp.choices, default=Tlp.AMBER)
    # The incident it came from. Recipients never learn it.
    incident = models.CharField(_("incident it came from"), max_length=40, blank=True, db_index=True)
    # Who is to be told: criteria.Targets as plain values.
    targets = models.JSONField(_("recipients"), default=dict)
    # The day on which somebody looks whether it can be lifted; the pack's own cycle if empty.
    review_on = models.DateField(_("review of lifting"), null=True, blank=True)

    # How often its content was told: 1 with publication, one more with each change.
    revision = models.PositiveSmallIntegerField(_("edition"), default=0)
    approved_at = models.DateTimeField(_("approved"), null=True)
    approved_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by"))
    published_at = models.DateTimeField(_("published"), null=True, db_index=True)
    published_by = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    changed_at = models.DateTimeField(_("changed"), null=True)
    change_reason = models.TextField(_("reason of the change"), blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    lifted_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("lifted by"))
    lift_reason = models.TextField(_("reason of lifting"), blank=True)
    follow_up = models.TextField(_("what remains to be done"), blank=True)
    withdrawn_reason = models.TextField(_("reason of withdrawal"), blank=True)

    if TYPE_CHECKING:
        deliveries: RelatedManager[Delivery]

    class Meta:
        ordering = ["-rank", "-created_at", "-pk"]
        verbose_name = _("early warning")
        verbose_name_plural = _("early warnings")
        constraints = [
            models.CheckConstraint(
                name="an_approved_warning_names_who_approved",
                condition=Q(state__in=["proposed", "withdrawn"])
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_published_warning_has_its_day",
                condition=~Q(state__in=["published", "lifted"])
                | Q(published_by__isnull=False, published_at__isnull=False, revision__gte=1),
            ),
            models.CheckConstraint(
                name="a_warning_not_published_was_told_to_nobody",
                condition=Q(state__in=["published", "lifted"]) | Q(published_at__isnull=True, revision=0),
            ),
            models.CheckConstraint(
                name="a_lifted_warning_says_why",
                condition=~Q(state="lifted") | (Q(lifted_at__isnull=False) & ~Q(lift_reason="")),
            ),
            models.CheckConstraint(
                name="a_withdrawn_warning_says_why", condition=~Q(state="withdrawn") | ~Q(withdrawn_reason="")
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/share/warnings/{self.number}/"

    @property
    def law(self) -> packs.Colour | None:
        """The colour as the pack knows it; None if the pack of that time is not installed any more."""
        try:
            return packs.pack(self.pack).colour(self.colour)
        except (packs.PackError, LookupError):
            return None

    def get_colour_display(self) -> str:
        """The name of the colour, as choice fields give theirs: the choices are the pack's."""
        law = self.law
        return str(law.name) if law else self.colour

    @property
    def is_in_force(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def was_told(self) -> bool:
        """Have recipients got it?"""
        return self.state in {self.State.PUBLISHED, self.State.LIFTED}

    @property
    def measure_lines(self) -> list[str]:
        return [line.strip() for line in self.measures.splitlines() if line.strip()]


class Delivery(Thing):
    """A warning as it reached one operator, and what the operator answered."""

    SERIES = "DLV"
    SCOPE = Scope(organisations=("operator", "warning__issuer"), areas=("operator__area",))
    TONES = {"pending": "wait", "escalated": "bad", "informed": "info", "acknowledged": "info", "action_reported": "ok"}

    class State(models.TextChoices):
        # Delivered; the acknowledgement is owed.
        PENDING = "pending", pgettext_lazy("delivery", "Not acknowledged")
        # The time to acknowledge passed without an answer: the office calls.
        ESCALATED = "escalated", pgettext_lazy("delivery", "No answer")
        # Delivered under a colour that asks for no acknowledgement.
        INFORMED = "informed", pgettext_lazy("delivery", "Informed")
        # Read and signed for; the report on checks and measures is owed if the colour asks for one.
        ACKNOWLEDGED = "acknowledged", pgettext_lazy("delivery", "Acknowledged")
        # The operator reported what was affected and what was done.
        ACTION_REPORTED = "action_reported", pgettext_lazy("delivery", "Action reported")

    UNANSWERED = (State.PENDING, State.ESCALATED)

    warning = models.ForeignKey(EarlyWarning, models.PROTECT, related_name="deliveries", verbose_name=_("warning"))
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("operator"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.PENDING, db_index=True)
    # Why this operator is concerned: criteria.Reason as plain values. The authority's alone: it names others' units.
    reasons = models.JSONField(default=list)
    # The edition of the warning that was delivered last.
    revision = models.PositiveSmallIntegerField(_("edition"), default=1)
    delivered_at = models.DateTimeField(_("delivered"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name=_("acknowledged by")
    )
    contact = models.CharField(_("person on duty"), max_length=120, blank=True)
    contact_phone = models.CharField(_("telephone of the person on duty"), max_length=40, blank=True)
    affected = models.PositiveIntegerField(_("assets affected"), null=True)
    fixed = models.PositiveIntegerField(_("assets fixed"), null=True)
    remark = models.TextField(_("what was done"), blank=True)
    reported_at = models.DateTimeField(_("action reported"), null=True)
    reported_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("reported by"))
    escalated_at = models.DateTimeField(_("escalated"), null=True)

    if TYPE_CHECKING:
        calls: RelatedManager[PhoneCall]

    class Meta:
        ordering = ["-delivered_at", "-pk"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["warning", "operator"], name="a_warning_is_delivered_to_an_operator_once"),
            models.CheckConstraint(
                name="an_acknowledged_delivery_names_who",
                condition=~Q(state__in=["acknowledged", "action_reported"])
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_reported_action_says_what_was_done",
                condition=~Q(state="action_reported")
                | (
                    Q(reported_by__isnull=False, reported_at__isnull=False, affected__isnull=False, fixed__isnull=False)
                    & ~Q(remark="")
                ),
            ),
            models.CheckConstraint(
                name="no_more_is_fixed_than_was_affected",
                condition=Q(affected__isnull=True) | Q(fixed__isnull=True) | Q(fixed__lte=F("affected")),
            ),
            models.CheckConstraint(
                name="an_escalated_delivery_has_its_hour",
                condition=~Q(state="escalated") | Q(escalated_at__isnull=False),
            ),
        ]

    def get_absolute_url(self) -> str:
        return f"/share/deliveries/{self.number}/"

    @property
    def title(self) -> str:
        return self.warning.title

    def values(self) -> dict[str, Any]:
        """Without the reasons: the operator reads this trail, and they name units of others."""
        return {name: value for name, value in super().values().items() if name != "reasons"}


class PhoneCall(models.Model):
    """A call to an operator that has not answered: who called, who was reached, what was said."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="calls")
    at = models.DateTimeField(_("called"))
    by = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("called by"))
    number_called = models.CharField(_("number called"), max_length=40)
    reached = models.BooleanField(_("somebody was reached"), default=False)
    spoken_with = models.CharField(_("spoken with"), max_length=120, blank=True)
    note = models.TextField(_("what was said"), blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="a_call_that_reached_somebody_names_them", condition=Q(reached=False) | ~Q(spoken_with="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.number_called}"
