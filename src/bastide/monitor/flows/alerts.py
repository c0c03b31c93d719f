"""What happens to an alert: raised and counted up by evaluation; triaged, dismissed or escalated by people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bastide.base.flow.machine import Flow, Step
from bastide.base.people.models import Account
from bastide.base.trail import outbox
from bastide.monitor import criteria, detect, facts
from bastide.monitor.access import Can
from bastide.monitor.models import Alert, Batch, RuleRecord
from bastide.registry import reads as registry

S = Alert.State


def _a_reason(alert: Alert, given: dict[str, Any]) -> Promise | None:
    return None if str(given.get("reason", "")).strip() else _("Say why, so that others can follow the judgement.")


ALERT = Flow(
    Alert,
    Step("raise", (), S.NEW, can=Can.RAISE, title=_("Raise"), by_hand=False),
    Step("triage", (S.NEW,), S.TRIAGED, can=Can.TRIAGE, title=_("Keep under watch")),
    Step(
        "mark_false",
        (S.NEW, S.TRIAGED),
        S.FALSE_POSITIVE,
        can=Can.TRIAGE,
        title=_("Mark as false positive"),
        needs=(_a_reason,),
    ),
    Step("reopen", (S.FALSE_POSITIVE,), S.TRIAGED, can=Can.TRIAGE, title=_("Look again"), needs=(_a_reason,)),
    Step(
        "escalate", (S.NEW, S.TRIAGED), S.ESCALATED, can=Can.ESCALATE, title=_("Escalate to an incident"), deciding=True
    ),
    Step("take", (S.NEW, S.TRIAGED), None, can=Can.TRIAGE, title=_("Look into it myself")),
    Step("remark", tuple(S), None, can=Can.TRIAGE, title=_("Add a remark"), needs=(_a_reason,)),
)


def take(alert: Alert, *, by: Account, at: datetime, version: int | None = None) -> Alert:
    """Somebody looks into it, so that two do not."""
    with ALERT.step("take", alert, by=by, at=at, version=version) as held:
        held.assignee = by
    return alert


def remark(alert: Alert, *, by: Account, at: datetime, reason: str, version: int | None = None) -> Alert:
    """Keep what was found out, in the trail of the alert."""
    with ALERT.step("remark", alert, by=by, at=at, version=version, note=reason, reason=reason):
        return alert


def triage(alert: Alert, *, by: Account, at: datetime, version: int | None = None, reason: str = "") -> Alert:
    """Somebody looked and keeps it under watch."""
    with ALERT.step("triage", alert, by=by, at=at, version=version, note=reason) as held:
        held.reason = reason
    return alert


def mark_false(alert: Alert, *, by: Account, at: datetime, reason: str, version: int | None = None) -> Alert:
    """Judge it harmless; the reason stays with it."""
    with ALERT.step("mark_false", alert, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.reason = reason
    return alert


def reopen(alert: Alert, *, by: Account, at: datetime, reason: str, version: int | None = None) -> Alert:
    """Look again at what was judged harmless."""
    with ALERT.step("reopen", alert, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.reason = reason
    return alert


def escalate(alert: Alert, *, by: Account, at: datetime, reason: str = "", version: int | None = None) -> Alert:
    """Judge it to be an incident. "Found or learned" is this very moment: now somebody knows (INC25 4)."""
    with ALERT.step("escalate", alert, by=by, at=at, version=version, note=reason) as held:
        held.reason = reason
        unit = held.unit.number if held.unit else ""
        outbox.announce(facts.AlertEscalated(held.number, held.operator_id, unit, held.title, by.pk, at, at), at=at)
    return alert


def raise_alerts(
    batch: Batch, found: Sequence[detect.Found], rules: detect.RuleSet, *, by: Account, at: datetime
) -> None:
    """Count a batch's matches into alerts: one per rule, host, operator and window. Idempotent per batch."""
    if not found:
        return
    records = {row.rule_id: row for row in RuleRecord.objects.filter(rule_id__in={one.rule_id for one in found})}
    for (rule_id, host, window), group in sorted(_grouped(batch, found).items(), key=lambda item: item[0]):
        if rule_id in records:
            rule = rules.rules[rules.by_id[rule_id]]
            _count(batch, records[rule_id], rule, host, window, group, by=by, at=at)


@dataclass
class _Group:
    """What a batch adds to one alert: how many events, from when to when, and the first of them."""

    first: datetime
    last: datetime
    count: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, moment: datetime, row: dict[str, Any]) -> None:
        self.count += 1
        self.first, self.last = min(self.first, moment), max(self.last, moment)
        if len(self.rows) < criteria.EVIDENCE_ROWS:
            self.rows.append(row)


def _grouped(batch: Batch, found: Sequence[detect.Found]) -> dict[tuple[str, str, datetime], _Group]:
    """(rule, host, window) → its matches; only the matched events are read into memory."""
    wanted = sorted({one.row for one in found})
    events = detect.events_of(batch).select(["at", "host", "raw"]).take(wanted)
    moments, hosts, texts = (column.to_pylist() for column in events.columns)
    place = {row: position for position, row in enumerate(wanted)}
    groups: dict[tuple[str, str, datetime], _Group] = {}
    for one in found:
        position = place[one.row]
        moment, host = moments[position] or batch.created_at, hosts[position] or ""
        row = {"batch": batch.number, "line": one.line, "at": moment.isoformat(), "event": texts[position]}
        key = (one.rule_id, host, criteria.window_start(moment))
        groups.setdefault(key, _Group(moment, moment)).add(moment, row)
    return groups


def _count(
    batch: Batch,
    record: RuleRecord,
    rule: detect.Rule,
    host: str,
    window: datetime,
    group: _Group,
    *,
    by: Account,
    at: datetime,
) -> None:
    held = (
        Alert.objects.select_for_update(of=("self",))
        .filter(rule=record, host=host, operator=batch.operator, window_start=window)
        .first()
    )
    if held is None:
        held = Alert(
            operator=batch.operator,
            source=batch.source,
            rule=record,
            host=host,
            window_start=window,
            level=record.level if record.level in criteria.LEVELS else "medium",
            rank=criteria.level_rank(record.level),
            count=0,
            first_seen=group.first,
            last_seen=group.last,
            unit=registry.unit_of_host(batch.operator_id, host) if host else None,
        )
    held.count += group.count - held.counted.get(batch.number, 0)
    held.counted = {**held.counted, batch.number: group.count}
    held.first_seen, held.last_seen = min(held.first_seen, group.first), max(held.last_seen, group.last)
    held.evidence = _evidence(held.evidence, batch, rule, group.rows)
    if held.pk is None:
        with ALERT.begin("raise", held, by=by, at=at):
            return
    held.version += 1
    held.save()


def _evidence(
    kept: Iterable[dict[str, Any]], batch: Batch, rule: detect.Rule, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The first matched events, each with the fields for which the rule fired; a batch's own are replaced."""
    others = [row for row in kept if row["batch"] != batch.number]
    room = criteria.EVIDENCE_ROWS - len(others)
    return others + [_with_fields(row, rule) for row in rows[: max(room, 0)]]


def _with_fields(row: dict[str, Any], rule: detect.Rule) -> dict[str, Any]:
    event = orjson.loads(row["event"])
    return {**row, "event": event, "fields": detect.seen_first(rule, event)}
