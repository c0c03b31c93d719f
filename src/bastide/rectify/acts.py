"""Which form and which flow belong to which step."""

from __future__ import annotations

from bastide.base.ui.doors import Acts, Confirm, Door
from bastide.rectify import flows, forms, reads

FINDINGS = Acts(
    flows.FINDING,
    reads.finding_for,
    {
        "record": Door(forms.Record, flows.record),
        "change": Door(forms.ChangeFinding, flows.change_finding),
        "withdraw": Door(forms.Reason, flows.withdraw),
    },
)

ORDERS = Acts(
    flows.ORDER,
    reads.order_for,
    {
        "draft": Door(forms.Draft, flows.draft),
        "discard": Door(forms.Discard, flows.discard),
        "issue": Door(forms.Issue, flows.issue),
        "receive": Door(forms.Receive, flows.receive),
        "submit_plan": Door(forms.SubmitPlan, flows.submit_plan),
        "return_plan": Door(forms.PlanNote, flows.return_plan),
        "accept_plan": Door(forms.AcceptPlan, flows.accept_plan),
        "hand_in": Door(forms.HandIn, flows.hand_in),
        "submit_evidence": Door(forms.SubmitEvidence, flows.submit_evidence),
        "report_progress": Door(forms.Progress, flows.report_progress),
        "ask_extension": Door(forms.AskExtension, flows.ask_extension),
        "grant_extension": Door(forms.Grant, flows.grant_extension),
        "refuse_extension": Door(forms.RefuseExtension, flows.refuse_extension),
        "verify": Door(forms.Verify, flows.verify),
        "fail": Door(forms.Fail, flows.fail),
        "interview": Door(forms.Interview, flows.interview),
        "close": Door(forms.Close, flows.close),
        "revoke": Door(forms.Reason, flows.revoke),
    },
)

FINDING_IMPORTS = Acts(
    flows.FINDING_IMPORT,
    reads.finding_import_for,
    {
        "check": Door(Confirm, flows.check_findings),
        "commit": Door(Confirm, flows.commit_findings),
        "discard": Door(Confirm, flows.discard_findings),
    },
)
