"""The pages of the register: operators, units, dependencies and their pictures."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.base.ui import purpose, timeline
from bastide.base.ui.pages import account_of, ask_purpose, page
from bastide.base.ui.tables import list_page, small_table
from bastide.registry import acts, flows, forms, pictures, reads, tables
from bastide.registry.access import Can
from bastide.registry.models import NetworkUnit

LIST_KIND = "registry.networkunit"
MOST_STEPS = 5


# ---- operators


@page("registry/operator_list.html", can=Can.SEE_OPERATOR)
def operator_list(request: HttpRequest) -> Any:
    account = account_of(request)
    rows = reads.with_unit_counts(reads.operators(account), account)
    may = account.can(Can.ENTER_OPERATOR)
    return list_page(
        request, tables.OperatorTable, rows, title=_("Operators"),
        create=(_("Add an operator"), reverse("registry:operator_enter")) if may else None,
        empty=_("No operator is registered yet. Add one, or import a list."), may_import=account.can(Can.IMPORT),
    )  # fmt: skip


@page("registry/operator_detail.html", can=Can.SEE_OPERATOR)
def operator_detail(request: HttpRequest, code: str) -> Any:
    account = account_of(request)
    operator = reads.operator_for(account, code)
    units = reads.units(account, with_cii=False).filter(operator=operator)
    stand = reads.posture_of(account, operator)
    more = f"{reverse('registry:unit_list')}?operator={operator.code}"
    return {
        "title": operator.name, "operator": operator, "stand": stand, "units_url": more,
        "kind_name": tables.operator_kind_name(operator), "area_name": tables.area_name(operator.area),
        "grades": pictures.grades_chart(account, stand),
        "children": list(reads.operators(account).filter(parent=operator).order_by("code")),
        "parent": reads.operators(account).filter(children=operator).first(),
        "may_change": account.may(Can.CHANGE_OPERATOR, operator),
        "may_enter": account.may(Can.ENTER_UNIT, operator),
        "lines": timeline.tell(ledger.of(operator)[:50], to=account),
        **small_table(request, tables.OperatorUnitTable, units, more_url=more),
    }  # fmt: skip


def _operator_page(request: HttpRequest, operator: Organisation | None) -> Any:
    account = account_of(request)
    form = forms.OperatorForm(request.POST or None, by=account, operator=operator)
    if request.method == "POST" and form.is_valid():
        try:
            if operator is None:
                operator = flows.enter_operator(by=account, at=terms.now(), **form.cleaned_data)
            else:
                flows.change_operator(operator, by=account, at=terms.now(), **form.cleaned_data)
            return redirect("registry:operator_detail", code=operator.code)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    cancel = tables.operator_url(operator) if operator else reverse("registry:operator_list")
    return {"form": form, "cancel": cancel, "status": 422 if form.errors else 200}


@page("registry/operator_form.html", can=Can.ENTER_OPERATOR)
def operator_enter(request: HttpRequest) -> Any:
    found = _operator_page(request, None)
    return {**found, "title": _("Add an operator")} if isinstance(found, dict) else found


@page("registry/operator_form.html", can=Can.SEE_OPERATOR)
def operator_change(request: HttpRequest, code: str) -> Any:
    account = account_of(request)
    operator = reads.operator_for(account, code)
    if not account.may(Can.CHANGE_OPERATOR, operator):
        raise Http404
    found = _operator_page(request, operator)
    return {**found, "title": _("Change an operator")} if isinstance(found, dict) else found


@page("registry/sector_map.html", can=Can.SEE_OPERATOR)
def sector_map(request: HttpRequest) -> Any:
    """The operators and what runs between them."""
    nodes, edges = reads.operator_web(account_of(request))
    drawn, arrows = pictures.sector(nodes, edges), pictures.named(nodes, edges)
    return {"title": _("Sector map"), "graph": drawn, "nodes": nodes, "edges": arrows}


# ---- units


@page("registry/unit_list.html", can=Can.SEE_UNIT)
def unit_list(request: HttpRequest) -> Any:
    """Units without CII marks; with `?marks=yes` the marks are shown, a purpose is asked and the look is recorded."""
    account, at = account_of(request), terms.now()
    may_mark = account.can(Can.SEE_CII)
    marks = may_mark and request.GET.get("marks") == "yes"
    if marks:
        answer = _record_list(request, account, at)
        if answer is not None:
            return answer
    may_enter = account.can(Can.ENTER_UNIT)
    return list_page(
        request, tables.MarkedUnitTable if marks else tables.UnitTable,
        reads.units(account, with_cii=marks), title=_("Network units"),
        create=(_("Enter a network unit"), reverse("registry:unit_enter")) if may_enter else None,
        empty=_("No network unit is registered yet. Enter one, or import a list or a network map."),
        may_import=account.can(Can.IMPORT), may_mark=may_mark, marks=marks,
    )  # fmt: skip


def _record_list(request: HttpRequest, account: Account, at: Any) -> HttpResponse | None:
    """Reading the list of CII is a classified read; None once a purpose is stated."""
    key = purpose.key_of_list(LIST_KIND)
    stated = purpose.stated(request, key, at)
    if not stated:
        return ask_purpose(request, key, _("List of network units with CII marks"))
    if not request.GET.get("export"):
        ledger.saw(at=at, by=account, kind=LIST_KIND, number="list", purpose=stated, note=request.GET.urlencode()[:300])
    return None


@page("registry/unit_detail.html", can=Can.SEE_UNIT)
def unit_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    unit = reads.unit_for(account, number)
    needs = reads.dependencies(account)
    return {
        "title": unit.name, "thing": unit, "acts": acts.offered(unit, account),
        "operator_url": tables.operator_url(unit.operator), "needs": list(needs.filter(unit=unit)),
        "needed_by": list(needs.filter(depends_on=unit)), "lines": unit_lines(account, unit),
    }  # fmt: skip


def unit_lines(account: Account, unit: NetworkUnit) -> list[timeline.Line]:
    """The unit's timeline; whoever may not see CII marks does not see how they came and went."""
    entries = ledger.of(unit)
    if not reads.may_see_cii(account, unit):
        entries = entries.exclude(act__in=[f"{LIST_KIND}.set_cii", f"{LIST_KIND}.unset_cii"])
    return timeline.tell(entries[:50], to=account)


