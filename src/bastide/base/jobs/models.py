"""Jobs and schedules. A running job is held by a lease that its worker renews; without renewal it is run again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base.jobs import kinds
from bastide.base.jobs.kinds import Lane
from bastide.base.people.models import Account


class Job(models.Model):
    """One piece of background work, from the wish to its end."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("job", "Waiting")  # nobody has begun, or it will be tried again
        RUNNING = "running", pgettext_lazy("job", "Running")  # a worker holds the lease
        DONE = "done", pgettext_lazy("job", "Done")
        FAILED = "failed", pgettext_lazy("job", "Failed")  # will not be tried again; the administrators were told

    kind = models.CharField(_("kind"), max_length=60)
    lane = models.CharField(max_length=10, choices=[(lane.value, lane.value) for lane in Lane], default=Lane.LONG)
    args = models.JSONField(default=dict)
    by = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("started by"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    # While one job with this key waits or runs, no second one is taken.
    dedup = models.CharField(max_length=200, blank=True)
    is_scheduled = models.BooleanField(default=False)
    # Progress: so many of so many, and a word about it.
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.CharField(max_length=300, blank=True)
    # The worker that holds it ("host:pid:random"), until when, and its last sign of life.
    worker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("begun"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["lane", "not_before"], condition=Q(state="waiting"), name="jobs_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="jobs_running"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedup"],
                condition=~Q(dedup="") & Q(state__in=["waiting", "running"]),
                name="a_job_is_wanted_once_at_a_time",
            ),
            models.CheckConstraint(
                name="a_running_job_has_a_worker_and_a_lease",
                condition=~Q(state="running") | (~Q(worker="") & Q(lease_until__isnull=False)),
            ),
            models.CheckConstraint(
                name="an_ended_job_has_an_end", condition=~Q(state__in=["done", "failed"]) | Q(ended_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        try:
            return reverse("jobs:job_detail", args=[self.pk])
        except NoReverseMatch:
            return ""

    @property
    def title(self) -> str:
        """What it does, in words."""
        return str(kinds.kind(self.kind).title) if kinds.knows(self.kind) else self.kind

    @property
    def number(self) -> str:
        return f"JOB-{self.pk}" if self.pk else ""

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED}

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None while nobody knows."""
        if self.state == self.State.DONE:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else None

    def progress(self, done: int, total: int | None = None, message: Any = "") -> None:
        """Say how far the work is. Raises LeaseLostError if another worker has taken the job over: then stop."""
        from bastide.base.jobs import leases

        leases.progress(self, done, total, str(message))


class Schedule(models.Model):
    """When a kind of job is due next. `next_at` moves by compare-and-set, so one worker alone starts it."""

    kind = models.CharField(max_length=60, unique=True)
    every = models.PositiveIntegerField()  # seconds
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    missed = models.PositiveIntegerField(default=0)  # how often it was late by more than one turn

    def __str__(self) -> str:
        return f"{self.kind} / {self.every} s"

    def after(self, at: datetime) -> datetime:
        """The first turn after a moment, on the grid of this schedule."""
        from datetime import timedelta

        turns = int((at - self.next_at).total_seconds() // self.every) + 1
        return self.next_at + timedelta(seconds=turns * self.every)
