"""What a person sees of background work: how far it is, how it ended, and beginning it again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.jobs import leases, reads
from bastide.base.jobs.access import Can
from bastide.base.jobs.tables import JobTable
from bastide.base.trail import ledger
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page


@page("ui/list.html")
def job_list(request: HttpRequest) -> Any:
    """Everyone sees their own jobs; administrators of the national authority see all."""
    return list_page(
        request, JobTable, reads.visible(account_of(request)), title=_("Background jobs"),
        empty=_("Imports, documents and other long work appear here when you start them."),
    )  # fmt: skip


@page("jobs/job_detail.html", fragment="jobs/_job.html")
def job_detail(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Progress and outcome; htmx asks for the fragment until the job is over."""
    by = account_of(request)
    job = get_object_or_404(reads.visible(by), pk=pk)
    may_again = job.state == job.State.FAILED and reads.may_all(by, Can.TEND)
    return {"title": job.title, "job": job, "may_again": may_again}


@require_POST
@page("jobs/job_detail.html")
def job_again(request: HttpRequest, pk: int) -> HttpResponse | dict[str, Any]:
    """Begin a failed job anew."""
    by, at = account_of(request), terms.now()
    job = get_object_or_404(reads.visible(by) if reads.may_all(by, Can.TEND) else reads.visible(by).none(), pk=pk)
    if leases.again(job, at=at):
        ledger.record(at=at, by=by, act="jobs.job.again", thing=job, was="failed", now="waiting")
        messages.success(request, _("The job is begun again."))
    else:
        messages.warning(request, _("Only a failed job can be begun again."))
    return redirect("jobs:job_detail", pk=job.pk)
