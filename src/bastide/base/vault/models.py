"""Evidence files, the content behind them, and the list of hands they passed."""

from __future__ import annotations

from typing import BinaryIO

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bastide.base.flow.models import Thing
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import Scope
from bastide.base.trail.models import AppendOnly
from bastide.base.vault import store


class Content(models.Model):
    """Bytes in the folder, known by their SHA-256. The same bytes handed in twice are one content."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256

    def open(self) -> BinaryIO:
        return open(store.path_of(self.sha256), "rb")

    def read(self) -> bytes:
        return store.path_of(self.sha256).read_bytes()


class EvidenceFile(models.Model):
    """One file handed in by somebody at a time, as evidence of a thing."""

    SCOPE = Scope(organisations=("organisation",), areas=("area",))

    number = models.CharField(_("number"), max_length=40, unique=True, editable=False)
    content = models.ForeignKey(Content, models.PROTECT, related_name="evidence")
    name = models.CharField(_("file name"), max_length=200)
    media_type = models.CharField(_("type"), max_length=100)
    size = models.BigIntegerField(_("size"))
    received_at = models.DateTimeField(_("received"), db_index=True)
    received_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    # The day the content speaks of or holds from, when that is not the day it was handed in.
    effective_on = models.DateField(_("effective date"), null=True, blank=True)
    # Whom it concerns; with the thing it belongs to, what bounds who may see it.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    area = models.CharField(max_length=12, blank=True)
    thing_kind = models.CharField(max_length=60, blank=True)
    thing_id = models.BigIntegerField(null=True)
    thing_number = models.CharField(_("belongs to"), max_length=80, blank=True)
    attached_at = models.DateTimeField(_("attached"), null=True, blank=True)
    is_classified = models.BooleanField(_("classified"), default=False)
    verified_at = models.DateTimeField(_("last checked"), null=True, blank=True)
    is_damaged = models.BooleanField(_("damaged"), default=False)
    # The bytes were deleted under a certificate; the row, its hash and its custody stay.
    disposed_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["thing_kind", "thing_id"], name="evidence_of_a_thing")]
        constraints = [
            models.CheckConstraint(
                name="attached_evidence_belongs_to_a_thing",
                condition=Q(attached_at=None, thing_id=None) | Q(attached_at__isnull=False, thing_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("vault:evidence_detail", args=[self.number])

    @property
    def sha256(self) -> str:
        return str(self.content_id)

    @property
    def url(self) -> str:
        return reverse("vault:evidence_download", args=[self.number])

    @property
    def by(self) -> str:
        return str(self.received_by)


class Custody(AppendOnly):
    """One touch of an evidence file: by whom, when, from where, and with what outcome."""

    class Act(models.TextChoices):
        RECEIVED = "received", _("received")
        ATTACHED = "attached", _("attached")
        VIEWED = "viewed", _("viewed")
        DOWNLOADED = "downloaded", _("downloaded")
        VERIFIED = "verified", _("checked, unchanged")
        DAMAGED = "damaged", _("checked, DAMAGED")
        HELD = "held", _("put under a hold")
        RELEASED = "released", _("hold lifted")
        DISPOSED = "disposed", _("deleted")

    evidence = models.ForeignKey(EvidenceFile, models.PROTECT, related_name="custody")
    act = models.CharField(_("act"), max_length=12, choices=Act.choices)
    at = models.DateTimeField(_("time"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    address = models.CharField(_("address"), max_length=64, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    # The hash as it was found at this touch.
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.evidence.number} {self.act} {self.at:%Y-%m-%d %H:%M}"


class Hold(models.Model):
    """While it stands, nothing of a file – or of the whole matter it belongs to – may be deleted."""

    evidence = models.ForeignKey(EvidenceFile, models.PROTECT, related_name="holds")
    # Every file of the thing the evidence belongs to, those handed in later too.
    whole = models.BooleanField(_("the whole matter"), default=False)
    reason = models.CharField(_("reason"), max_length=500)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    lift_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_lifted_hold_says_who_and_why",
                condition=Q(lifted_at=None, lifted_by=None, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence.number}: {self.reason}"


class Disposal(Thing):
    """The deletion of one evidence file, and once done its certificate."""

    SERIES = "DEL"
    SCOPE = Scope(organisations=("evidence__organisation",), areas=("evidence__area",))

    class State(models.TextChoices):
        # Somebody asks for it; the file is untouched.
        PROPOSED = "proposed", _("Deletion proposed")
        # Another person approved it; the bytes are gone, the certificate is signed.
        DONE = "done", _("Deleted, certified")
        # Another person refused it; the file stays.
        REFUSED = "refused", _("Deletion refused")

    evidence = models.ForeignKey(EvidenceFile, models.PROTECT, related_name="disposals", verbose_name=_("evidence"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PROPOSED, db_index=True)
    reason = models.CharField(_("reason"), max_length=500)
    basis = models.CharField(_("legal basis"), max_length=200)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    certificate = models.JSONField(default=dict)
    # Over 0x03 and the canonical certificate, by the key that seals the trail.
    signature = models.CharField(max_length=256, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("deletion of evidence")
        verbose_name_plural = _("deletions of evidence")
        constraints = [
            models.CheckConstraint(
                name="a_deletion_done_is_certified_by_two_persons",
                condition=~Q(state="done")
                | Q(decided_at__isnull=False) & ~Q(signature="") & ~Q(decided_by=models.F("created_by")),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("vault:disposal_detail", args=[self.number])
