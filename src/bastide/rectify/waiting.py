"""What of rectification waits for a person: desk items, counts in the menu, and search hits."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.base import clock
from bastide.base.people.models import Account, Organisation
from bastide.base.ui.desk import DeskItem
from bastide.base.ui.search import LIMIT, Hit, begins, holds, is_number, stands_in
from bastide.rectify import reads
from bastide.rectify.access import Can
from bastide.rectify.models import Finding, Order

# A badge counts no further.
MOST_COUNTED = 1000
S = Order.State
WANTED = {
    S.DRAFT: _("Issue and serve"), S.ISSUED: _("Sign for the order"), S.RECEIVED: _("Submit the plan"),
    S.PLAN_SUBMITTED: _("Review the plan"), S.PLAN_RETURNED: _("Submit a better plan"),
    S.IN_PROGRESS: _("Put right and hand in evidence"), S.EXTENSION_REQUESTED: _("Decide on more time"),
    S.EVIDENCE_SUBMITTED: _("Verify"), S.VERIFY_FAILED: _("Put right what did not pass"),
    S.OVERDUE: _("Overdue: act now"), S.INTERVIEWED: _("Overdue: act now"), S.VERIFIED: _("Close the order"),
}  # fmt: skip
LATE = (S.OVERDUE, S.INTERVIEWED)


def desk(account: Account) -> list[DeskItem]:
    """Orders in which this person has the next move, with the clock that is due first."""
    if not (account.can(Can.SEE_ORDER) or account.can(Can.SEE_OWN_ORDER)):
        return []
    found = list(reads.waiting(account)[:50])
    due = clock.soonest(found)
    return [
        DeskItem(
            what=WANTED[S(order.state)], title=order.source, number=order.number, url=order.get_absolute_url(),
            due_at=due[order.pk].due_at if order.pk in due else order.limit_at, organisation=order.operator.name,
            icon="gavel", urgency="high" if order.state in LATE or order.state == S.ISSUED else "normal",
        )
        for order in found
    ]  # fmt: skip


def orders_count(account: Account) -> int | None:
    return reads.waiting(account).count() or None


def findings_count(account: Account) -> int | None:
    """Open findings that stand in no order yet: for whoever draws up orders."""
    return (
        (reads.free_findings(account).order_by()[:MOST_COUNTED].count() or None)
        if account.can(Can.DRAFT_ORDER)
        else None
    )


def _operators_named(words: str) -> list[int]:
    """Operators by name, first and few: then their things come out of an index. The caller bounds them by its sight."""
    named = holds(words, "name_zh", "name_en")
    return list(Organisation.objects.filter(named).order_by().values_list("pk", flat=True)[:500])


def hits(account: Account, words: str) -> list[Hit]:
    """Orders and findings by number, operator, title or clause."""
    named = begins("number", words.upper()) if is_number(words) else Q(operator__in=_operators_named(words))
    found = []
    if account.can(Can.SEE_ORDER) or account.can(Can.SEE_OWN_ORDER):
        asked_orders = named if is_number(words) else named | holds(words, "source", number="number")
        found += [
            Hit(
                _("Rectification order"),
                f"{o.number} {o.operator.name}",
                o.get_absolute_url(),
                o.get_state_display(),
                "gavel",
            )
            for o in reads.orders(account).filter(asked_orders).order_by("-pk")[:LIMIT]
        ]
    if account.can(Can.SEE_FINDING) or account.can(Can.SEE_OWN_FINDING):
        asked = named if is_number(words) else named | stands_in(Finding, words, "title", "clause")
        found += [
            Hit(
                pgettext_lazy("rectify", "Finding"),
                f"{f.number} {f.title}",
                f.get_absolute_url(),
                f.get_state_display(),
                "alert-square-rounded",
            )
            for f in reads.findings(account).filter(asked).order_by("-pk")[:LIMIT]
        ]
    return found
