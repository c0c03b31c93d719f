"""What happens in monitoring: sources, batches, rules, alerts – one file a noun."""

from bastide.monitor.flows.alerts import ALERT, escalate, mark_false, raise_alerts, remark, reopen, take, triage
from bastide.monitor.flows.batches import BATCH, Receipt, TooLarge, scan, take_batch, too_large
from bastide.monitor.flows.exceptions import EXCEPTION, end_exception, make_exception
from bastide.monitor.flows.hunts import HUNT, ask, back_test, repeat, run
from bastide.monitor.flows.keeping import expire, join_small, sweep
from bastide.monitor.flows.rules import Loaded, add_rules, disable_rule, enable_rule, switch_rule, write_rule
from bastide.monitor.flows.sources import (
    SOURCE,
    change_source,
    close_source,
    new_key,
    pause_source,
    register_source,
    resume_source,
)
from bastide.monitor.flows.watches import watch_silence, watch_volume

__all__ = [
    "ALERT",
    "BATCH",
    "EXCEPTION",
    "HUNT",
    "SOURCE",
    "Loaded",
    "Receipt",
    "TooLarge",
    "add_rules",
    "ask",
    "back_test",
    "change_source",
    "close_source",
    "disable_rule",
    "enable_rule",
    "end_exception",
    "escalate",
    "expire",
    "join_small",
    "make_exception",
    "mark_false",
    "new_key",
    "pause_source",
    "raise_alerts",
    "register_source",
    "remark",
    "reopen",
    "repeat",
    "resume_source",
    "run",
    "scan",
    "sweep",
    "switch_rule",
    "take",
    "take_batch",
    "too_large",
    "triage",
    "watch_silence",
    "watch_volume",
    "write_rule",
]
