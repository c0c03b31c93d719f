"""What a step on a warning or a delivery needs; each answers with a refusal in words, or None.

`given["who"]` is the person who acts; a page asks the same needs to leave out buttons that would be refused.
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.people.models import Account
from bastide.share import criteria
from bastide.share.access import Can
from bastide.share.models import Delivery, EarlyWarning

Given = dict[str, Any]
Refusal = str | Promise | None


def colour_is_known(warning: EarlyWarning, given: Given) -> Refusal:
    wanted = given.get("colour") or warning.colour
    try:
        packs.pack(warning.pack).colour(wanted)
    except LookupError:
        return format_lazy(_("“{colour}” is no colour of this regime."), colour=wanted)
    return None


def reason_is_given(warning: EarlyWarning, given: Given) -> Refusal:
    return None if str(given.get("reason") or "").strip() else _("State the reason: it is kept with the warning.")


def seats_of(who: Account) -> list[criteria.Seat]:
    """The seats of a person in authorities that approve."""
    return [
        criteria.Seat(
            criteria.NATIONAL if m.organisation.is_national else criteria.PROVINCIAL, m.role, m.organisation_id
        )
        for m in who.standing()
        if m.organisation.is_authority and who.holds_right(m, Can.APPROVE)
    ]


def _power(warning: EarlyWarning, colour: str, who: Account | None) -> Refusal:
    law = packs.pack(warning.pack).colour(colour)
    if who is not None and criteria.has_power(law.office.value, warning.issuer_id, seats_of(who)):
        return None
    if law.office.value == criteria.NATIONAL:
        return format_lazy(_("{colour}: a leader of the national authority approves it."), colour=law.name)
    return format_lazy(
        _("{colour}: a leader or duty officer of {issuer} or of the national authority approves it."),
        colour=law.name, issuer=warning.issuer,
    )  # fmt: skip


def approver_has_power(warning: EarlyWarning, given: Given) -> Refusal:
    return _power(warning, warning.colour, given.get("who"))


def approver_is_a_second_person(warning: EarlyWarning, given: Given) -> Refusal:
    return _second(warning, warning.colour, given.get("who"))


def _second(warning: EarlyWarning, colour: str, who: Account | None) -> Refusal:
    law = packs.pack(warning.pack).colour(colour)
    if who is None or criteria.is_second_person(law.office.value, warning.created_by_id, who.pk):
        return None
    return format_lazy(_("{colour}: whoever proposed it does not approve it; a second person does."), colour=law.name)


def change_is_within_power(warning: EarlyWarning, given: Given) -> Refusal:
    """A new colour takes the same power as if it were proposed; new words alone take the issuer."""
    wanted = given.get("colour") or warning.colour
    if wanted == warning.colour:
        return None
    return _power(warning, wanted, given.get("who")) or _second(warning, wanted, given.get("who"))


def issuer_acts(warning: EarlyWarning, given: Given) -> Refusal:
    """Only the office that issues a warning publishes, changes or lifts it."""
    who = given.get("who")
    if who is not None and warning.issuer in who.organisations_with(Can.PUBLISH):
        return None
    return format_lazy(_("Only {issuer}, which issues this warning, may do that."), issuer=warning.issuer)


def office_may_write(warning: EarlyWarning, given: Given) -> Refusal:
    """A proposal is changed by the office that made it, or by the one that issues it."""
    who = given.get("who")
    ours = who.organisations_with(Can.PROPOSE) if who is not None else []
    if warning.office in ours or warning.issuer in ours or any(one.is_national for one in ours):
        return None
    return format_lazy(_("Only {office}, which proposed this warning, may do that."), office=warning.office)


def warning_is_in_force(delivery: Delivery, given: Given) -> Refusal:
    if delivery.warning.is_in_force:
        return None
    return _("This warning is no longer in force; nothing is owed.")


def counts_agree(delivery: Delivery, given: Given) -> Refusal:
    affected, fixed = given.get("affected"), given.get("fixed")
    if affected is None or fixed is None or fixed <= affected:
        return None
    return _("More assets fixed than affected: correct one of the numbers.")
