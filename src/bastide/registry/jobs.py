"""Imports in the background: dry run, commit and undo of large files."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.jobs.kinds import job
from bastide.base.jobs.models import Job
from bastide.registry import flows
from bastide.registry.models import Import


def _thing(number: str) -> Import:
    return Import.objects.select_related("owner", "content").get(number=number)


@job("registry.import.check", title=_("Dry run of an import"))
def check(job: Job, *, number: str) -> dict[str, Any]:
    """Begun again it starts the dry run over: nothing was written."""
    thing = _thing(number)
    if thing.state in {Import.State.UPLOADED, Import.State.CHECKED}:
        flows.check_import(thing, by=job.by, at=terms.now())
    return dict(thing.counts)


@job("registry.import.commit", title=_("Commit of an import"))
def commit(job: Job, *, number: str) -> dict[str, Any]:
    """Begun again it goes on with the rows that have no outcome yet."""
    thing = _thing(number)
    if thing.state == Import.State.COMMITTING:
        flows.carry_out(thing, by=job.by, at=terms.now(), progress=job.progress)
    return dict(thing.counts)


@job("registry.import.undo", title=_("Undo of an import"))
def undo(job: Job, *, number: str) -> dict[str, Any]:
    """One transaction: begun again it starts over."""
    thing = _thing(number)
    if thing.state == Import.State.COMMITTED:
        flows.take_back(thing, by=job.by, at=terms.now(), progress=job.progress)
    return dict(thing.counts)
