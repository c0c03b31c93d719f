"""Inspections as pages: the list, one visit, its checklist, one finding in draft, and the acts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.ui.pages import account_of, is_fragment, page
from bastide.base.ui.tables import list_page
from bastide.inspection import acts, flows, forms, reads, tables
from bastide.inspection.access import Can
from bastide.inspection.models import Answer, Observation, Visit
from bastide.registry import reads as registry

LIVE = Q(
    observations__state__in=[
        s for s in Observation.State if s not in (*reads.BEFORE_SENDING, Observation.State.DROPPED)
    ]
)


def _looks(request: HttpRequest) -> Account:
    """Whoever may see inspections, as the authority or as the operator; everyone else stays outside."""
    account = account_of(request)
    if not (account.can(Can.SEE) or account.can(Can.SEE_OWN)):
        raise PermissionDenied
    return account


@page("ui/list.html")
def visit_list(request: HttpRequest) -> Any:
    account = _looks(request)
    rows = reads.visits(account).annotate(observed=Count("observations", filter=LIVE))
    return list_page(
        request, tables.VisitTable, rows, title=_("Inspections"),
        create=(_("Plan an inspection"), reverse("inspection:visit_draft")) if account.can(Can.DRAFT) else None,
        empty=_("No inspection yet. One appears when it is planned; an operator sees it from the notice on."),
    )  # fmt: skip


@page("inspection/visit_detail.html")
def visit_detail(request: HttpRequest, number: str) -> Any:
    account = _looks(request)
    visit = reads.visit_for(account, number)
    sees_checklist = account.may(Can.SEE, visit)
    return {
        "title": visit.inspection_item.name,
        "thing": visit,
        "acts": acts.VISITS.next_acts(visit, account),
        "team": visit.team.select_related("account", "organisation"),
        "units": visit.units.all(),
        "observations": reads.observations_of(account, visit),
        "sees_checklist": sees_checklist,
        "progress": reads.progress(visit) if sees_checklist else None,
        "may_observe": visit.takes_observations and account.may(Can.OBSERVE, visit),
        "may_answer": _may_answer(visit, account),
        "cap": reads.cap_of(visit) if visit.state == Visit.State.DRAFT else None,
    }


def _may_answer(visit: Visit, account: Account) -> bool:
    on_team = visit.team.filter(account=account).exclude(part="assistant").exists()
    return visit.state == Visit.State.OPENED and account.may(Can.INSPECT, visit) and on_team


@page("inspection/visit_operator.html", can=Can.DRAFT)
def visit_draft(request: HttpRequest) -> Any:
    """Plan an inspection: the operator first, then the rest, so that only its units are offered."""
    if request.method == "POST" or request.GET.get("operator"):
        return acts.VISITS.create_page("draft")(request)
    operators = registry.operators_where(account_of(request), Can.DRAFT).order_by("name_zh")
    return {"title": _("Plan an inspection"), "operators": operators}


def visit_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """The page of one act on one visit."""
    return acts.VISITS.page(request, number, act)


# ---- the checklist


@page("inspection/checklist.html")
def checklist(request: HttpRequest, number: str) -> Any:
    """All questions on one page, each saved by itself. The operator sees findings, not the checklist."""
    account = account_of(request)
    visit = reads.visit_for(account, number)
    if not account.may(Can.SEE, visit):
        raise Http404
    return {
        "title": visit.inspection_checklist.name,
        "thing": visit,
        "groups": reads.questions(visit),
        "progress": reads.progress(visit),
        "results": Answer.Result.choices,
        "may_answer": _may_answer(visit, account),
        "may_observe": visit.takes_observations and account.may(Can.OBSERVE, visit),
    }


@require_POST
@page("inspection/checklist.html")
def answer(request: HttpRequest, number: str, item: str) -> HttpResponseBase:
    """Save one answer: a fragment for htmx, back to the question without scripts."""
    account = account_of(request)
    visit = reads.visit_for(account, number)
    form = forms.AnswerForm(request.POST, request.FILES, by=account)
    if form.is_valid():
        said = form.cleaned_data
        flows.answer(
            visit, item, by=account, at=terms.now(), result=said["result"] or Answer.Result.NOT_ASSESSED,
            note=said["note"],
            evidence=said["evidence"], seen=said["seen"],
        )  # fmt: skip
    if not is_fragment(request):
        for faults in form.errors.values():
            messages.error(request, " ".join(str(fault) for fault in faults))
        return redirect(f"{reverse('inspection:checklist', args=[number])}#q-{item}")
    visit.refresh_from_db()
    values = {
        "thing": visit, "q": reads.question(visit, item), "progress": reads.progress(visit),
        "is_saved": form.is_valid(),
        "form": form, "may_answer": True, "may_observe": account.may(Can.OBSERVE, visit),
    }  # fmt: skip
    return render(request, "inspection/_saved.html", values, status=200 if form.is_valid() else 422)


# ---- findings in draft


@page("inspection/observation_detail.html")
def observation_detail(request: HttpRequest, number: str) -> Any:
    account = _looks(request)
    observation = reads.observation_for(account, number)
    return {
        "title": observation.title,
        "thing": observation,
        "acts": acts.OBSERVATIONS.next_acts(observation, account) if observation.visit.takes_observations else [],
        "question": _question(observation),
    }


def _question(observation: Observation) -> Any:
    if not observation.item:
        return None
    return next((i for i in observation.visit.inspection_checklist.items if i.id == observation.item), None)


observe = acts.OBSERVATIONS.create_page("observe")


def observation_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    return acts.OBSERVATIONS.page(request, number, act)
