"""The calendar address of a person. Only the hash of its secret is kept."""

from __future__ import annotations

from django.db import models

from bastide.base.people.models import Account


class Feed(models.Model):
    """One address per person; making it anew or ending it closes the one before."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="feed")
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"calendar of {self.account_id}"
