"""What is seen of incidents: lists, one incident, its lines, and the figures of the situation room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from bastide.base import clock, packs, terms
from bastide.base.clock.models import Clock
from bastide.base.packs import Stage
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import scoped
from bastide.base.ui.desk import DeskItem
from bastide.base.ui.search import Hit
from bastide.registry import reads as registry
from bastide.respond import criteria
from bastide.respond.access import Can
from bastide.respond.models import Incident, NetworkUnit, Report, Submission

S = Incident.State
DONE = (S.CLOSED, S.REJECTED)


def incidents(account: Account) -> QuerySet[Incident]:
    """Incidents in sight, with the time the next clock with a number is due and whether one is overdue."""
    soonest = _running_clocks().filter(due_at__isnull=False, has_number=True).order_by("due_at").values("due_at")[:1]
    return scoped(Incident.objects.select_related("operator"), account, Can.SEE).annotate(
        due_at=Subquery(soonest), is_late=Exists(late_clocks(at=terms.now()))
    )


def _running_clocks() -> QuerySet[Clock]:
    """Running clocks of the incident of the outer query."""
    return Clock.objects.filter(thing_kind="respond.incident", thing_id=OuterRef("pk"), state="running")


def incident_for(account: Account, number: str) -> Incident:
    """One incident by its number; out of sight is 404."""
    found = incidents(account).prefetch_related("units", "alert_links").filter(number=number).first()
    if found is None:
        raise Http404
    return found


def open_incidents(account: Account) -> QuerySet[Incident]:
    return incidents(account).exclude(state__in=DONE)


def overdue(rows: QuerySet[Incident], wanted: bool = True) -> QuerySet[Incident]:
    """Incidents with (or without) a duty whose clock has run out. What is owed at once has no number to run over."""
    late = late_clocks(at=terms.now())
    return rows.filter(Exists(late) if wanted else ~Exists(late))


def still_open(rows: QuerySet[Incident], wanted: bool = True) -> QuerySet[Incident]:
    """Incidents that are not (or that are) closed or set aside."""
    return rows.exclude(state__in=DONE) if wanted else rows.filter(state__in=DONE)


def lines(incident: Incident) -> list[Report]:
    """Every duty line of an incident with its clock and the report that met it: open ones first, soonest first."""
    rows = incident.reports.select_related("clock", "bearer", "submission").order_by("pk")
    far = datetime.max.replace(tzinfo=terms.CHINA)
    return sorted(rows, key=lambda line: (not line.is_due, (line.clock and line.clock.due_at) or far, line.pk))


def own_clocks(incident: Incident) -> list[Clock]:
    """Open clocks of the steps themselves (judging, confirming), which belong to no report line."""
    of_lines = incident.reports.exclude(clock=None).values_list("clock", flat=True)
    return [running for running in clock.of(incident) if running.is_open and running.pk not in set(of_lines)]


def submissions(incident: Incident) -> list[Submission]:
    """Every report sent, oldest first."""
    lines = Prefetch("serves", Report.objects.order_by("pk"))
    return list(incident.submissions.select_related("by", "sender").prefetch_related(lines).order_by("sequence"))


@dataclass(frozen=True)
class Version:
    """A report as shown: what it says, and what changed since the version before."""

    sent: Submission
    number: int | None  # version of the first report; None for other reports
    items: list[tuple[str, Any]]
    changes: list[tuple[str, Any, Any]]
    missing: list[str]


def versions(incident: Incident) -> list[Version]:
    """The reports of an incident, each first report and supplement compared with the one before; newest first."""
    found: list[Version] = []
    before: Submission | None = None
    count = 0
    for sent in submissions(incident):
        is_version = sent.kind in {Submission.Kind.FIRST, Submission.Kind.SUPPLEMENT}
        changes = criteria.changed(before.content, sent.content) if is_version and before else []
        count += is_version
        found.append(
            Version(
                sent, count if is_version else None, [(item_name(key), value) for key, value in sent.content.items()],
                [(item_name(key), was, now) for key, was, now in changes], [item_name(key) for key in sent.missing],
            )
        )  # fmt: skip
        before = sent if is_version else before
    return found[::-1]


def last_version(incident: Incident) -> Submission | None:
    """The newest version of the first report."""
    kinds = [Submission.Kind.FIRST, Submission.Kind.SUPPLEMENT]
    return incident.submissions.filter(kind__in=kinds).order_by("-sequence").first()


_OWN_ITEMS = {
    "progress": _("New facts or progress"),
    "summary": _("Summary"),
    "opinion": _("Opinion of the authority"),
    "harm": _("Harm"),
    "accountability": _("Accountability"),
    "improvement": _("Improvement"),
    "lessons": _("Lessons"),
    "how": _("How it was fulfilled"),
    "course": _("Course of handling"),
    "assessment": _("Assessment"),
    "proposals": _("Proposals"),
    "measures": _("Measures"),
    "cause": _("Cause"),
    "impact": _("Impact"),
    "next_measures": _("Next measures"),
    "support": _("Support requested"),
}


def item_name(key: str) -> str:
    """The name of an item of a report."""
    known = {field.id: str(field.name) for field in packs.active().report_fields}
    return known.get(key) or str(_OWN_ITEMS.get(key, key))


@dataclass(frozen=True)
class Fact:
    """A stated fact in words."""

    name: str
    value: str


def stated(incident: Incident) -> list[Fact]:
    """The facts for the level, in the order of the pack."""
    return [
        Fact(str(kind.name), str(kind.words(incident.facts[kind.id])))
        for kind in packs.active().facts
        if kind.id in incident.facts
    ]


def level_choices() -> list[tuple[str, str]]:
    """Ranks with the names of the levels, gravest first."""
    scale = criteria.response_scale(packs.active())
    return [
        *((str(level.rank), f"{level.code} {level.name}".strip()) for level in scale.gravest_first),
        ("0", str(_("No threshold reached"))),
    ]


# ---- what waits


# State → the act that is wanted next, the right to take it, and its words.
WAITS: dict[str, tuple[str, Can, Any]] = {
    S.DETECTED: ("judge", Can.JUDGE, _("Judge the level")),
    S.TRIAGED: ("file", Can.FILE, _("Send the first report")),
    S.REPORTED_INITIAL: ("confirm", Can.CONFIRM, _("Confirm the level")),
    S.LEVEL_CONFIRMED: ("start_response", Can.RESPOND, _("Start the response")),
    S.CONTAINED: ("end", Can.RESPOND, _("End the response")),
    S.RESPONSE_ENDED: ("summarise", Can.SUMMARISE, _("Submit the summary report")),
    S.SUMMARY_SUBMITTED: ("report_upward", Can.CLOSE, _("Send the authority's own report")),
    S.AUTHORITY_REPORTED: ("close", Can.CLOSE, _("Close the incident")),
}
OPERATOR_SIDE = {Can.JUDGE, Can.FILE, Can.SUMMARISE}


def waiting(account: Account) -> QuerySet[Incident]:
    """Incidents that wait for an act of this person's side; what the operator owes does not wait for the authority."""
    is_authority = any(membership.organisation.is_authority for membership in account.standing())
    mine = [
        state
        for state, (_act, can, _words) in WAITS.items()
        if account.can(can) and not (is_authority and can in OPERATOR_SIDE)
    ]
    return incidents(account).filter(state__in=mine)


