"""Imports of findings in the background: dry run and recording of large files."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.jobs.kinds import job
from bastide.base.jobs.models import Job
from bastide.rectify import flows
from bastide.rectify.models import FindingImport


def _thing(number: str) -> FindingImport:
    return FindingImport.objects.select_related("owner", "content").get(number=number)


@job("rectify.import.check", title=_("Dry run of an import of findings"))
def check(job: Job, *, number: str) -> dict[str, Any]:
    """Begun again it starts the dry run over: nothing was recorded."""
    thing = _thing(number)
    if thing.state in {FindingImport.State.UPLOADED, FindingImport.State.CHECKED}:
        flows.check_findings(thing, by=job.by, at=terms.now(), progress=job.progress)
    return dict(thing.counts)


@job("rectify.import.commit", title=_("Recording an import of findings"))
def commit(job: Job, *, number: str) -> dict[str, Any]:
    """Begun again it goes on with the rows that have no outcome yet."""
    thing = _thing(number)
    if thing.state == FindingImport.State.COMMITTING:
        flows.carry_out_findings(thing, by=job.by, at=terms.now(), progress=job.progress)
    return dict(thing.counts)
