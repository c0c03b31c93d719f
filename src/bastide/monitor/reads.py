"""What of monitoring a person may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, Func, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import Http404
from django.utils import timezone

from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import scoped
from bastide.monitor import criteria
from bastide.monitor.access import Can
from bastide.monitor.models import Alert, Batch, Hunt, RuleException, RuleRecord, Source
from bastide.registry import reads as registry


def alerts(account: Account) -> QuerySet[Alert]:
    rows = Alert.objects.select_related("operator", "rule", "unit", "source", "assignee").defer(
        "evidence", "counted", "rule__text"
    )
    return scoped(rows, account, Can.SEE_ALERT)


def alert_for(account: Account, number: str) -> Alert:
    found = scoped(
        Alert.objects.select_related("operator", "rule", "unit", "source", "assignee"), account, Can.SEE_ALERT
    )
    alert = found.filter(number=number).first()
    if alert is None:
        raise Http404
    return alert


def alerts_waiting(account: Account) -> int:
    """New alerts of level high or above: what somebody should look at."""
    return _grave_and_new(account).count() if account.can(Can.TRIAGE) else 0


def _grave_and_new(account: Account) -> QuerySet[Alert]:
    rows = Alert.objects.filter(state=Alert.State.NEW, rank__gte=criteria.level_rank("high"))
    return scoped(rows, account, Can.TRIAGE)


def alerts_beside(account: Account, alert: Alert) -> QuerySet[Alert]:
    """Other alerts of the same host."""
    rows = alerts(account).filter(operator_id=alert.operator_id, host=alert.host).exclude(pk=alert.pk)
    return rows if alert.host else rows.none()


def batches(account: Account) -> QuerySet[Batch]:
    return scoped(Batch.objects.select_related("operator", "source"), account, Can.SEE_BATCH)


def batch_for(account: Account, number: str) -> Batch:
    batch = batches(account).filter(number=number).first()
    if batch is None:
        raise Http404
    return batch


def sources(account: Account) -> QuerySet[Source]:
    return scoped(Source.objects.select_related("operator"), account, Can.SEE_SOURCE)


def source_for(account: Account, number: str) -> Source:
    source = sources(account).filter(number=number).first()
    if source is None:
        raise Http404
    return source


def source_to_send(account: Account, name: str = "") -> Source:
    """The source a sender may feed: its own, or a named one in its scope. Raises Http404."""
    rows = scoped(Source.objects.select_related("operator"), account, Can.SEND)
    own = Source.objects.select_related("operator").filter(account=account)
    found = own.first() if own.exists() else rows.filter(name=name).first()
    if found is None or (name and found.name != name):
        raise Http404
    return found


def sources_to_send(account: Account) -> list[str]:
    """Names of the active sources this account may feed by hand."""
    rows = scoped(Source.objects.filter(state=Source.State.ACTIVE), account, Can.SEND)
    return list(rows.order_by("name").values_list("name", flat=True))


def sources_to_hunt(account: Account) -> QuerySet[Source]:
    """Sources whose events this account may search."""
    return scoped(Source.objects.all(), account, Can.HUNT)


def batches_to_hunt(account: Account) -> QuerySet[Batch]:
    """Batches whose events this account may search."""
    return scoped(Batch.objects.select_related("source", "operator"), account, Can.HUNT)


def batches_of_hunt(account: Account, owner: Organisation) -> QuerySet[Batch]:
    """Batches that a hunt of this organisation reads in the name of an account.

    Whoever belongs to two organisations sees what both see, but a hunt shows its finds to the people of its owner: it
    reads no further than these do.
    """
    rows = batches_to_hunt(account)
    if owner.is_national:
        return rows
    if owner.kind == Organisation.Kind.PROVINCIAL:
        return rows.filter(Q(operator__area=owner.area) | Q(operator=owner))
    return rows.filter(operator__in=owner.managed())


def hunts(account: Account) -> QuerySet[Hunt]:
    return scoped(Hunt.objects.select_related("owner", "rule", "asked_by").defer("result"), account, Can.HUNT)


def hunt_for(account: Account, number: str) -> Hunt:
    whole = Hunt.objects.select_related("owner", "rule", "operator", "source", "asked_by")
    hunt = scoped(whole, account, Can.HUNT).filter(number=number).first()
    if hunt is None:
        raise Http404
    return hunt


def rules(account: Account) -> QuerySet[RuleRecord]:
    return scoped(RuleRecord.objects.defer("text"), account, Can.SEE_RULE)


def titles(account: Account, rule_ids: Iterable[str]) -> dict[str, RuleRecord]:
    """Rules by their id, those the account may see."""
    return {rule.rule_id: rule for rule in rules(account).filter(rule_id__in=set(rule_ids))}


def exceptions(account: Account) -> QuerySet[RuleException]:
    return scoped(RuleException.objects.select_related("rule", "operator"), account, Can.SEE_RULE)


def exception_for(account: Account, number: str) -> RuleException:
    found = exceptions(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def rule_for(account: Account, pk: int) -> RuleRecord:
    rule = scoped(RuleRecord.objects.all(), account, Can.SEE_RULE).filter(pk=pk).first()
    if rule is None:
        raise Http404
    return rule


@dataclass(frozen=True)
class Heard:
    """When the last batch of each operator came, and of which that is too long ago or never was."""

    last: Mapping[int, datetime | None]
    silent: Set[int]


def heard(account: Account, operators: Iterable[int], *, at: datetime) -> Heard:
    """Whether these operators report, with one query; those supervised here (`registry.supervised`)."""
    own = sources(account).filter(state=Source.State.ACTIVE).order_by()
    last = dict.fromkeys(operators)
    found = own.values_list("operator").annotate(last=Max("last_batch_at"))
    last.update((pk, moment) for pk, moment in found if pk in last)
    return Heard(last, {pk for pk, moment in last.items() if criteria.is_silent(moment, at)})


@dataclass(frozen=True)
class Coverage:
    """Whether an operator reports."""

    operator: Organisation
    last_batch_at: datetime | None
    is_silent: bool


def coverage(account: Account, *, at: datetime) -> list[Coverage]:
    """Every operator supervised here, the longest silent first; two queries whatever their number.

    Of an operator seen only through a unit in one's province the sources are out of sight: nothing is said of it.
    """
    operators = {operator.pk: operator for operator in registry.supervised(account)}
    known = heard(account, operators, at=at)
    rows = [Coverage(operator, known.last[pk], pk in known.silent) for pk, operator in operators.items()]
    return sorted(rows, key=lambda row: (row.last_batch_at is not None, row.last_batch_at or at))


class Hour(Func):
    """The hour of a moment in UTC, as text. SQLite calls Python for every date it works out, and that for every row."""

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return super().as_sql(compiler, connection, template="SUBSTR(%(expressions)s, 1, 13)", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        said = "TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"
        return super().as_sql(compiler, connection, template=said, **more)


def alerts_by_day(
    account: Account, *, at: datetime, days: int = 30, rows: QuerySet[Alert] | None = None
) -> list[tuple[str, dict[str, int]]]:
    """(day, level → number of alerts) for the last days of the console's zone, oldest first, without gaps."""
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days - 1)
    counted = (
        (scoped(Alert.objects.all(), account, Can.SEE_ALERT) if rows is None else rows)
        .filter(first_seen__gte=since)
        .order_by()
        .annotate(hour=Hour("first_seen"))
        .values_list("hour", "level")
        .annotate(number=Count("pk"))
    )
    found: dict[str, Counter[str]] = {
        (since + timedelta(days=step)).date().isoformat(): Counter() for step in range(days)
    }
    day_of: dict[str, str] = {}  # of an hour, which comes once for each level
    for hour, level, number in counted:
        if hour not in day_of:
            begun = datetime.fromisoformat(f"{hour}:00:00+00:00")
            day_of[hour] = timezone.localtime(begun).date().isoformat()
        found.setdefault(day_of[hour], Counter())[level] += number
    return [(day, dict(levels)) for day, levels in sorted(found.items())]