def desk_items(account: Account) -> list[DeskItem]:
    """Decisions that wait for this person, with the time they are due."""
    if not account.can(Can.SEE):
        return []
    return [
        DeskItem(
            what=WAITS[row.state][2], title=row.title, number=row.number, organisation=row.operator.name,
            url=f"{row.get_absolute_url()}acts/{WAITS[row.state][0]}/", due_at=getattr(row, "due_at", None),
            urgency="high" if row.rank >= 3 else "normal", icon="urgent",
        )
        for row in waiting(account).order_by("-rank", F("due_at").asc(nulls_last=True))[:50]
    ] + _onward_items(account)  # fmt: skip


def _onward_items(account: Account) -> list[DeskItem]:
    """Onward reports that this authority owes."""
    own = [organisation.pk for organisation in account.organisations_with(Can.FORWARD)]
    if not own:
        return []
    seen = scoped(Incident.objects.all(), account, Can.FORWARD).order_by().values("pk")
    due = Report.objects.filter(incident__in=seen, bearer__in=own, stage=Stage.ONWARD, filed_at=None, cancelled_at=None)
    return [
        DeskItem(
            what=_("Send the onward report"), title=line.incident.title, number=line.incident.number, urgency="high",
            url=f"{line.incident.get_absolute_url()}acts/forward/", due_at=line.clock.due_at if line.clock else None,
            organisation=line.incident.operator.name, icon="urgent",
        )
        for line in due.select_related("incident__operator", "clock").order_by("pk")[:50]
    ]  # fmt: skip


