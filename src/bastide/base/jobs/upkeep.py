"""Upkeep of the database: scheduled jobs that went well are forgotten, and its planner is told what its tables hold."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.jobs.kinds import Lane, job
from bastide.base.jobs.models import Job

SWEEP, MEASURE = "jobs.sweep", "jobs.measure"
KEPT = timedelta(days=3)


@job(SWEEP, lane=Lane.PROMPT, title=_("Forget old scheduled jobs"))
def sweep(held: Job) -> dict[str, int]:
    """Delete what was scheduled, went well and is old. Jobs that people asked for, and failures, stay."""
    old = Job.objects.filter(is_scheduled=True, state=Job.State.DONE, ended_at__lt=terms.now() - KEPT)
    gone, _by_model = old.delete()
    return {"forgotten": gone}


@job(MEASURE, lane=Lane.LONG, title=_("Measure the tables for the planner of the database"))
def measure(held: Job) -> dict[str, int]:
    """SQLite never does it by itself, and then reads whole tables where an index would do."""
    return {"tables": measure_tables()}


def measure_tables() -> int:
    """Table by table, so that nobody who writes waits for more than one of them; returns how many.

    In PostgreSQL they are vacuumed too, unless a transaction is open: only then are rows counted out of an index alone.
    """
    vacuums = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in tables:
            cursor.execute(f"{'VACUUM (ANALYZE)' if vacuums else 'ANALYZE'} {connection.ops.quote_name(table)}")
    return len(tables)
