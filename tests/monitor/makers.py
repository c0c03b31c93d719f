"""Things of monitoring in any state."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from bastide.base.people.models import Account, Organisation
from bastide.monitor.models import Alert, Batch, Hunt, RuleException, RuleRecord, Source

# Far from the numbers that flows give.
_count = itertools.count(900_001)
DAY = datetime(2026, 6, 16, 2, 0, tzinfo=UTC)

RULE = """title: Whoami run
id: 11111111-1111-4111-8111-111111111111
status: test
level: high
tags: [attack.discovery, attack.t1033]
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\\\whoami.exe'}
  condition: selection
"""


def make_source(operator: Organisation, *, state: str = "active", **fields: Any) -> Source:
    number = next(_count)
    values = {"number": f"SRC-2026-{number:06d}", "name": f"collector-{number}", "created_at": DAY}
    return Source.objects.create(operator=operator, state=state, **{**values, **fields})


def make_batch(operator: Organisation, *, state: str = "scanned", **fields: Any) -> Batch:
    number = next(_count)
    values = {
        "number": f"BAT-2026-{number:06d}",
        "sha256": f"{number:064x}",
        "size": 10,
        "accepted": 1,
        "quarantined": 0,
        "rules_digest": "0" * 64,
        "matches": 0,
        "created_at": DAY,
    }
    source = fields.pop("source", None) or make_source(operator)
    return Batch.objects.create(source=source, operator=operator, state=state, **{**values, **fields})


def make_rule(**fields: Any) -> RuleRecord:
    number = next(_count)
    values = {
        "rule_id": f"rule-{number}",
        "path": f"rules/{number}.yml",
        "title": f"Rule {number}",
        "level": "high",
        "text": RULE,
        "sha256": "0" * 64,
        "techniques": ["T1033"],
        "added_at": DAY,
        "changed_at": DAY,
    }
    return RuleRecord.objects.create(**{**values, **fields})


def make_alert(operator: Organisation, *, state: str = "new", **fields: Any) -> Alert:
    number = next(_count)
    values = {
        "number": f"ALR-2026-{number:06d}",
        "host": f"host-{number}",
        "window_start": DAY,
        "level": "high",
        "rank": 3,
        "count": 1,
        "first_seen": DAY,
        "last_seen": DAY,
        "reason": "looked at",
        "created_at": DAY,
        "evidence": [{"batch": "BAT-2026-000001", "line": 0, "at": DAY.isoformat(), "event": {"Image": "x"}}],
    }
    source = fields.pop("source", None) or make_source(operator)
    rule = fields.pop("rule", None) or make_rule()
    return Alert.objects.create(source=source, operator=operator, rule=rule, state=state, **{**values, **fields})


def make_hunt(operator: Organisation, *, state: str = "done", **fields: Any) -> Hunt:
    number = next(_count)
    values = {
        "number": f"HNT-2026-{number:06d}", "name": f"Hunt {number}", "text": "whoami", "since": DAY,
        "until": DAY + timedelta(days=1), "created_at": DAY, "asked_by": Account.objects.house(), "ran_at": DAY,
        "result": {
            "batches": 1, "events": 1, "matches": 1, "alerts": 1, "hosts": 1, "seconds": 0.1,
            "days": {"2026-06-16": 1}, "operators": {operator.code: 1}, "most": [[operator.code, "WS1", 1]],
            "rows": [{"batch": "BAT-2026-000001", "line": 0, "at": DAY.isoformat(), "operator": operator.code,
                      "host": "WS1", "event": {"Image": "whoami"}, "fields": ["Image"]}],
        },
    }  # fmt: skip
    return Hunt.objects.create(owner=operator, state=state, **{**values, **fields})


def make_exception(operator: Organisation, *, state: str = "active", **fields: Any) -> RuleException:
    number = next(_count)
    values = {"number": f"EXC-2026-{number:06d}", "text": "Image: x", "reason": "known", "created_at": DAY}
    rule = fields.pop("rule", None) or make_rule()
    return RuleException.objects.create(rule=rule, state=state, operator=operator, **{**values, **fields})


def event(
    image: str = r"C:\Windows\System32\whoami.exe", host: str = "WS1", when: str = "2026-06-16T02:10:00Z"
) -> dict[str, Any]:
    return {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 1,
        "Image": image,
        "Computer": host,
        "SystemTime": when,
    }


def ndjson(*events: object) -> bytes:
    return b"\n".join(e if isinstance(e, bytes) else json.dumps(e).encode() for e in events) + b"\n"


MAKERS = {
    "monitor.source": make_source,
    "monitor.batch": make_batch,
    "monitor.alert": make_alert,
    "monitor.hunt": make_hunt,
    "monitor.ruleexception": make_exception,
}
