"""Findings, the orders they stand under, the limits that still run, and alerts: what an authority works on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bastide.base import packs, terms
from bastide.base.clock.duty import term_of
from bastide.base.clock.reading import Event, Reading, What, read
from bastide.demo.bulk.ground import ALERTS, FINDINGS, Ground, Operator, some_unit
from bastide.demo.bulk.pouring import Row, next_id
from bastide.monitor import criteria
from bastide.monitor.models import Alert, RuleRecord
from bastide.rectify.models import Finding, Order

TOGETHER = 5  # findings in one order
CLAUSES = ("O11 13", "O11 7(1)", "CIIR 26", "CSL 23", "INC25 8", "APL 28", "CIIR 17")
FAULTS = (
    ("弱口令", "管理口令为出厂口令或少于八位。", "更换口令并启用多因素认证。"),
    ("关键数据无异地备份", "备份与生产同处一室。", "建立异地备份并做恢复演练。"),
    ("高危端口对互联网开放", "远程管理端口可由互联网直接访问。", "关闭端口或限定来源地址。"),
    ("补丁未及时更新", "操作系统存在已公布的高危漏洞。", "三十日内完成补丁更新并复测。"),
    ("日志留存不足六个月", "网络日志仅保存九十日。", "扩充存储并将留存期调整至六个月以上。"),
    ("应急预案未演练", "本年度未组织网络安全应急演练。", "组织演练并提交总结报告。"),
    ("资产台账不完整", "新上线设备未登记入账。", "补登资产并建立变更流程。"),
    ("权限未定期复核", "离职人员账号仍可登录。", "清理账号并每季度复核权限。"),
)
SEVERITIES = {"low": 40, "medium": 35, "high": 20, "critical": 5}
HOURS = timedelta(hours=1)


@dataclass(frozen=True)
class Case:
    """Findings found together at one operator, and the order over them, if there is one."""

    operator: Operator
    found: datetime
    first: int  # place of the first finding
    severities: tuple[str, ...]
    order: int | None  # place of the order
    state: str  # of the order; "open" or "withdrawn" without one
    limit: Reading | None  # of an order: how its clock reads

    @property
    def due(self) -> datetime | None:
        return self.limit.due_at if self.limit else None

    @property
    def served(self) -> datetime:
        return self.found + 30 * HOURS

    @property
    def gravest(self) -> str:
        return next(name for name in reversed(SEVERITIES) if name in self.severities)

    @property
    def ended(self) -> datetime:
        """When a closed order was closed."""
        return self.served + timedelta(days=12)

    @property
    def finding_state(self) -> str:
        return {"closed": "closed", "withdrawn": "withdrawn", "open": "open"}.get(self.state, "ordered")


def cases(ground: Ground) -> Iterator[Case]:
    """In the order of time: most are ordered and closed, the young ones still run, one in forty is late."""
    chance, count, orders = ground.chance, FINDINGS * ground.scale // TOGETHER, 0
    operators = chance.choices(ground.operators, [one.size**0.5 for one in ground.operators], k=count)
    for n, operator in enumerate(operators):
        found = ground.when(n / count).replace(microsecond=0) - 2 * HOURS
        severities = tuple(chance.choices(list(SEVERITIES), list(SEVERITIES.values()), k=TOGETHER))
        case = Case(operator, found, n * TOGETHER, severities, None, "open", None)
        luck = chance.random()
        if luck < 0.4 or case.served + HOURS > ground.at:
            yield replace(case, state="withdrawn") if luck < 0.04 else case
            continue
        limit = _limit(case)
        if limit.due_at is None or limit.due_at > ground.at:
            state = "in_progress"
        else:
            state = "overdue" if luck < 0.415 or case.ended > ground.at else "closed"
        yield replace(case, order=orders, state=state, limit=limit)
        orders += 1


def _limit(case: Case) -> Reading:
    """The limit of the gravest finding, read by the clock's own arithmetic."""
    law = packs.active()
    term = term_of(law.clock(law.severity(case.gravest).clock))
    calendar, zone = terms.calendar(law.manifest.calendar), ZoneInfo(law.manifest.zone)
    return read([Event(What.START, case.served)], term, calendar, zone)


