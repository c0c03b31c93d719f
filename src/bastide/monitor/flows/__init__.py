"""What happens in monitoring: sources, batches, rules, alerts – one file a noun."""

from bastide.monitor.flows.alerts import ALERT, escalate, mark_false, raise_alerts, reopen, triage
from bastide.monitor.flows.batches import BATCH, Receipt, TooLarge, scan, take_batch, too_large
from bastide.monitor.flows.rules import Loaded, add_rules, disable_rule, enable_rule, switch_rule
from bastide.monitor.flows.sources import SOURCE, close_source, new_key, pause_source, register_source, resume_source

__all__ = [
    "ALERT",
    "BATCH",
    "SOURCE",
    "Loaded",
    "Receipt",
    "TooLarge",
    "add_rules",
    "close_source",
    "disable_rule",
    "enable_rule",
    "escalate",
    "mark_false",
    "new_key",
    "pause_source",
    "raise_alerts",
    "register_source",
    "reopen",
    "resume_source",
    "scan",
    "switch_rule",
    "take_batch",
    "too_large",
    "triage",
]
