"""What is seen of early warnings: the whole by the offices that make them, what was told to all by the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils.translation import gettext as _

from bastide.base import packs, terms
from bastide.base.clock.models import Clock
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import scoped
from bastide.registry import reads as registry
from bastide.respond import reads as respond
from bastide.share import criteria
from bastide.share.access import Can
from bastide.share.criteria import Hit, Reason, Runs, Targets
from bastide.share.models import Delivery, EarlyWarning

W, D = EarlyWarning.State, Delivery.State
TOLD = (W.PUBLISHED, W.LIFTED)
ENDED = (W.LIFTED, W.WITHDRAWN)


# ---- warnings


def warnings(account: Account) -> QuerySet[EarlyWarning]:
    """Warnings in sight: those of one's office, and – once published – those delivered within one's sight."""
    rows = EarlyWarning.objects.select_related("issuer", "office")
    inside = scoped(EarlyWarning.objects.all(), account, Can.SEE).order_by().values("pk")
    told = EarlyWarning.objects.filter(state__in=TOLD)
    received = scoped(told, account, Can.SEE_RECEIVED).order_by().values("pk")
    seen = Q(pk__in=inside) | Q(pk__in=received)
    if account.can(Can.SEE):
        seen |= Q(state__in=TOLD, pk__in=_deliveries(account).order_by().values("warning"))
    return rows.filter(seen)


def warning_for(account: Account, number: str) -> EarlyWarning:
    """One warning by its number; out of sight is 404."""
    found = warnings(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def is_insider(account: Account, warning: EarlyWarning) -> bool:
    """Does this person read the whole warning – where it came from, and everyone it went to?

    The national authority does, and the offices that issue it or proposed it. Everyone else reads what was told to all.
    """
    if account.is_house:
        return account.can(Can.SEE)
    ours = [one for one in account.organisations_with(Can.SEE) if one.is_authority]
    near = warning.issuer.area
    return any(
        one.is_national or one.pk in {warning.issuer_id, warning.office_id} or (near and one.area == near)
        for one in ours
    )


def with_progress(rows: QuerySet[EarlyWarning], account: Account) -> QuerySet[EarlyWarning]:
    """The same rows with the number of deliveries in sight: told, acknowledged, answered."""
    mine = Q(deliveries__in=_deliveries(account).order_by().values("pk"))
    signed = Q(deliveries__state__in=[D.ACKNOWLEDGED, D.ACTION_REPORTED])
    return rows.annotate(
        told=Count("deliveries", filter=mine, distinct=True),
        signed=Count("deliveries", filter=mine & signed, distinct=True),
        acted=Count("deliveries", filter=mine & Q(deliveries__state=D.ACTION_REPORTED), distinct=True),
    )


def of_incident(account: Account, number: str) -> QuerySet[EarlyWarning]:
    """The warnings that came of an incident, for those who may know where they came from."""
    inside = scoped(EarlyWarning.objects.all(), account, Can.SEE)
    return inside.filter(incident=number).select_related("issuer", "office")


# ---- deliveries


def _deliveries(account: Account) -> QuerySet[Delivery]:
    return scoped(Delivery.objects.all(), account, Can.SEE_DELIVERY)


def deliveries(account: Account) -> QuerySet[Delivery]:
    """Deliveries in sight, with the time the next answer is due: one's own, or those of one's office and province."""
    rows = _deliveries(account).select_related("warning__issuer", "operator")
    return rows.annotate(due_at=Subquery(_running().order_by(F("due_at").asc(nulls_last=True)).values("due_at")[:1]))


def delivery_for(account: Account, number: str) -> Delivery:
    """One delivery by its number; out of sight is 404."""
    found = deliveries(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _running() -> QuerySet[Clock]:
    return Clock.objects.filter(thing_kind="share.delivery", thing_id=OuterRef("pk"), state="running")


def overdue(rows: QuerySet[Delivery], wanted: bool = True) -> QuerySet[Delivery]:
    """Deliveries with (or without) an answer that is late."""
    late = _running().filter(due_at__lt=terms.now())
    return rows.filter(Exists(late) if wanted else ~Exists(late))


def unanswered(rows: QuerySet[Delivery], wanted: bool = True) -> QuerySet[Delivery]:
    """Deliveries of warnings in force whose acknowledgement is owed (or is not)."""
    owed = Q(state__in=Delivery.UNANSWERED, warning__state=W.PUBLISHED)
    return rows.filter(owed) if wanted else rows.exclude(owed)


def answers_owed(account: Account) -> QuerySet[Delivery]:
    """Deliveries that this person's organisation still has to answer."""
    mine = scoped(Delivery.objects.all(), account, Can.ANSWER).order_by().values("pk")
    rows = deliveries(account).filter(pk__in=mine, warning__state=W.PUBLISHED)
    return rows.filter(Q(state__in=Delivery.UNANSWERED) | Q(state=D.ACKNOWLEDGED) & Exists(_running()))


