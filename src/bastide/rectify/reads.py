"""What of rectification is seen: findings and orders in the sight of the account, and the numbers over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import Http404

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import scoped, scoped_by_any
from bastide.base.vault import reads as vault
from bastide.base.vault.models import EvidenceFile
from bastide.rectify import criteria
from bastide.rectify.access import Can
from bastide.rectify.models import Finding, FindingImport, FindingImportRow, Order, OrderLine, Verification

# An operator sees a finding of its own once it was confirmed to it or ordered.
TOLD = Q(source_kind=Finding.Source.INSPECTION) | ~Q(state__in=[Finding.State.OPEN, Finding.State.WITHDRAWN])


def findings(account: Account) -> QuerySet[Finding]:
    rows = Finding.objects.select_related("operator", "unit", "returns")
    return scoped_by_any(rows, account, {Can.SEE_FINDING: Q(), Can.SEE_OWN_FINDING: TOLD})


def finding_for(account: Account, number: str) -> Finding:
    """One finding in sight; 404 otherwise."""
    found = findings(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def orders(account: Account) -> QuerySet[Order]:
    """Orders in the sight of the account; an operator's from the service on."""
    rows = Order.objects.select_related("operator", "authority")
    return scoped_by_any(rows, account, {Can.SEE_ORDER: Q(), Can.SEE_OWN_ORDER: ~Q(state__in=Order.HIDDEN)})


