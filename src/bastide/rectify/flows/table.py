"""The steps of findings and orders, as tables."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base.flow import Flow, Step
from bastide.rectify.access import Can
from bastide.rectify.flows import needs
from bastide.rectify.models import Finding, Order

F, O = Finding.State, Order.State  # noqa: E741

FINDING = Flow(
    Finding,
    Step("record", (), F.OPEN, can=Can.RECORD_FINDING, title=_("Record a finding"), needs=(needs.severity_is_known,)),
    Step("change", (F.OPEN,), None, can=Can.RECORD_FINDING, title=_("Change the finding"),
         needs=(needs.finding_is_free, needs.severity_is_known)),
    Step("withdraw", (F.OPEN,), F.WITHDRAWN, can=Can.WITHDRAW_FINDING, title=_("Withdraw the finding"), deciding=True,
         needs=(needs.finding_is_free,)),
    Step("order", (F.OPEN,), F.ORDERED, can=Can.ISSUE_ORDER, title=_("Put under order"), by_hand=False),
    Step("release", (F.ORDERED,), F.OPEN, can=Can.REVOKE_ORDER, title=_("Released from the order"), by_hand=False),
    Step("verify", (F.ORDERED,), F.VERIFIED, can=Can.VERIFY, title=_("Found put right"), by_hand=False),
    # Nothing leads out of CLOSED: what returns is a new finding that refers to this one.
    Step("close", (F.VERIFIED,), F.CLOSED, can=Can.CLOSE_ORDER, title=pgettext_lazy("rectify", "Closed"),
         by_hand=False),
)  # fmt: skip

# Where the operator may hand in what was done: from the receipt on, and while the order is late.
WORKING = (
    O.RECEIVED, O.PLAN_SUBMITTED, O.PLAN_RETURNED, O.IN_PROGRESS, O.VERIFY_FAILED, O.OVERDUE, O.INTERVIEWED,
)  # fmt: skip
# Where the limit can pass: everything still lies with the operator.
RUNNING = (O.ISSUED, O.RECEIVED, O.PLAN_SUBMITTED, O.PLAN_RETURNED, O.IN_PROGRESS, O.VERIFY_FAILED)

ORDER = Flow(
    Order,
    Step("draft", (), O.DRAFT, can=Can.DRAFT_ORDER, title=_("Draw up an order")),
    Step("discard", (O.DRAFT,), O.DISCARDED, can=Can.DRAFT_ORDER, title=_("Discard the draft")),
    Step("issue", (O.DRAFT,), O.ISSUED, can=Can.ISSUE_ORDER, title=_("Issue and serve"), deciding=True,
         needs=(needs.basis_is_stated, needs.findings_are_open)),
    Step("receive", (O.ISSUED,), O.RECEIVED, can=Can.ANSWER_ORDER, title=_("Sign for the order"), deciding=True),
    Step("submit_plan", (O.RECEIVED, O.PLAN_RETURNED), O.PLAN_SUBMITTED, can=Can.ANSWER_ORDER,
         title=_("Submit the plan"),
         deciding=True),
    Step("return_plan", (O.PLAN_SUBMITTED,), O.PLAN_RETURNED, can=Can.REVIEW_PLAN, title=_("Return the plan"),
         deciding=True),
    Step("accept_plan", (O.PLAN_SUBMITTED,), O.IN_PROGRESS, can=Can.REVIEW_PLAN, title=_("Accept the plan"),
         deciding=True),
    Step("hand_in", WORKING, None, can=Can.ANSWER_ORDER, title=_("Hand in evidence for a finding")),
    Step("submit_evidence", WORKING, O.EVIDENCE_SUBMITTED, can=Can.ANSWER_ORDER, title=_("Ask for verification"),
         deciding=True, needs=(needs.everything_is_handed_in,)),
    Step("report_progress", (O.IN_PROGRESS, O.VERIFY_FAILED, O.OVERDUE, O.INTERVIEWED), None, can=Can.ANSWER_ORDER,
         title=_("Report progress")),
    Step("ask_extension", (O.IN_PROGRESS, O.VERIFY_FAILED), O.EXTENSION_REQUESTED, can=Can.ANSWER_ORDER,
         title=_("Ask for more time"), deciding=True, needs=(needs.extension_is_left, needs.limit_has_not_passed)),
    Step("grant_extension", (O.EXTENSION_REQUESTED,), O.IN_PROGRESS, can=Can.DECIDE_EXTENSION,
         title=_("Grant the extension"),
         deciding=True),
    Step("refuse_extension", (O.EXTENSION_REQUESTED,), O.IN_PROGRESS, can=Can.DECIDE_EXTENSION,
         title=_("Refuse the extension"), deciding=True),
    Step("verify", (O.EVIDENCE_SUBMITTED,), O.VERIFIED, can=Can.VERIFY, title=_("Verify: all put right"), deciding=True,
         needs=(needs.verifier_is_a_second_person, needs.verifier_is_independent)),
    Step("fail", (O.EVIDENCE_SUBMITTED,), O.VERIFY_FAILED, can=Can.VERIFY, title=_("Verify: not all put right"),
         deciding=True, needs=(needs.verifier_is_a_second_person, needs.verifier_is_independent)),
    Step("mark_overdue", RUNNING, O.OVERDUE, can=Can.MARK_OVERDUE, title=_("The limit passed"), by_hand=False),
    Step("interview", (O.OVERDUE,), O.INTERVIEWED, can=Can.INTERVIEW, title=_("Call in for an interview"),
         deciding=True),
    Step("close", (O.VERIFIED,), O.CLOSED, can=Can.CLOSE_ORDER, title=_("Close the order"), deciding=True),
    Step("revoke", (*RUNNING, O.EXTENSION_REQUESTED, O.OVERDUE, O.INTERVIEWED), O.REVOKED, can=Can.REVOKE_ORDER,
         title=_("Revoke the order"), deciding=True),
)  # fmt: skip
