"""What the tables remember for a person: saved filters, chosen columns, page size."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account


class SavedView(models.Model):
    """A filter of one table, kept under a name by one person. Nobody else sees it."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="saved_views")
    table = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "table", "name"], name="a_saved_view_has_its_own_name"),
        ]

    def __str__(self) -> str:
        return self.name


class TableChoice(models.Model):
    """Which columns of a table one person wants to see, and how many rows a page."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="table_choices")
    table = models.CharField(max_length=80)
    columns = models.JSONField(default=list)
    per_page = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "table"], name="a_person_chooses_columns_once_a_table"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.table}"
