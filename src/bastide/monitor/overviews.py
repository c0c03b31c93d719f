"""What lies over many alerts and rules: the same at several operators, what rules cover, and where they are blind."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min

from bastide.base.people.models import Account, Organisation
from bastide.monitor import reads
from bastide.monitor.models import Alert, RuleRecord, Source

ACROSS = timedelta(days=7)
# So many operators make a pattern of the sector.
LEAST = 2


@dataclass(frozen=True)
class Pattern:
    """One rule that raised alerts at several operators."""

    rule: RuleRecord
    operators: list[str]
    hosts: int
    alerts: int
    first: datetime
    last: datetime


def across(account: Account, *, at: datetime) -> list[Pattern]:
    """Rules with alerts at several operators in sight in the last days, most operators first; four queries.

    Whoever sees one operator alone sees no pattern: nothing of another is told.
    """
    rows = reads.alerts(account).filter(last_seen__gte=at - ACROSS).exclude(state=Alert.State.FALSE_POSITIVE)
    rows = rows.filter(rule__kind=RuleRecord.Kind.SIGMA)
    counted = (
        rows.order_by().values("rule")
        .annotate(
            n=Count("operator", distinct=True), hosts=Count("host", distinct=True), alerts=Count("pk"),
            first=Min("first_seen"), last=Max("last_seen"), rank=Max("rank"),
        )
        .filter(n__gte=LEAST).order_by("-n", "-rank", "-last")[:50]
    )  # fmt: skip
    found: dict[int, Any] = {int(row["rule"]): row for row in counted}
    pairs = rows.filter(rule__in=found).order_by().values_list("rule", "operator").distinct()
    operators: dict[int, set[int]] = defaultdict(set)
    for rule, operator in pairs:
        operators[int(rule)].add(int(operator))
    rules = RuleRecord.objects.defer("text").in_bulk(found)
    named = Organisation.objects.in_bulk(set().union(*operators.values()))
    return [
        Pattern(
            rules[pk], sorted(named[operator].name for operator in operators[pk]), row["hosts"], row["alerts"],
            row["first"], row["last"],
        )
        for pk, row in found.items()
    ]  # fmt: skip


@dataclass
class Technique:
    """A technique in the matrix: rules in force, and alerts they raised in the last days."""

    name: str
    rules: int = 0
    alerts: int = 0


@dataclass
class Covered:
    """What the rules in force cover, and which of them cannot fire."""

    tactics: list[tuple[str, list[Technique]]] = field(default_factory=list)
    rules: int = 0
    techniques: int = 0
    fields: int = 0
    blind: list[RuleRecord] = field(default_factory=list)
    wanted: list[tuple[str, int]] = field(default_factory=list)  # field that nobody sends → rules that look at it


def covered(account: Account, tactics: tuple[str, ...], *, at: datetime) -> Covered:
    """The matrix of the rules in force, and the rules none of whose fields any source in sight has sent."""
    rules = list(
        reads.rules(account).filter(kind=RuleRecord.Kind.SIGMA, is_enabled=True, rejected="").order_by("title")
    )
    raised = Counter(
        dict(
            reads.alerts(account).filter(last_seen__gte=at - timedelta(days=30)).order_by().values_list("rule")
            .annotate(n=Count("pk"))
        )
    )  # fmt: skip
    sent = {name for names in reads.sources(account).filter(state=Source.State.ACTIVE).values_list("fields", flat=True)
            for name in names}  # fmt: skip
    cells: dict[str, dict[str, Technique]] = {tactic: {} for tactic in tactics}
    for rule in rules:
        for tactic in rule.tactics:
            for name in rule.techniques or [""]:
                cell = cells[tactic].setdefault(name, Technique(name))
                cell.rules += 1
                cell.alerts += raised[rule.pk]
    blind = [rule for rule in rules if rule.fields and sent and not sent.intersection(rule.fields)]
    wanted = Counter(name for rule in blind for name in rule.fields)
    return Covered(
        [(tactic, sorted(found.values(), key=lambda one: (-one.rules, one.name))) for tactic, found in cells.items()],
        len(rules), len({name for rule in rules for name in rule.techniques}), len(sent), blind, wanted.most_common(20),
    )  # fmt: skip