@page("registry/unit_picture.html", can=Can.SEE_UNIT)
def unit_picture(request: HttpRequest, number: str) -> Any:
    """What lies around a unit, and what fails when it fails."""
    account = account_of(request)
    unit = reads.unit_for(account, number)
    asked = request.GET.get("steps", "2")
    steps = min(max(int(asked), 1), MOST_STEPS) if asked.isdigit() else 2
    around = reads.neighbourhood(account, unit, steps=steps)
    marked = _marked(request, account, around) if unit.is_classified else set()
    visible = set(reads.units(account, with_cii=False).values_list("pk", flat=True)) if around.units else set()
    return {
        "title": _("Dependencies of %(unit)s") % {"unit": unit.name}, "thing": unit, "steps": steps,
        "all_steps": range(1, MOST_STEPS + 1), "around": around, "graph": pictures.units(around, unit, marked),
        "far": [(one, around.steps[one.pk]) for one in around.units if one.pk != unit.pk],
        "reach": [one for one in reads.dependants_of(unit) if one.pk in visible],
    }  # fmt: skip


def _marked(request: HttpRequest, account: Account, around: reads.Neighbourhood) -> set[int]:
    """CII units among the neighbours, for whoever has stated a purpose for the list of them."""
    if not purpose.stated(request, purpose.key_of_list(LIST_KIND), terms.now()):
        return set()
    rows = reads.units(account).filter(pk__in=[one.pk for one in around.units], is_cii=True)
    return {row.pk for row in rows if row.shows_cii}


@page("ui/list.html", can=Can.SEE_UNIT)
def dependency_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.DependencyTable, reads.dependencies(account_of(request)), title=_("Dependencies"),
        empty=_("No dependency is stated yet. State one on a unit's page, or import a list or a network map."),
    )  # fmt: skip


unit_enter = acts.UNITS.create_page("enter")


def unit_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """The page of one act on one unit."""
    return acts.UNITS.page(request, number, act)
