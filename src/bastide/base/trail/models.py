"""Entries of the trail and facts of the outbox. Entries are only ever added."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import Scope


class AppendOnly(models.Model):
    """A row that is written once; changing or deleting it through the model is refused."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            raise TypeError(f"{type(self).__name__} is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{type(self).__name__} is append-only")


class Entry(AppendOnly):
    """One thing done or seen: who, when, from where, what, old and new values, why.

    Everything is kept as plain values, so an entry outlives the thing it speaks of and can be sealed as it stands.
    """

    SCOPE = Scope(organisations=("organisation",), areas=("area",))

    at = models.DateTimeField(_("time"), db_index=True)
    known_at = models.DateTimeField(_("recorded"))
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    account_name = models.CharField(max_length=120)
    # In whose name the person acted.
    on_behalf = models.CharField(max_length=200, blank=True)
    address = models.CharField(_("address"), max_length=64, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    act = models.CharField(_("act"), max_length=80, db_index=True)
    kind = models.CharField(_("kind"), max_length=60)
    thing_id = models.BigIntegerField(null=True)
    number = models.CharField(_("number"), max_length=80, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    area = models.CharField(max_length=12, blank=True)
    was = models.CharField(max_length=40, blank=True)
    now = models.CharField(max_length=40, blank=True)
    changes = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    is_read = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind", "thing_id"], name="trail_of_a_thing")]

    def __str__(self) -> str:
        return f"{self.pk} {self.act} {self.number}"


class Seal(AppendOnly):
    """A signed Merkle root over consecutive entries; it names the seal before it."""

    number = models.PositiveBigIntegerField(primary_key=True)
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    # Which hash and signature; empty on the oldest seals, which are Ed25519 over SHA-256.
    suite = models.CharField(max_length=20, blank=True)
    key = models.CharField(max_length=130)
    signature = models.CharField(max_length=160)
    # The key that signs from the next seal on, where this one announces it.
    next_key = models.CharField(max_length=130, blank=True)
    next_suite = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sealed_at"], name="seals_by_day")]

    def __str__(self) -> str:
        return f"{self.number}: {self.first}–{self.last}"

    @property
    def signed(self) -> dict[str, Any]:
        """What the signature stands for."""
        named = {"suite": self.suite} if self.suite else {}
        follower = {"next": {"key": self.next_key, "suite": self.next_suite}} if self.next_key else {}
        return {
            **named, **follower, "number": self.number, "first": self.first, "last": self.last, "root": self.root,
            "previous": self.previous, "key": self.key,
            "sealed_at": self.sealed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }  # fmt: skip


class Leaf(AppendOnly):
    """The number an entry got when it was sealed, without gaps, and its hash."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="leaf")
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.sequence} → {self.entry_id}"


class Stamp(AppendOnly):
    """What a time-stamping authority said of a seal: that its hash was there at a time."""

    seal = models.OneToOneField(Seal, models.PROTECT, primary_key=True, related_name="stamp")
    token = models.BinaryField()  # as RFC 3161 has it, DER
    # By the authority's clock, and by ours.
    stamped_at = models.DateTimeField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.seal_id} at {self.stamped_at:%Y-%m-%d %H:%M:%S}"


class Fact(models.Model):
    """A fact announced by a lower room, kept until every hearer has heard it."""

    name = models.CharField(max_length=120)  # "respond.IncidentConfirmed"
    values = models.JSONField()
    at = models.DateTimeField()
    announced_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class Hearing(models.Model):
    """That one hearer has (or has not yet) heard one fact."""

    fact = models.ForeignKey(Fact, models.CASCADE, related_name="hearings")
    hearer = models.CharField(max_length=160)
    attempts = models.PositiveIntegerField(default=0)
    heard_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "hearer"], name="a_hearer_hears_a_fact_once")]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(heard_at=None), name="hearings_waiting")]

    def __str__(self) -> str:
        return f"{self.hearer} ← {self.fact_id}"
