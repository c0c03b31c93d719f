"""What is seen of the norms: instruments, clauses in their current wording, earlier wordings, checklists."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from bastide.base import packs
from bastide.base.packs import Checklist
from bastide.base.people.models import Account
from bastide.base.people.scope import scoped
from bastide.norms.access import Can
from bastide.norms.models import Clause, Instrument, PackLoad


def instruments(account: Account | None = None) -> QuerySet[Instrument]:
    """The instruments of the pack in force, with their number of clauses."""
    rows = Instrument.objects.filter(pack=packs.active().id, is_listed=True)
    rows = rows.annotate(clause_count=Count("clauses", filter=Q(clauses__valid_to=None)))
    return rows if account is None else scoped(rows, account, Can.SEE)


def instrument_for(account: Account, code: str) -> Instrument:
    found = instruments(account).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def clauses(account: Account | None = None) -> QuerySet[Clause]:
    """The clauses of the pack in force, in their current wording."""
    rows = Clause.objects.filter(instrument__pack=packs.active().id, valid_to=None).select_related("instrument")
    return rows if account is None else scoped(rows, account, Can.SEE)


def clause(anchor: str) -> Clause | None:
    """The clause an anchor names ("INC25 4(1)"), or None if the pack in force does not hold it."""
    return clauses().filter(anchor=anchor.strip()).first()


def clause_for(account: Account, anchor: str) -> Clause:
    found = clauses(account).filter(anchor=anchor).first()
    if found is None:
        raise Http404
    return found


def wordings(one: Clause) -> QuerySet[Clause]:
    """Every wording of a clause, the current one first."""
    return (
        Clause.objects.filter(instrument=one.instrument, anchor=one.anchor)
        .select_related("load", "instrument")
        .order_by("-valid_from", "-pk")
    )


def checklists() -> list[Checklist]:
    """The checklists of the pack in force."""
    return list(packs.active().checklists)


def checklist_for(id: str) -> Checklist:
    try:
        return packs.active().checklist(id)
    except LookupError:
        raise Http404 from None


def last_load() -> PackLoad | None:
    """The latest load of the pack in force."""
    return PackLoad.objects.filter(pack=packs.active().id).order_by("-pk").first()
