"""The steps of visits and observations, as tables."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.flow import Flow, Step
from bastide.inspection.access import Can
from bastide.inspection.flows import needs
from bastide.inspection.models import Answer, Observation, Visit

V, O = Visit.State, Observation.State  # noqa: E741

VISIT = Flow(
    Visit,
    Step("draft", (), V.DRAFT, can=Can.DRAFT, title=_("Plan an inspection"), needs=(needs.item_is_published,)),
    Step("change", (V.DRAFT,), None, can=Can.DRAFT, title=_("Change the draft"), needs=(needs.item_is_published,)),
    Step(
        "approve", (V.DRAFT,), V.APPROVED, can=Can.APPROVE, title=_("Approve"), deciding=True,
        needs=(needs.item_is_published, needs.team_is_lawful, needs.cap_is_kept),
    ),
    Step("notify", (V.APPROVED,), V.NOTICED, can=Can.NOTIFY, title=_("Serve the notice"), deciding=True),
    Step("open", (V.NOTICED,), V.OPENED, can=Can.INSPECT, title=_("Begin the inspection"), needs=(needs.is_on_team,)),
    Step(
        "finish", (V.OPENED,), V.FINDINGS_DRAFT, can=Can.INSPECT, title=_("Make the record"), deciding=True,
        needs=(needs.is_on_team, needs.questions_are_answered),
    ),
    Step("send", (V.FINDINGS_DRAFT,), V.CONFIRMING, can=Can.SEND, title=_("Send the findings to the operator"),
         deciding=True,
         needs=(needs.has_observations, needs.wanting_answers_are_covered)),
    Step("confirm", (V.CONFIRMING,), V.CONFIRMED, can=Can.REPLY, title=_("Confirm all findings"), deciding=True),
    Step("object", (V.CONFIRMING,), V.OBJECTED, can=Can.REPLY, title=_("Object to findings"), deciding=True),
    Step("record_silence", (V.CONFIRMING,), V.CONFIRMED, can=Can.DECIDE, title=_("Record that no reply came"),
         deciding=True,
         needs=(needs.reply_is_late,)),
    Step("decide", (V.OBJECTED,), V.CONFIRMED, can=Can.DECIDE, title=_("Decide on the objections"), deciding=True),
    Step("conclude", (V.CONFIRMED,), V.REPORTED, can=Can.CONCLUDE, title=_("Conclude"), deciding=True),
    Step("conclude_clean", (V.FINDINGS_DRAFT,), V.REPORTED, can=Can.CONCLUDE, title=_("Conclude without findings"),
         deciding=True, needs=(needs.has_no_observations, needs.wanting_answers_are_covered)),
    Step("close", (V.REPORTED,), V.CLOSED, can=Can.CONCLUDE, title=_("File away")),
    Step("cancel", (V.DRAFT, V.APPROVED, V.NOTICED), V.CANCELLED, can=Can.CANCEL, title=_("Call off"), deciding=True),
)  # fmt: skip

A = Answer.Status
_ANSWERING = (needs.visit_is_under_way, needs.answers_for_the_team)
ANSWER = Flow(
    Answer,
    Step("lay_out", (), A.TODO, can=Can.INSPECT, title=_("Question asked"), by_hand=False),
    Step("give", (A.TODO, A.IN_PROGRESS, A.DONE), A.DONE, can=Can.INSPECT, title=_("Answered"), by_hand=False,
         needs=_ANSWERING),
    Step("begin", (A.TODO, A.IN_PROGRESS), A.IN_PROGRESS, can=Can.INSPECT, title=_("Note taken"), by_hand=False,
         needs=_ANSWERING),
    Step("clear", (A.TODO, A.IN_PROGRESS, A.DONE), A.TODO, can=Can.INSPECT, title=_("Answer taken back"), by_hand=False,
         needs=_ANSWERING),
    field="status",
)  # fmt: skip

OBSERVATION = Flow(
    Observation,
    Step("observe", (), O.DRAFT, can=Can.OBSERVE, title=_("Draft a finding"), needs=(needs.visit_takes_observations,)),
    Step("change", (O.DRAFT,), None, can=Can.OBSERVE, title=_("Change the finding"),
         needs=(needs.visit_takes_observations,)),
    Step("withdraw", (O.DRAFT,), O.WITHDRAWN, can=Can.OBSERVE, title=_("Take back"),
         needs=(needs.visit_takes_observations,)),
    Step("send", (O.DRAFT,), O.SENT, can=Can.SEND, title=_("Sent to the operator"), by_hand=False),
    Step("confirm", (O.SENT,), O.CONFIRMED, can=Can.REPLY, title=_("Confirmed by the operator"), by_hand=False),
    Step("object", (O.SENT,), O.OBJECTED, can=Can.REPLY, title=_("Objected by the operator"), by_hand=False),
    Step("take_as_confirmed", (O.SENT,), O.CONFIRMED, can=Can.DECIDE, title=_("Stands without reply"), by_hand=False),
    Step("uphold", (O.OBJECTED,), O.UPHELD, can=Can.DECIDE, title=_("Upheld"), by_hand=False),
    Step("drop", (O.OBJECTED,), O.DROPPED, can=Can.DECIDE, title=_("Dropped"), by_hand=False),
)  # fmt: skip