def colour_choices() -> list[tuple[str, str]]:
    """The colours of the pack in force, gravest first."""
    return [(colour.id, str(colour.name)) for colour in sorted(packs.active().colours, key=lambda one: -one.rank)]


# ---- who is concerned


@dataclass(frozen=True)
class Concerned:
    """An operator that a warning would go to, and why."""

    operator: Organisation
    reasons: list[Reason]

    @property
    def words(self) -> list[str]:
        return [said(reason.kind, reason.what) for reason in self.reasons]


def concerned(account: Account, targets: Targets) -> list[Concerned]:
    """Whom a warning with these targets goes to, as far as this account sees the register."""
    operators = {one.code: one for one in registry.operators(account).filter(is_active=True).order_by("code")}
    if targets.is_empty:
        return []
    runs: dict[int, list[tuple[str, str]]] = {}
    units = registry.units(account, with_cii=False).exclude(state="withdrawn")
    if targets.areas or targets.network_types:
        for operator_id, kind, area in units.order_by().values_list("operator", "network_type", "area").distinct():
            runs.setdefault(operator_id, []).append((kind, area))
    known = [Runs(one.code, one.area, tuple(runs.get(one.pk, ()))) for one in operators.values()]
    named = list(units.filter(number__in=targets.units).order_by("number"))
    found = criteria.concerned(targets, known, _hits(named, targets.dependants))
    return [Concerned(operators[code], reasons) for code, reasons in found.items()]


def _hits(named: Iterable[Any], dependants: bool) -> list[Hit]:
    """The units named, and those that fail with them."""
    hits, seen = [], set[str]()
    for unit in named:
        hits.append(Hit(unit.operator.code, unit.number))
        seen.add(unit.number)
    for unit in named if dependants else ():
        for other in registry.dependants_of(unit):
            if other.number not in seen:
                seen.add(other.number)
                hits.append(Hit(other.operator.code, other.number, unit.number))
    return hits


def said(kind: str, what: Iterable[str]) -> str:
    """A reason in words."""
    law, parts = packs.active(), list(what)
    if kind == "everybody":
        return _("everyone is told")
    if kind == "area":
        return _("works in %(areas)s") % {"areas": _(", ").join(str(law.area_name(code)) for code in parts)}
    if kind == "network":
        return _("runs %(networks)s") % {"networks": _(", ").join(_network(law, code) for code in parts)}
    if kind == "area_network":
        pairs = zip(parts[::2], parts[1::2], strict=True)
        both = [
            _("%(network)s in %(area)s") % {"network": _network(law, kind), "area": law.area_name(area)}
            for kind, area in pairs
        ]
        return _("runs %(networks)s") % {"networks": _(", ").join(both)}
    if kind == "operator":
        return _("was chosen by name")
    if kind == "unit":
        return _("runs %(networks)s") % {"networks": _(", ").join(parts)}
    return _("%(unit)s depends on %(other)s") % {"unit": parts[0], "other": parts[1]}


def _network(law: packs.Pack, code: str) -> str:
    try:
        return str(law.network_type(code).name)
    except LookupError:
        return code


def reasons_of(delivery: Delivery) -> list[str]:
    """Why this operator was told, in words; for the authority alone."""
    return [said(reason["kind"], reason["what"]) for reason in delivery.reasons]


# ---- from an incident


