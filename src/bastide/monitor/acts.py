"""Which form asks and which function acts, step by step."""

from __future__ import annotations

from bastide.base.ui.doors import Acts, Confirm, Door
from bastide.monitor import flows, forms, reads

SOURCES = Acts(
    flows.SOURCE,
    reads.source_for,
    {
        "register": Door(forms.RegisterSource, flows.register_source),
        "new_key": Door(forms.NewKey, flows.new_key, tells=lambda source: {"key": source.secret}),
        "pause": Door(Confirm, flows.pause_source),
        "resume": Door(Confirm, flows.resume_source),
        "close": Door(forms.Reason, flows.close_source),
    },
)

ALERTS = Acts(
    flows.ALERT,
    reads.alert_for,
    {
        "triage": Door(forms.Remark, flows.triage),
        "mark_false": Door(forms.Reason, flows.mark_false),
        "reopen": Door(forms.Reason, flows.reopen),
        "escalate": Door(forms.Escalate, flows.escalate),
    },
)