# ---- figures for the situation room

OPEN = (Alert.State.NEW, Alert.State.TRIAGED)
SILENT_AFTER = criteria.SILENT_AFTER


def open_alerts(account: Account) -> QuerySet[Alert]:
    """Alerts in sight that were neither judged harmless nor escalated: the list `?open=yes`."""
    return alerts(account).filter(state__in=OPEN)


def still_open(rows: QuerySet[Alert], wanted: bool = True) -> QuerySet[Alert]:
    """Alerts that are (or are not) new or under watch."""
    return rows.filter(state__in=OPEN) if wanted else rows.exclude(state__in=OPEN)


class Open(NamedTuple):
    """Open alerts of an operator by level, the gravest first."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    informational: int = 0


class Number(Count):
    """A count as the database gives it: Django would pass each of thousands through a function that changes nothing."""

    convert_value = staticmethod(Count._convert_value_noop)  # type: ignore[attr-defined]


def open_by_operator(account: Account) -> dict[int, Open] | None:
    """Operator id → open alerts, for operators that have any, with one query; None for whoever may not see alerts."""
    if not account.can(Can.SEE_ALERT):
        return None
    levels = {level: Number("pk", filter=Q(level=level)) for level in Open._fields}
    rows = scoped(Alert.objects.filter(state__in=OPEN), account, Can.SEE_ALERT).order_by().values_list("operator")
    return {operator: Open(*counts) for operator, *counts in rows.annotate(**{f"n_{n}": c for n, c in levels.items()})}


def level_name(level: str) -> str:
    return str(Alert.Level(level).label)


def sees_coverage(account: Account) -> bool:
    """May this account know which operators send events?"""
    return account.can(Can.SEE_SOURCE)


def with_coverage(rows: QuerySet[Organisation], account: Account, *, at: datetime) -> QuerySet[Organisation]:
    """The same operators with `last_batch_at` and `coverage`: current, silent, or never heard of."""
    own = scoped(Source.objects.filter(state=Source.State.ACTIVE), account, Can.SEE_SOURCE)
    last = (
        own.filter(operator=OuterRef("pk")).order_by().values("operator").annotate(n=Max("last_batch_at")).values("n")
    )
    return rows.annotate(last_batch_at=Subquery(last)).annotate(
        coverage=Case(
            When(last_batch_at__isnull=True, then=Value("never")),
            When(last_batch_at__lt=at - SILENT_AFTER, then=Value("silent")),
            default=Value("current"),
            output_field=CharField(),
        )
    )