CATEGORY_OF = {
    "malware": "malware", "attack": "intrusion", "data": "leak", "fault": "outage", "hazard": "vulnerability",
    "anomaly": "intrusion",
}  # fmt: skip


def prefilled(account: Account, number: str) -> Mapping[str, Any]:
    """What a proposal takes over from an incident. Nothing that tells who was hit: a warning goes to others."""
    try:
        incident = respond.incident_for(account, number)
    except Http404:
        return {}
    nature = incident.get_nature_display()
    first = {
        "incident": incident.number, "category": CATEGORY_OF.get(incident.nature, "hazard"),
        "title": _("Security risk: %(nature)s") % {"nature": nature}, "areas": [incident.area] if incident.area else [],
        "network_types": sorted({unit.network_type for unit in incident.units.all() if unit.network_type}),
    }  # fmt: skip
    colour = colour_of(incident)
    return {**first, "colour": colour} if colour else first


def colour_of(incident: Any) -> str:
    """The gravest colour that is paired with a level of the incident (of `respond`)."""
    law = packs.active()
    paired = [law.colour_for(view.scale.id, view.level.id) for view in incident.levels if view.level]
    return max((colour for colour in paired if colour), key=lambda one: one.rank).id if any(paired) else ""


# ---- numbers for the situation room


@dataclass(frozen=True)
class InForce:
    """How many warnings of a colour are in force."""

    colour: str
    name: str
    count: int


def published_by_colour(account: Account) -> list[InForce]:
    """One line per colour of the pack, gravest first, those without any counting 0."""
    rows = warnings(account).filter(state=W.PUBLISHED).order_by().values("colour").annotate(n=Count("pk"))
    counted = dict(rows.values_list("colour", "n"))
    return [InForce(colour, name, counted.get(colour, 0)) for colour, name in colour_choices()]


def unacknowledged(account: Account) -> QuerySet[Delivery]:
    """Deliveries whose acknowledgement is owed: the list `?unanswered=yes`."""
    return unanswered(deliveries(account))


def overdue_deliveries(account: Account) -> QuerySet[Delivery]:
    """Deliveries with a late acknowledgement or report: the list `?overdue=yes`."""
    return overdue(deliveries(account))


def reviews_due(account: Account, *, at: datetime, days: int = 1) -> QuerySet[EarlyWarning]:
    """Warnings in force of one's office whose review falls due within so many days, or did already; with `due_at`."""
    running = Clock.objects.filter(thing_kind="share.earlywarning", thing_id=OuterRef("pk"), state="running")
    rows = scoped(EarlyWarning.objects.filter(state=W.PUBLISHED), account, Can.LIFT).select_related("issuer")
    soon = rows.filter(Exists(running.filter(due_at__lt=at + timedelta(days=days))))
    return soon.annotate(due_at=Subquery(running.order_by("due_at").values("due_at")[:1]))


def by_state(account: Account, warning: EarlyWarning) -> dict[str, int]:
    """State → deliveries of a warning, as far as in sight."""
    rows = _deliveries(account).filter(warning=warning).order_by().values("state")
    return dict(rows.annotate(n=Count("pk")).values_list("state", "n"))


@dataclass(frozen=True)
class Answers:
    """Deliveries of warnings in force to an operator or of a colour, and those whose acknowledgement is owed."""

    told: int
    owed: int


def answers_by_operator(account: Account) -> dict[int, Answers] | None:
    """Operator id → deliveries of warnings in force, with one query; None for whoever may not see deliveries."""
    return _answers(account, "operator")


def answers_by_colour(account: Account) -> dict[str, Answers] | None:
    """Colour → the same."""
    return _answers(account, "warning__colour")


def _answers(account: Account, path: str) -> dict[Any, Answers] | None:
    if not account.can(Can.SEE_DELIVERY):
        return None
    rows = _deliveries(account).filter(warning__state=W.PUBLISHED).order_by().values_list(path)
    counted = rows.annotate(told=Count("pk"), owed=Count("pk", filter=Q(state__in=Delivery.UNANSWERED)))
    return {key: Answers(told, owed) for key, told, owed in counted}


def lists_warnings(account: Account) -> bool:
    """Does this account have the list of warnings? Recipients have the list of their deliveries."""
    return account.can(Can.SEE)
