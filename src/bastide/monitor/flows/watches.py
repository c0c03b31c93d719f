"""The watch over sources: silence, a clock that is ahead, a sudden change of volume. Each raises an alert of its own.

What an attacker switches off or floods first is the log; so a source that falls silent is as much an alert as a rule
that fires (ATT&CK T1562, impair defences).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum

from bastide.base.people.models import Account
from bastide.monitor import criteria
from bastide.monitor.flows.alerts import ALERT
from bastide.monitor.models import Alert, Batch, RuleRecord, Source

DAY = timedelta(days=1)


def watch_silence(*, by: Account, at: datetime) -> int:
    """Look whether every active source sends; returns how many alerts were raised, one a silence."""
    rule = _in_force(at).get(criteria.SILENCE)
    raised = 0
    for source in _active() if rule else ():
        last = source.last_batch_at
        if rule and last and criteria.is_overdue(last, source.silent_after, at):
            said = {"last_batch_at": last.isoformat(), "silent_after_minutes": source.silent_after}
            raised += _raise(rule, source, since=last, by=by, at=at, said=said)
    return raised


def watch_volume(*, by: Account, at: datetime) -> int:
    """Look whether every active source that sends does so as usual; returns how many alerts were raised, one a day."""
    rules, volumes = _in_force(at), _volumes(at)
    raised = 0
    for source in _active():
        days = volumes.get(source.pk, [])
        change = criteria.change_of_volume(days) if days else None
        if change in rules and not criteria.is_overdue(source.last_batch_at, source.silent_after, at):
            day = at.replace(hour=0, minute=0, second=0, microsecond=0)
            raised += _raise(rules[change], source, since=day, by=by, at=at, said={"events_by_day": days})
    return raised


def _active() -> QuerySet[Source]:
    return Source.objects.filter(state=Source.State.ACTIVE).select_related("operator").defer("fields")


def _in_force(at: datetime) -> dict[str | None, RuleRecord]:
    return {rule.rule_id: rule for rule in watches(at=at) if rule.is_enabled}


def watch_batch(batch: Batch, *, by: Account, at: datetime) -> None:
    """Look at what a batch says of its source's clock."""
    last = batch.last_event_at
    if last is None or not criteria.is_ahead(last, batch.created_at):
        return
    rule = next(rule for rule in watches(at=at) if rule.rule_id == criteria.AHEAD)
    if rule.is_enabled:
        said = {"last_event_at": last.isoformat(), "received_at": batch.created_at.isoformat()}
        window = criteria.window_start(batch.created_at, DAY)
        _raise(rule, batch.source, since=window, by=by, at=at, said=said, batch=batch)


def watches(*, at: datetime) -> list[RuleRecord]:
    """The watches as rules of the register, entered there at the first look."""
    known = {rule.rule_id: rule for rule in RuleRecord.objects.filter(kind=RuleRecord.Kind.WATCH)}
    for rule_id, watch in criteria.WATCHES.items():
        if rule_id not in known:
            known[rule_id], _new = RuleRecord.objects.get_or_create(
                rule_id=rule_id,
                defaults={
                    "kind": RuleRecord.Kind.WATCH, "path": "bastide", "title": rule_id, "level": watch.level,
                    "techniques": list(watch.techniques), "author": "Bastide", "text": rule_id,
                    "added_at": at, "changed_at": at,
                },
            )  # fmt: skip
    return list(known.values())


def _volumes(at: datetime) -> dict[int, list[int]]:
    """Source id → events received in each of the last eight times 24 hours, the oldest first; one query a day."""
    spans = range(criteria.USUAL_DAYS, -1, -1)
    found: dict[int, list[int]] = {}
    for place, back in enumerate(spans):
        rows = Batch.objects.filter(created_at__gt=at - DAY * (back + 1), created_at__lte=at - DAY * back)
        for source, events in rows.order_by().values_list("source").annotate(events=Sum("accepted")):
            found.setdefault(source, [0] * len(spans))[place] = events
    return found


def _raise(
    rule: RuleRecord, source: Source, *, since: datetime, by: Account, at: datetime, said: dict[str, Any],
    batch: Batch | None = None,
) -> bool:  # fmt: skip
    """Raise the alert of a watch unless this very one stands already."""
    # The host of such an alert is the collector itself.
    key = {"rule": rule, "operator": source.operator, "host": source.name, "window_start": since}
    if Alert.objects.filter(**key).exists():
        return False
    row = {"batch": batch.number if batch else "", "line": 0, "at": at.isoformat(), "event": said, "fields": list(said)}
    alert = Alert(
        **key, source=source, level=rule.level, rank=criteria.level_rank(rule.level), count=1, first_seen=since,
        last_seen=at, evidence=[row],
    )  # fmt: skip
    with ALERT.begin("raise", alert, by=by, at=at):
        return True