def findings(ground: Ground, these: list[Case], first: int, base: int) -> Iterator[Row]:
    law = packs.active()
    for case in these:
        state, officer = case.finding_state, ground.officer_of(case.operator)
        for n, severity in enumerate(case.severities):
            title, text, measure = FAULTS[(case.first + n * 3) % len(FAULTS)]
            unit, _host = some_unit(ground, case.operator)
            yield {
                "id": base + case.first + n, "number": f"FND-{ground.at.year}-{first + case.first + n:06d}",
                "version": 1 if state == "open" else 2, "created_at": case.found + HOURS, "created_by_id": officer.pk,
                "operator_id": case.operator.pk, "unit_id": unit, "state": state,
                "source_kind": ("inspection", "assessment", "vulnerability", "inspection")[(case.first // 5) % 4],
                "clause": CLAUSES[(case.first + n) % len(CLAUSES)], "pack": law.id, "pack_version": law.version,
                "severity": severity, "title": title, "text": text, "measure": measure, "found_at": case.found,
                "verified_at": case.ended if state == "closed" else None,
                "closed_at": case.ended if state == "closed" else None,
                "withdrawn_reason": "重复登记" if state == "withdrawn" else "",
            }  # fmt: skip


def orders(ground: Ground, these: list[Case], first: int, base: int) -> Iterator[Row]:
    law = packs.active()
    for case in these:
        if case.order is None:
            continue
        officer, one = ground.officer_of(case.operator), case.operator
        planned, done = case.served + 24 * HOURS, case.ended if case.state == "closed" else None
        yield {
            "id": base + case.order, "number": f"ORD-{ground.at.year}-{first + case.order:06d}", "version": 6,
            "created_at": case.found + 2 * HOURS, "created_by_id": officer.pk, "operator_id": one.pk,
            "authority_id": ground.office_of(one).pk, "state": case.state, "pack": law.id, "pack_version": law.version,
            "legal_basis": ["CIIR 26", "APL 28"], "source": "检查发现", "one_limit": True, "gravest": case.gravest,
            "issued_by_id": officer.pk, "served_at": case.served, "limit_at": case.due,
            "received_at": case.served + HOURS, "received_by_id": one.officer, "responsible": "安全负责人（演示）",
            "planned_at": planned, "plan_accepted_at": planned, "plan_accepted_by_id": officer.pk,
            "percent": 100 if done else 30, "submitted_at": done and done - 48 * HOURS,
            "submitted_by_id": one.officer if done else None,
            "overdue_since": case.due if case.state == "overdue" else None,
            "verified_at": done, "closed_at": done, "closing_note": "已完成整改" if done else "",
        }  # fmt: skip


def lines(these: list[Case], findings_from: int, orders_from: int) -> Iterator[Row]:
    for case in these:
        if case.order is None:
            continue
        done = case.ended if case.state == "closed" else None
        for n in range(TOGETHER):
            yield {
                "order_id": orders_from + case.order, "finding_id": findings_from + case.first + n, "due_at": case.due,
                "plan_measure": "按要求整改", "plan_owner": "网络安全部", "done_what": "已按要求整改" if done else "",
                "done_by": "网络安全部" if done else "", "handed_in_at": done and done - 48 * HOURS,
                "verified_at": done,
            }  # fmt: skip


def clocks(ground: Ground, these: list[Case], first: int, base: int, ids: int) -> Iterator[Row]:
    """The limits of orders that run."""
    law = packs.active()
    calendar = terms.calendar(law.manifest.calendar)
    for n, case in enumerate(running(these)):
        kind, seen = law.clock(law.severity(case.gravest).clock), case.limit or _limit(case)
        term = term_of(kind)
        yield {
            "id": ids + n, "thing_kind": "rectify.order", "thing_id": base + (case.order or 0),
            "thing_number": f"ORD-{ground.at.year}-{first + (case.order or 0):06d}", "bearer_id": case.operator.pk,
            "area": case.operator.area, "type_id": kind.id, "pack_id": law.id, "pack_version": law.version,
            "name_zh": kind.name.zh, "name_en": kind.name.en, "mark": str(kind.mark), "clause": kind.clause,
            "owed_to": ",".join(kind.owed_to), "term_value": term.value, "term_unit": term.unit.value,
            "term_rolls": term.rolls, "zone": law.manifest.zone, "calendar_id": law.manifest.calendar,
            "calendar_version": calendar.version, "state": seen.state.value, "started_at": seen.started_at,
            "due_at": seen.due_at, "due_day": seen.due_day, "earliest_at": seen.earliest_at,
            "unknown_year": seen.unknown_year, "has_number": seen.has_number, "known_at": case.served,
            "overdue_told_for": seen.due_at if case.state == "overdue" else None,
        }  # fmt: skip


def running(these: list[Case]) -> list[Case]:
    return [case for case in these if case.state in {"in_progress", "overdue"}]


def clock_events(ground: Ground, these: list[Case], ids: int) -> Iterator[Row]:
    law = packs.active()
    for n, case in enumerate(running(these)):
        yield {
            "clock_id": ids + n, "what": What.START.value, "at": case.served, "known_at": case.served,
            "recorded_at": case.served, "clause": law.clock(law.severity(case.gravest).clock).clause,
            "fact": "rectify.order.issue", "by_id": ground.officer_of(case.operator).pk,
        }  # fmt: skip


STATES = {"false_positive": 72, "triaged": 13, "new": 15}


def alerts(ground: Ground, first: int) -> Iterator[Row]:
    """Of the last ninety days; most were judged harmless, the newest wait."""
    rules = list(RuleRecord.objects.filter(rejected="").order_by("pk").values_list("pk", "level"))
    chance, count, base = ground.chance, ALERTS * ground.scale, next_id(Alert)
    operators = chance.choices(ground.operators, [one.size**0.5 for one in ground.operators], k=count)
    seen: set[tuple[int, str, datetime]] = set()
    for n, one in enumerate(operators):
        rule, level = rules[n % len(rules)]
        at = ground.at - timedelta(days=90 * (1 - n / count), minutes=7)
        window = at.replace(minute=0, second=0, microsecond=0)
        unit, host = some_unit(ground, one)
        if (rule, host, window) in seen:
            window -= (n + 1) * timedelta(seconds=1)  # a window of its own, so that no two are the same alert
        seen.add((rule, host, window))
        state = "new" if n > 0.97 * count else chance.choices(list(STATES), list(STATES.values()))[0]
        yield {
            "id": base + n, "number": f"ALR-{ground.at.year}-{first + n:06d}", "created_at": at + HOURS / 4,
            "operator_id": one.pk, "source_id": one.source, "unit_id": unit, "rule_id": rule, "host": host,
            "window_start": window, "level": level, "rank": criteria.level_rank(level),
            "count": chance.randint(1, 40), "first_seen": at, "last_seen": at + HOURS / 10, "state": state,
            "reason": "运维操作，已核实" if state == "false_positive" else "",
            "version": 1 if state == "new" else 2, "created_by_id": one.officer,
        }  # fmt: skip


def bases() -> tuple[int, int]:
    """The first free ids of findings and orders."""
    return next_id(Finding), next_id(Order)
