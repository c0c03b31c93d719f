"""Which form asks and which flow acts, step by step."""

from __future__ import annotations

from typing import Any

from bastide.base.flow.machine import Step
from bastide.base.flow.models import Thing
from bastide.base.people.models import Account
from bastide.base.ui.doors import Acts, Door
from bastide.share import flows, forms, reads

WARNINGS = Acts(
    flows.WARNING,
    reads.warning_for,
    {
        "propose": Door(forms.Propose, flows.propose),
        "amend": Door(forms.Amend, flows.amend),
        "approve": Door(forms.Approve, flows.approve, "share/publish.html"),
        "publish": Door(forms.Publish, flows.publish, "share/publish.html"),
        "change": Door(forms.Change, flows.change),
        "review": Door(forms.Review, flows.review),
        "lift": Door(forms.Lift, flows.lift),
        "withdraw": Door(forms.Reason, flows.withdraw),
    },
)

DELIVERIES = Acts(
    flows.DELIVERY,
    reads.delivery_for,
    {
        "acknowledge": Door(forms.Acknowledge, flows.acknowledge),
        "report_action": Door(forms.ReportAction, flows.report_action),
        "log_call": Door(forms.LogCall, flows.log_call),
    },
)


def offered(acts: Acts, thing: Thing, by: Account) -> list[dict[str, Any]]:
    """The buttons of a page: open steps whose needs this person already meets."""
    return [act for act in acts.next_acts(thing, by) if not refused(act["step"], thing, by)]


def refused(step: Step, thing: Thing, by: Account) -> bool:
    """Would this person be refused whatever they typed?"""
    return any(need(thing, {"who": by, "reason": "?"}) for need in step.needs)
