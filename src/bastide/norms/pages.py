"""The pages of the norms: instruments, clauses, checklists."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.base.ui import formats
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page
from bastide.norms import criteria, reads, tables
from bastide.norms.access import Can


@page("ui/list.html", can=Can.SEE)
def instrument_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.InstrumentTable, reads.instruments(account_of(request)), title=_("Norms"),
        intro=_("Laws, regulations, rules, plans and standards of the regime in force."),
        empty=_("No norms are loaded. An administrator loads the regime pack."),
    )  # fmt: skip


@page("norms/instrument_detail.html", can=Can.SEE)
def instrument_detail(request: HttpRequest, code: str) -> Any:
    account = account_of(request)
    instrument = reads.instrument_for(account, code)
    rows = reads.clauses(account).filter(instrument=instrument)
    return {
        "title": instrument.name, "instrument": instrument,
        "tree": criteria.tree((row.article, row) for row in rows),
    }  # fmt: skip


@page("ui/list.html", can=Can.SEE)
def clause_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.ClauseTable, reads.clauses(account_of(request)), title=_("Clauses"),
        empty=_("No norms are loaded. An administrator loads the regime pack."),
    )  # fmt: skip


@page("norms/clause_detail.html", can=Can.SEE)
def clause_detail(request: HttpRequest, anchor: str) -> Any:
    clause = reads.clause_for(account_of(request), anchor)
    clock = next((one for one in packs.active().clocks if one.id == clause.clock), None)
    return {
        "title": clause.anchor, "clause": clause, "clock": clock,
        "wordings": list(reads.wordings(clause)),
    }  # fmt: skip


@page("norms/checklist_list.html", can=Can.SEE)
def checklist_list(request: HttpRequest) -> Any:
    names = {kind.id: kind.name for kind in packs.active().network_types}
    lines = [(one, formats.plain([str(names[kind]) for kind in one.network_types])) for one in reads.checklists()]
    return {"title": _("Checklists"), "checklists": lines}


@page("norms/checklist_detail.html", can=Can.SEE)
def checklist_detail(request: HttpRequest, id: str) -> Any:
    checklist = reads.checklist_for(id)
    groups: dict[str, list[Any]] = {}
    for item in checklist.items:
        groups.setdefault(str(item.group), []).append(item)
    anchors = {str(basis) for item in checklist.items for basis in item.basis}
    known = set(reads.clauses(account_of(request)).filter(anchor__in=anchors).values_list("anchor", flat=True))
    return {
        "title": str(checklist.name), "checklist": checklist, "groups": list(groups.items()), "known": known,
    }  # fmt: skip
