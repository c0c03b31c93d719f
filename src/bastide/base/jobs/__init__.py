"""Background work and schedules that survive a kill: a job that was interrupted is run again or reported.

`@job(kind)`, `enqueue`, `schedule`, `work_once` and `work` are offered here by name once Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bastide.base.jobs.kinds import job, schedule
    from bastide.base.jobs.leases import LeaseLostError, enqueue
    from bastide.base.jobs.models import Job
    from bastide.base.jobs.work import work, work_once

__all__ = ["Job", "LeaseLostError", "enqueue", "job", "schedule", "work", "work_once"]

_ROOMS = {
    "job": "kinds",
    "schedule": "kinds",
    "Job": "models",
    "enqueue": "leases",
    "LeaseLostError": "leases",
    "work": "work",
    "work_once": "work",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    raise AttributeError(name)
