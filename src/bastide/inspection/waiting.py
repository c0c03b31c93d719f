"""What of inspections waits for a person: desk items, the count in the menu, and search hits."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bastide.base import clock
from bastide.base.dispatch.feeds import MOST, Dated
from bastide.base.people.models import Account
from bastide.base.ui.desk import DeskItem
from bastide.base.ui.search import LIMIT, Hit
from bastide.inspection import access, reads
from bastide.inspection.models import Visit

S = Visit.State
WANTED = {
    S.DRAFT: _("Approve"), S.APPROVED: _("Serve the notice"), S.NOTICED: _("Begin the inspection"),
    S.OPENED: _("Answer the checklist"), S.FINDINGS_DRAFT: _("Write up the findings"),
    S.OBJECTED: _("Decide on the objections"),
    S.CONFIRMING: _("Confirm the findings or object"), S.CONFIRMED: _("Conclude"),
}  # fmt: skip


def desk(account: Account) -> list[DeskItem]:
    """Visits in which this person has the next move, with the clock that is due first."""
    if not (account.can(access.Can.SEE) or account.can(access.Can.SEE_OWN)):
        return []
    found = list(reads.waiting(account)[:50])
    due = clock.soonest(found)
    return [
        DeskItem(
            what=WANTED[S(visit.state)], title=visit.inspection_item.name.into(account.language), number=visit.number,
            url=visit.get_absolute_url(), due_at=due[visit.pk].due_at if visit.pk in due else visit.starts_at,
            organisation=visit.operator.name, icon="clipboard-check",
            urgency="high" if visit.state == S.CONFIRMING else "normal",
        )
        for visit in found
    ]  # fmt: skip


def dates(account: Account) -> list[Dated]:
    """Visits to come or under way, for the person's calendar."""
    if not (account.can(access.Can.SEE) or account.can(access.Can.SEE_OWN)):
        return []
    ended = (S.REPORTED, S.CLOSED, S.CANCELLED)
    found = reads.visits(account).exclude(state__in=ended).order_by("starts_at", "pk")[:MOST]
    return [
        Dated(
            name=f"visit-{visit.pk}", kind="inspection.visit", pk=visit.pk, number=visit.number,
            words=_("Inspection of %(operator)s") % {"operator": visit.operator.name},
            start=visit.starts_at, end=visit.ends_at, changed_at=visit.noticed_at or visit.created_at,
            url=visit.get_absolute_url(),
        )
        for visit in found
    ]  # fmt: skip


def count(account: Account) -> int | None:
    return reads.waiting(account).count() or None


def hits(account: Account, words: str) -> list[Hit]:
    """Visits by number, operator or reason."""
    if not (account.can(access.Can.SEE) or account.can(access.Can.SEE_OWN)):
        return []
    asked = Q(number__icontains=words) | Q(operator__name_zh__icontains=words) | Q(operator__name_en__icontains=words)
    return [
        Hit(_("Inspection"), f"{visit.number} {visit.operator.name}", visit.get_absolute_url(),
        visit.get_state_display(),
            icon="clipboard-check")
        for visit in reads.visits(account).filter(asked | Q(reason__icontains=words))[:LIMIT]
    ]  # fmt: skip
