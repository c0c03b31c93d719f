"""What of inspections is seen: visits, answers, observations, limited to the sight of the account."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from bastide.base import packs
from bastide.base.packs import ChecklistItem
from bastide.base.people.models import Account
from bastide.base.people.scope import scoped
from bastide.inspection import criteria
from bastide.inspection.access import Can
from bastide.inspection.models import Answer, Observation, Visit

# An operator learns of a visit with its notice, and of a finding when it is sent.
BEFORE_NOTICE = (Visit.State.DRAFT, Visit.State.APPROVED)
BEFORE_SENDING = (Observation.State.DRAFT, Observation.State.WITHDRAWN)


def visits(account: Account) -> QuerySet[Visit]:
    """Visits in the sight of the account; an operator's from the notice on."""
    authority = scoped(Visit.objects.all(), account, Can.SEE).values("pk")
    own = scoped(Visit.objects.exclude(state__in=BEFORE_NOTICE).exclude(noticed_at=None), account, Can.SEE_OWN)
    seen = Visit.objects.filter(Q(pk__in=authority) | Q(pk__in=own.values("pk")))
    return seen.select_related("operator", "authority")


def visit_for(account: Account, number: str) -> Visit:
    """One visit in sight; 404 otherwise."""
    found = visits(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def observations(account: Account) -> QuerySet[Observation]:
    """Observations of visible visits; an operator's once they were sent. What was assigned alone is seen too."""
    authority = scoped(Observation.objects.all(), account, Can.SEE).values("pk")
    own = scoped(Observation.objects.exclude(state__in=BEFORE_SENDING), account, Can.SEE_OWN)
    seen = Observation.objects.filter(Q(pk__in=authority) | Q(pk__in=own.values("pk")))
    return seen.select_related("visit__operator", "visit__authority", "unit")


def observation_for(account: Account, number: str) -> Observation:
    found = observations(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def observations_of(account: Account, visit: Visit) -> list[Observation]:
    """The observations of a visit that this account sees, in the order they were drafted."""
    return list(observations(account).filter(visit=visit).order_by("pk"))


def answers(account: Account) -> QuerySet[Answer]:
    """Answers of visits that the account sees as the authority does: an operator sees findings, not the checklist."""
    seen = scoped(Visit.objects.all(), account, Can.SEE).values("pk")
    return Answer.objects.filter(visit_id__in=seen).select_related("visit", "answered_by")


@dataclass(frozen=True)
class Question:
    """A question of the checklist with its answer in a visit."""

    item: ChecklistItem
    answer: Answer
    evidence: int
    observations: int


@dataclass(frozen=True)
class Group:
    """Questions under one heading of the checklist."""

    name: str
    anchor: str
    questions: list[Question]
    done: int


def questions(visit: Visit) -> list[Group]:
    """The checklist of a visit with its answers, under the checklist's headings; three queries however long it is."""
    from bastide.base.vault.models import EvidenceFile

    given = {a.item: a for a in visit.answers.select_related("answered_by")}
    files = dict(
        EvidenceFile.objects.filter(thing_kind="inspection.answer", thing_id__in=[a.pk for a in given.values()])
        .values_list("thing_id").annotate(n=Count("pk")).order_by()
    )  # fmt: skip
    live = visit.observations.exclude(state=Observation.State.WITHDRAWN)
    drafted = dict(live.values_list("item").annotate(n=Count("pk")).order_by())
    grouped: dict[str, list[Question]] = {}
    for item in visit.inspection_checklist.items:
        if answer := given.get(item.id):
            answer.visit = visit
            one = Question(item, answer, files.get(answer.pk, 0), drafted.get(item.id, 0))
            grouped.setdefault(str(item.group), []).append(one)
    return [
        Group(name, f"group-{n}", found, sum(q.answer.status == Answer.Status.DONE for q in found))
        for n, (name, found) in enumerate(grouped.items(), start=1)
    ]


def question(visit: Visit, item: str) -> Question:
    """One question of a visit; 404 if the visit does not ask it."""
    for group in questions(visit):
        for one in group.questions:
            if one.item.id == item:
                return one
    raise Http404


def is_unfinished(thing: Visit | Observation | Answer) -> bool:
    """Is the inspection a thing belongs to still under way?"""
    visit = thing if isinstance(thing, Visit) else thing.visit
    return visit.state not in {Visit.State.CLOSED, Visit.State.CANCELLED}


def progress(visit: Visit) -> criteria.Progress:
    return criteria.progress(visit.answers.values_list("status", "result"))


@dataclass(frozen=True)
class Cap:
    """How many inspections of an operator count against the yearly cap, this one included once it is approved."""

    year: int
    used: int
    limit: int


def cap_of(visit: Visit) -> Cap | None:
    """Approved daily and special inspections of the operator in the year this one begins, by whichever authority."""
    pack = packs.pack(visit.pack)
    limit = pack.counted_limit("inspections")
    if limit is None or limit.number is None:
        return None
    year = visit.starts_at.astimezone(ZoneInfo(pack.manifest.zone)).year
    counted = (
        Visit.objects.filter(operator=visit.operator_id, approved_at__isnull=False, starts_at__year=year)
        .exclude(state=Visit.State.CANCELLED)
        .exclude(inspection_class="case")
    )
    return Cap(year, counted.count(), limit.number)


def waiting(account: Account) -> QuerySet[Visit]:
    """Visits in which this account has the next move."""
    moves = Q(pk__in=[])
    state = Visit.State
    if account.can(Can.APPROVE):
        moves |= Q(state=state.DRAFT)
    if account.can(Can.NOTIFY):
        moves |= Q(state=state.APPROVED)
    if account.can(Can.INSPECT):
        mine = Q(team__account=account) & ~Q(team__part="assistant")
        moves |= Q(state__in=[state.NOTICED, state.OPENED, state.FINDINGS_DRAFT]) & mine
    if account.can(Can.DECIDE):
        moves |= Q(state__in=[state.OBJECTED, state.CONFIRMED])
    if account.can(Can.REPLY):
        moves |= Q(state=state.CONFIRMING)
    return visits(account).filter(pk__in=Visit.objects.filter(moves).values("pk"))


def open_count(account: Account) -> int:
    """How many inspections are under way in this account's sight."""
    state = Visit.State
    return visits(account).exclude(state__in=[state.CLOSED, state.CANCELLED, state.REPORTED]).count()