def find_hits(account: Account, words: str) -> list[Hit]:
    """Incidents by number or words, for the search."""
    if not account.can(Can.SEE):
        return []
    rows = incidents(account).filter(Q(number__icontains=words) | Q(title__icontains=words)).order_by("-pk")[:8]
    return [
        Hit(_("Incident"), f"{row.number} {row.title}", row.get_absolute_url(), row.operator.name, "urgent")
        for row in rows
    ]


# ---- figures for the situation room


def open_by_level(account: Account) -> list[tuple[str, str, int]]:
    """(rank, name of the level, open incidents), gravest first."""
    counted = dict(
        open_incidents(account)
        .order_by()
        .values("rank")
        .annotate(n=Count("pk", distinct=True))
        .values_list("rank", "n")
    )
    return [(rank, name, counted.get(int(rank), 0)) for rank, name in level_choices()]


@dataclass(frozen=True)
class OnTime:
    """How many report duties were met in time; duties "at once" have no number and are not counted."""

    met: int
    late: int

    @property
    def rate(self) -> float | None:
        """Share in time, None where nothing was due."""
        total = self.met + self.late
        return self.met / total if total else None


def on_time(account: Account, *, at: datetime, days: int = 90) -> OnTime:
    """The on-time rate of the last days: fulfilled in time, against late and still overdue."""
    seen = scoped(Incident.objects.all(), account, Can.SEE).order_by().values("pk")
    rows = Report.objects.filter(incident__in=seen, starts_at__gte=at - timedelta(days=days), clock__has_number=True)
    counted = rows.aggregate(
        met=Count("pk", filter=Q(clock__state="met")),
        late=Count("pk", filter=Q(clock__state="missed") | Q(clock__state="running", clock__due_at__lt=at)),
    )
    return OnTime(counted["met"], counted["late"])


def operators_to_report_for(account: Account, right: Can) -> QuerySet[Organisation]:
    """The operators for which this person may open an incident."""
    return registry.operators_where(account, right).order_by("code")


def units_to_choose(account: Account, operators: QuerySet[Organisation]) -> QuerySet[NetworkUnit]:
    """Units in service of these operators that the person sees; their CII marks are not shown in a choice."""
    rows = registry.units(account, with_cii=False).filter(operator__in=operators.order_by().values("pk"))
    return rows.exclude(state="withdrawn").order_by("operator__code", "code")


def late_clocks(*, at: datetime) -> QuerySet[Clock]:
    """Running clocks of the incident of the outer query that are past their due time."""
    return _running_clocks().filter(has_number=True, due_at__lt=at)


@dataclass(frozen=True)
class Load:
    """What lies at an operator: every incident on file, those open, and those of them with an overdue duty."""

    total: int
    open: int
    overdue: int


def load_by_operator(account: Account, *, at: datetime) -> dict[int, Load] | None:
    """Operator id → its incidents, with one query; None for whoever may not see incidents."""
    if not account.can(Can.SEE):
        return None
    is_open = ~Q(state__in=DONE)
    rows = scoped(Incident.objects.all(), account, Can.SEE).annotate(is_late=Exists(late_clocks(at=at))).order_by()
    counted = rows.values("operator").annotate(
        total=Count("pk"), open=Count("pk", filter=is_open), overdue=Count("pk", filter=is_open & Q(is_late=True))
    )
    return {row["operator"]: Load(row["total"], row["open"], row["overdue"]) for row in counted}


def running_clocks(incidents: Iterable[Incident]) -> dict[int, list[Clock]]:
    """Incident id → its running clocks, soonest first; one query for all of them."""
    found: dict[int, list[Clock]] = {}
    rows = Clock.objects.filter(
        thing_kind="respond.incident", thing_id__in=[incident.pk for incident in incidents], state="running"
    ).select_related("bearer")
    for running in rows.order_by(F("due_at").asc(nulls_last=True), "pk"):
        found.setdefault(running.thing_id, []).append(running)
    return found
