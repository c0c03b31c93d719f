"""What of early warnings waits for a person: desk items, counts in the menu, and search hits."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.ui.desk import DeskItem
from bastide.base.ui.search import LIMIT, Hit
from bastide.share import acts, flows, reads
from bastide.share.access import Can
from bastide.share.models import Delivery, EarlyWarning

W, D = EarlyWarning.State, Delivery.State
ICON = "speakerphone"


def desk(account: Account) -> list[DeskItem]:
    """Answers an operator owes; for an office what to approve, to publish, to review, and whom to call."""
    return [*_answers_owed(account), *_decisions(account), *_reviews(account), *_calls(account)]


def _answers_owed(account: Account) -> list[DeskItem]:
    if not account.can(Can.ANSWER):
        return []
    return [
        DeskItem(
            what=_("Report what was done") if one.state == D.ACKNOWLEDGED else _("Acknowledge receipt"),
            title=one.title,
            url=one.get_absolute_url(), number=one.warning.number, due_at=getattr(one, "due_at", None),
            organisation=one.operator.name,
            urgency="high" if one.warning.rank >= 3 or one.state == D.ESCALATED else "normal", icon=ICON,
        )
        for one in reads.answers_owed(account)[:50]
    ]  # fmt: skip


def decisions(account: Account) -> list[tuple[str, EarlyWarning]]:
    """(step, warning) for each proposal this person may approve and each approved one they may publish."""
    if not account.can(Can.APPROVE):
        return []
    rows = reads.warnings(account).filter(state__in=[W.PROPOSED, W.APPROVED]).order_by("-rank", "created_at")
    found = []
    for warning in rows[:50]:
        step = flows.WARNING.steps["approve" if warning.state == W.PROPOSED else "publish"]
        if account.may(step.can, warning) and not acts.refused(step, warning, account):
            found.append((step.name, warning))
    return found


def _decisions(account: Account) -> list[DeskItem]:
    words = {"approve": _("Approve the warning"), "publish": _("Publish and deliver")}
    return [
        DeskItem(
            what=words[step], title=warning.title, url=warning.get_absolute_url(), number=warning.number,
            organisation=warning.office.name, urgency="high" if warning.rank >= 3 else "normal", icon=ICON,
        )
        for step, warning in decisions(account)
    ]  # fmt: skip


def _reviews(account: Account) -> list[DeskItem]:
    if not account.can(Can.LIFT):
        return []
    return [
        DeskItem(
            what=_("Review whether it can be lifted"), title=warning.title, url=warning.get_absolute_url(),
            number=warning.number, due_at=getattr(warning, "due_at", None), organisation=warning.issuer.name, icon=ICON,
        )
        for warning in reads.reviews_due(account, at=terms.now())[:50]
        if warning.issuer in account.organisations_with(Can.LIFT)
    ]  # fmt: skip


def _calls(account: Account) -> list[DeskItem]:
    """Operators that did not answer and were not called since."""
    if not account.can(Can.LOG_CALL):
        return []
    silent = reads.deliveries(account).filter(state=D.ESCALATED, warning__state=W.PUBLISHED, calls=None)
    return [
        DeskItem(
            what=_("Call the operator: no acknowledgement"), title=one.title, url=one.get_absolute_url(),
            number=one.warning.number, due_at=getattr(one, "due_at", None), organisation=one.operator.name,
            urgency="high",
            icon="phone-call",
        )
        for one in silent.order_by("delivered_at")[:50]
    ]  # fmt: skip


def warnings_count(account: Account) -> int | None:
    """Proposals to approve and approved ones to publish."""
    return len(decisions(account)) or None


def deliveries_count(account: Account) -> int | None:
    """For an operator what it owes, for an office what is not acknowledged."""
    rows = reads.answers_owed(account) if account.can(Can.ANSWER) else reads.unacknowledged(account)
    return rows.count() or None


def hits(account: Account, words: str) -> list[Hit]:
    """Warnings and deliveries by number or words."""
    found = []
    if account.can(Can.SEE) or account.can(Can.SEE_RECEIVED):
        rows = reads.warnings(account).filter(Q(number__icontains=words) | Q(title__icontains=words)).order_by("-pk")
        found += [
            Hit(_("Early warning"), f"{one.number} {one.title}", one.get_absolute_url(), one.get_colour_display(), ICON)
            for one in rows[:LIMIT]
        ]
    if account.can(Can.SEE_DELIVERY):
        named = Q(operator__name_zh__icontains=words) | Q(operator__name_en__icontains=words)
        sent = reads.deliveries(account).filter(Q(number__icontains=words) | named).order_by("-pk")
        found += [
            Hit(
                _("Delivery of a warning"), f"{one.number} {one.title}", one.get_absolute_url(), one.operator.name, ICON
            )
            for one in sent[:LIMIT]
        ]
    return found
