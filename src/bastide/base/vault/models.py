"""Evidence files, the content behind them, and the list of hands they passed."""

from __future__ import annotations

from typing import BinaryIO

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

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
