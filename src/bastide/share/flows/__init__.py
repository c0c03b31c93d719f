"""What happens to early warnings: proposed, approved, published, changed, lifted, answered by the operators."""

from bastide.share.flows.answering import acknowledge, escalate, log_call, report_action
from bastide.share.flows.proposing import amend, approve, propose, withdraw
from bastide.share.flows.publishing import change, lift, publish, review
from bastide.share.flows.table import DELIVERY, WARNING

__all__ = [
    "DELIVERY",
    "WARNING",
    "acknowledge",
    "amend",
    "approve",
    "change",
    "escalate",
    "lift",
    "log_call",
    "propose",
    "publish",
    "report_action",
    "review",
    "withdraw",
]
