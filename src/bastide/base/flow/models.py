"""What every numbered thing has, the counters behind numbers, and remembered requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.people.scope import Scope


class Series(models.Model):
    """The last number given in a series of a year. It only rises, so no number is given twice."""

    name = models.CharField(max_length=24)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "year"], name="a_series_counts_once_a_year")]

    def __str__(self) -> str:
        return f"{self.name}-{self.year}: {self.last}"


def next_number(series: str, year: int) -> str:
    """The next number of a series: "INC-2026-000123". Call it inside the transaction that uses it."""
    with transaction.atomic():
        Series.objects.get_or_create(name=series, year=year)
        row = Series.objects.select_for_update().get(name=series, year=year)
        row.last += 1
        row.save(update_fields=["last"])
        return f"{series}-{year}-{row.last:06d}"


def next_numbers(series: str, year: int, count: int) -> list[str]:
    """The next so many numbers of a series, drawn at once. Call it inside the transaction that uses them."""
    with transaction.atomic():
        Series.objects.get_or_create(name=series, year=year)
        row = Series.objects.select_for_update().get(name=series, year=year)
        first, row.last = row.last + 1, row.last + count
        row.save(update_fields=["last"])
        return [f"{series}-{year}-{number:06d}" for number in range(first, row.last + 1)]


class Thing(models.Model):
    """A numbered thing that flows change.

    `version` rises with every change, so two people cannot overwrite each other.
    """

    SERIES: ClassVar[str] = ""
    SCOPE: ClassVar[Scope]

    number = models.CharField(_("number"), max_length=40, unique=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=terms.now, editable=False)
    created_by = models.ForeignKey(Account, models.PROTECT, related_name="+", null=True, editable=False)

    class Meta:
        abstract = True

    if TYPE_CHECKING:

        def get_absolute_url(self) -> str:
            """The address of its page; every thing has one."""

    def __str__(self) -> str:
        return self.number

    @property
    def kind(self) -> str:
        return f"{self._meta.app_label}.{self._meta.model_name}"

    @property
    def is_classified(self) -> bool:
        """Does reading this thing go into the trail, with a purpose?"""
        return False

    @classmethod
    def classified(cls, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Those rows of which `is_classified` is true."""
        return rows.none()

    def values(self) -> dict[str, Any]:
        """The concrete fields as plain column values, for telling what an act changed."""
        return {
            f.attname: f.value_from_object(self)
            for f in self._meta.concrete_fields
            if f.attname not in {"id", "version"}
        }


class Remembered(models.Model):
    """A request that was carried out, so that sending it again does not do it again."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    status = models.PositiveIntegerField(default=0)  # 0: still being carried out
    carrier = models.CharField(max_length=32, default="")  # the process that carries it out, by its name in carriers
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="a_request_is_carried_out_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"
