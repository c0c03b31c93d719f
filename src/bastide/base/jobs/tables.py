"""The list of background jobs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.jobs.models import Job
from bastide.base.ui.tables import Boolean, Choice, Column, Search, Table


class JobTable(Table):
    name = "jobs.job"
    columns = (
        Column("title", _("Job"), link=True, sort=False),
        Column("state", _("State"), kind="badge"),
        Column("by", _("Started by"), sort="by__name"),
        Column("created_at", _("Wanted"), kind="ago"),
        Column("ended_at", _("Ended"), kind="ago"),
        Column("attempts", _("Attempts"), kind="number"),
        Column("kind", _("Kind"), kind="code", shown=False),
        Column("message", _("Progress"), shown=False),
    )
    filters = (
        Search("kind", "message", "error"),
        Choice("state", _("State"), choices=Job.State.choices),
        Boolean("scheduled", _("By schedule"), path="is_scheduled"),
    )
    sort = "-created_at"
