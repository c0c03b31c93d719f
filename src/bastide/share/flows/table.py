"""The steps of warnings and deliveries, as tables."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.flow import Flow, Step
from bastide.share.access import Can
from bastide.share.flows import needs
from bastide.share.models import Delivery, EarlyWarning

W, D = EarlyWarning.State, Delivery.State

WARNING = Flow(
    EarlyWarning,
    Step("propose", (), W.PROPOSED, can=Can.PROPOSE, title=_("Propose a warning"), needs=(needs.colour_is_known,)),
    Step("amend", (W.PROPOSED,), None, can=Can.PROPOSE, title=_("Amend the proposal"),
         needs=(needs.office_may_write, needs.colour_is_known)),
    Step("approve", (W.PROPOSED,), W.APPROVED, can=Can.APPROVE, title=_("Approve the warning"), deciding=True,
         needs=(needs.approver_has_power, needs.approver_is_a_second_person)),
    Step("publish", (W.APPROVED,), W.PUBLISHED, can=Can.PUBLISH, title=_("Publish and deliver"), deciding=True,
         needs=(needs.issuer_acts,)),
    Step("change", (W.PUBLISHED,), None, can=Can.CHANGE, title=_("Change the warning"), deciding=True,
         needs=(needs.issuer_acts, needs.colour_is_known, needs.change_is_within_power, needs.reason_is_given)),
    Step("review", (W.PUBLISHED,), None, can=Can.LIFT, title=_("Reviewed: stays in force"), deciding=True,
         needs=(needs.issuer_acts, needs.reason_is_given)),
    Step("lift", (W.PUBLISHED,), W.LIFTED, can=Can.LIFT, title=_("Lift the warning"), deciding=True,
         needs=(needs.issuer_acts, needs.reason_is_given)),
    Step("withdraw", (W.PROPOSED, W.APPROVED), W.WITHDRAWN, can=Can.PROPOSE, title=_("Withdraw the proposal"),
         needs=(needs.office_may_write, needs.reason_is_given)),
)  # fmt: skip

DELIVERY = Flow(
    Delivery,
    Step("deliver", (), D.PENDING, can=Can.PUBLISH, title=_("Delivered"), by_hand=False),
    Step("inform", (), D.INFORMED, can=Can.PUBLISH, title=_("Delivered for information"), by_hand=False),
    # A change of the warning asks everyone anew, whatever was answered before.
    Step("deliver_again", tuple(D), D.PENDING, can=Can.CHANGE, title=_("Changed warning delivered"), by_hand=False),
    Step("inform_again", tuple(D), D.INFORMED, can=Can.CHANGE, title=_("Changed warning delivered for information"),
         by_hand=False),
    Step("acknowledge", (D.PENDING, D.ESCALATED, D.INFORMED), D.ACKNOWLEDGED, can=Can.ANSWER,
    title=_("Acknowledge receipt"),
         needs=(needs.warning_is_in_force,), deciding=True),
    Step("report_action", (D.ACKNOWLEDGED, D.ACTION_REPORTED), D.ACTION_REPORTED, can=Can.ANSWER,
         title=_("Report what was done"), needs=(needs.warning_is_in_force, needs.counts_agree)),
    Step("log_call", (D.PENDING, D.ESCALATED), None, can=Can.LOG_CALL, title=_("Log a telephone call"),
         needs=(needs.warning_is_in_force,)),
    Step("escalate", (D.PENDING,), D.ESCALATED, can=Can.ESCALATE, title=_("No acknowledgement in time"), by_hand=False,
         needs=(needs.warning_is_in_force,)),
)  # fmt: skip
