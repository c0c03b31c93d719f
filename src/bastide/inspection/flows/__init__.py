"""What happens to visits, answers and observations. Every change of their state is made here."""

from __future__ import annotations

from bastide.inspection.flows.answers import answer
from bastide.inspection.flows.confirming import close, conclude, confirm, decide, object_, record_silence, send
from bastide.inspection.flows.observations import change_observation, observe, withdraw_observation
from bastide.inspection.flows.table import ANSWER, OBSERVATION, VISIT
from bastide.inspection.flows.visits import approve, cancel, change, draft, finish, notify, open_visit

__all__ = [
    "ANSWER", "OBSERVATION", "VISIT", "answer", "approve", "cancel", "change", "change_observation", "close",
    "conclude", "confirm",
    "decide", "draft", "finish", "notify", "object_", "observe", "open_visit", "record_silence", "send",
    "withdraw_observation",
]  # fmt: skip