def with_line_counts(rows: QuerySet[Order]) -> QuerySet[Order]:
    """The same orders with `line_count`, how many findings stand under each."""
    lines = OrderLine.objects.filter(order=OuterRef("pk"), released=False).order_by().values("order")
    return rows.annotate(line_count=Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n")), 0))


def order_for(account: Account, number: str) -> Order:
    found = orders(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def lines(account: Account) -> QuerySet[OrderLine]:
    """Findings under visible orders."""
    return OrderLine.objects.filter(order_id__in=orders(account).order_by().values("pk")).select_related(
        "order", "finding"
    )


def verifications(account: Account) -> QuerySet[Verification]:
    return Verification.objects.filter(order_id__in=orders(account).order_by().values("pk")).select_related("order")


def lines_of(order: Order) -> list[OrderLine]:
    """The findings under an order, gravest first, with the number of files handed in for each."""
    rank = {severity.id: severity.rank for severity in packs.pack(order.pack).severities}
    lines = list(order.lines.select_related("finding__unit", "finding__operator", "order"))
    files = _files("rectify.orderline", [line.pk for line in lines])
    for line in lines:
        line.__dict__["files"] = files.get(line.pk, [])
    return sorted(lines, key=lambda line: (-rank.get(line.finding.severity, 0), line.pk))


def _files(kind: str, pks: list[int]) -> dict[int, list[EvidenceFile]]:
    found: dict[int, list[EvidenceFile]] = {}
    for file in (
        EvidenceFile.objects.filter(thing_kind=kind, thing_id__in=pks).select_related("received_by").order_by("pk")
    ):
        found.setdefault(file.thing_id or 0, []).append(file)
    return found


def proofs_of(account: Account, finding: Finding) -> list[EvidenceFile]:
    """The evidence of a finding's source that this account may see."""
    return list(vault.visible(account).filter(pk__in=finding.proofs)) if finding.proofs else []


def free_findings(account: Account) -> QuerySet[Finding]:
    """Open findings that stand in no order yet."""
    taken = OrderLine.objects.filter(released=False, finding=OuterRef("pk"))
    return findings(account).filter(~Exists(taken), state=Finding.State.OPEN)


def order_of(finding: Finding) -> Order | None:
    """The order a finding stands under."""
    line = finding.lines.filter(released=False).select_related("order__operator", "order__authority").first()
    return line.order if line else None


def kin_of(account: Account, finding: Finding) -> QuerySet[Finding]:
    """Other findings against the same clause in this account's sight: what recurs here, and what recurs elsewhere."""
    return findings(account).filter(clause=finding.clause).exclude(pk=finding.pk).exclude(state=Finding.State.WITHDRAWN)


def operators_beside(finding: Finding, kin: QuerySet[Finding]) -> int:
    """How many other operators have one of these; one look into an index each, however many findings they have."""
    others = Organisation.objects.exclude(pk=finding.operator_id)
    return others.filter(Exists(kin.filter(operator=OuterRef("pk")))).count()


# ---- findings out of files


def finding_imports(account: Account) -> QuerySet[FindingImport]:
    """Files handed in by an authority within which the account may record findings."""
    rows = FindingImport.objects.select_related("owner", "created_by").defer("faults")
    return scoped(rows, account, Can.RECORD_FINDING)


def finding_import_for(account: Account, number: str) -> FindingImport:
    found = finding_imports(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def rows_of(account: Account, thing: FindingImport) -> QuerySet[FindingImportRow]:
    """The rows of a file, each with `seen`: number of the finding it became or repeats, if that is in sight."""
    visible = findings(account).order_by()
    key = Concat(Value(FindingImportRow.KEY), Cast("source_id", CharField()), Value("/"), Cast("position", CharField()))
    made = visible.filter(~Q(source_key=""), source_key=OuterRef("made_key")).values("number")[:1]
    twin = visible.filter(pk=OuterRef("twin")).values("number")[:1]
    return thing.rows.annotate(made_key=key).annotate(seen=Coalesce(Subquery(made), Subquery(twin)))


# ---- what evidence is kept for

UNFINISHED = (Finding.State.OPEN, Finding.State.ORDERED, Finding.State.VERIFIED)


def is_unfinished(thing: Finding | Order | OrderLine | Verification) -> bool:
    """Does rectification still ask something of somebody over this thing?"""
    if isinstance(thing, Finding):
        return thing.state in UNFINISHED
    order = thing if isinstance(thing, Order) else thing.order
    return order.is_alive or order.state == Order.State.DRAFT


def leans_on(evidence: EvidenceFile) -> bool:
    """Is a file the proof of a finding that is not closed? Whoever the file is kept for: that may be the authority."""
    rows = Finding.objects.filter(state__in=UNFINISHED).exclude(proofs=[])
    return any(evidence.pk in proofs for proofs in rows.order_by().values_list("proofs", flat=True))


# ---- numbers


def open_orders(account: Account) -> QuerySet[Order]:
    """Orders served and not ended."""
    return orders(account).filter(state__in=Order.ALIVE)


def overdue_orders(account: Account) -> QuerySet[Order]:
    """Orders whose limit passed before the evidence was in."""
    return orders(account).filter(state__in=[Order.State.OVERDUE, Order.State.INTERVIEWED])


def open_findings(account: Account) -> QuerySet[Finding]:
    return findings(account).filter(state__in=[Finding.State.OPEN, Finding.State.ORDERED])


def findings_by_severity(account: Account) -> dict[str, int]:
    """Severity → open findings, gravest first; severities without any count 0."""
    counted = dict(open_findings(account).order_by().values_list("severity").annotate(n=Count("pk")))
    ranked = sorted(packs.active().severities, key=lambda severity: -severity.rank)
    return {severity.id: counted.get(severity.id, 0) for severity in ranked}


@dataclass(frozen=True)
class Punctuality:
    """How many orders ended, how many of them had run over their limit, and the share that had not."""

    ended: int
    late: int

    @property
    def rate(self) -> float | None:
        return criteria.on_time_rate(self.ended, self.late)


def punctuality(account: Account, *, since: datetime | None = None) -> Punctuality:
    """Over the orders in sight that were verified or closed (since a moment)."""
    ended = orders(account).filter(state__in=[Order.State.VERIFIED, Order.State.CLOSED])
    if since is not None:
        ended = ended.filter(verified_at__gte=since)
    counted = ended.aggregate(all=Count("pk"), late=Count("pk", filter=Q(overdue_since__isnull=False)))
    return Punctuality(counted["all"], counted["late"])


def on_time_rate(account: Account, *, since: datetime | None = None) -> float | None:
    return punctuality(account, since=since).rate


def recurrence(account: Account, operator_id: int) -> Punctuality:
    """How many findings of an operator there are (`ended`) and how many came back after they were closed (`late`)."""
    counted = findings(account).filter(operator_id=operator_id).aggregate(
        all=Count("pk"), back=Count("pk", filter=Q(returns__isnull=False))
    )  # fmt: skip
    return Punctuality(counted["all"], counted["back"])


def waiting(account: Account) -> QuerySet[Order]:
    """Orders in which this account has the next move."""
    state, moves, wanted = Order.State, Q(pk__in=[]), set[str]()
    for right, states in {
        Can.ISSUE_ORDER: [state.DRAFT],
        Can.REVIEW_PLAN: [state.PLAN_SUBMITTED],
        Can.DECIDE_EXTENSION: [state.EXTENSION_REQUESTED],
        Can.CLOSE_ORDER: [state.VERIFIED],
        Can.INTERVIEW: [state.OVERDUE],
        Can.ANSWER_ORDER: [
            state.ISSUED, state.RECEIVED, state.PLAN_RETURNED, state.IN_PROGRESS, state.VERIFY_FAILED, state.OVERDUE,
            state.INTERVIEWED,
        ],
    }.items():  # fmt: skip
        if account.can(right):
            moves |= Q(state__in=states)
            wanted.update(states)
    if account.can(Can.VERIFY):
        wanted.add(state.EVIDENCE_SUBMITTED)
        moves |= Q(state=state.EVIDENCE_SUBMITTED) & ~Q(issued_by=account) & ~Q(created_by=account)
    return orders(account).filter(moves, state__in=wanted)  # the states once more: this is what an index knows


def verifications_of(order: Order) -> list[Verification]:
    """Every look at an order with its outcomes and evidence, newest first; three queries however many."""
    rows = order.verifications.select_related("verifier", "assisted_by", "order").prefetch_related(
        "outcomes__line__finding"
    )
    found = list(rows.order_by("-pk"))
    files = _files("rectify.verification", [seen.pk for seen in found])
    for seen in found:
        seen.__dict__["files"] = files.get(seen.pk, [])
    return found


def sees_orders(account: Account) -> bool:
    return account.can(Can.SEE_ORDER) or account.can(Can.SEE_OWN_ORDER)


@dataclass(frozen=True)
class Load:
    """What lies at an operator: orders served and not ended, and those of them past their limit."""

    open: int
    overdue: int


def load_by_operator(account: Account) -> dict[int, Load] | None:
    """Operator id → its orders, with one query; None for whoever may not see orders."""
    if not sees_orders(account):
        return None
    counted = (
        open_orders(account).order_by().values_list("operator").annotate(
            n=Count("pk"), late=Count("pk", filter=Q(state__in=[Order.State.OVERDUE, Order.State.INTERVIEWED]))
        )
    )  # fmt: skip
    return {operator_id: Load(number, late) for operator_id, number, late in counted}
