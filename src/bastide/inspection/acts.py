"""Which form and which flow belong to which step."""

from __future__ import annotations

from bastide.base.ui.doors import Acts, Door
from bastide.inspection import flows, forms, reads

VISITS = Acts(
    flows.VISIT,
    reads.visit_for,
    {
        "draft": Door(forms.Draft, flows.draft),
        "change": Door(forms.Change, flows.change),
        "approve": Door(forms.Approve, flows.approve),
        "notify": Door(forms.Notify, flows.notify),
        "open": Door(forms.Open, flows.open_visit),
        "finish": Door(forms.Finish, flows.finish),
        "send": Door(forms.Send, flows.send),
        "confirm": Door(forms.ConfirmAll, flows.confirm),
        "object": Door(forms.Object, flows.object_),
        "record_silence": Door(forms.Silence, flows.record_silence),
        "decide": Door(forms.Decide, flows.decide),
        "conclude": Door(forms.Conclude, flows.conclude),
        "conclude_clean": Door(forms.Conclude, flows.conclude),
        "close": Door(forms.Close, flows.close),
        "cancel": Door(forms.Cancel, flows.cancel),
    },
)

OBSERVATIONS = Acts(
    flows.OBSERVATION,
    reads.observation_for,
    {
        "observe": Door(forms.Observe, flows.observe),
        "change": Door(forms.ChangeObservation, flows.change_observation),
        "withdraw": Door(forms.Withdraw, flows.withdraw_observation),
    },
)
