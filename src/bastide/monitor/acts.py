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
        "change": Door(forms.ChangeSource, flows.change_source),
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
        "take": Door(Confirm, flows.take),
        "remark": Door(forms.Reason, flows.remark),
        "mark_false": Door(forms.Reason, flows.mark_false),
        "reopen": Door(forms.Reason, flows.reopen),
        "escalate": Door(forms.Escalate, flows.escalate),
    },
)

EXCEPTIONS = Acts(
    flows.EXCEPTION,
    reads.exception_for,
    {
        "make": Door(forms.NewException, flows.make_exception),
        "end": Door(forms.Remark, flows.end_exception),
    },
)

HUNTS = Acts(
    flows.HUNT,
    reads.hunt_for,
    {
        "ask": Door(forms.NewHunt, flows.ask),
        "repeat": Door(Confirm, flows.repeat),
    },
)
