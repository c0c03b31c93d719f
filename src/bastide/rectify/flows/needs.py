"""What a step on a finding or an order needs; each answers with a refusal in words, or None."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.rectify import criteria
from bastide.rectify.flows import timing
from bastide.rectify.models import Finding, Order

Given = dict[str, Any]
Refusal = str | Promise | None


def severity_is_known(finding: Finding, given: Given) -> Refusal:
    wanted = given.get("severity") or finding.severity
    try:
        packs.pack(finding.pack).severity(wanted)
    except LookupError:
        return format_lazy(_("“{severity}” is no severity of this regime."), severity=wanted)
    return None


def finding_is_free(finding: Finding, given: Given) -> Refusal:
    line = finding.lines.filter(released=False).select_related("order").first()
    if line is None:
        return None
    return format_lazy(_("This finding stands in order {order}. Discard that draft first."), order=line.order.number)


def basis_is_stated(order: Order, given: Given) -> Refusal:
    return None if order.legal_basis else _("An order states the clauses it stands on.")


def findings_are_open(order: Order, given: Given) -> Refusal:
    """An order takes open findings only; a closed one never comes back."""
    lines = list(order.lines.filter(released=False).select_related("finding"))
    if not lines:
        return _("An order needs at least one finding.")
    taken = [line.finding.number for line in lines if line.finding.state != Finding.State.OPEN]
    if not taken:
        return None
    return format_lazy(_("No longer open, so they cannot be ordered: {numbers}."), numbers=", ".join(taken))


def everything_is_handed_in(order: Order, given: Given) -> Refusal:
    left = [line.finding.number for line in order.lines.select_related("finding") if not line.is_settled]
    if not left:
        return None
    return format_lazy(_("Evidence is still missing for: {numbers}."), numbers=", ".join(left))


def extension_is_left(order: Order, given: Given) -> Refusal:
    limit = packs.pack(order.pack).counted_limit("extensions")
    if limit is None or limit.number is None or criteria.extensions_left(order.extensions_granted, limit.number):
        return None
    return format_lazy(
        _("This order was extended {granted} times already; more than {at_most} extensions are not given."),
        granted=order.extensions_granted, at_most=limit.number,
    )  # fmt: skip


def limit_has_not_passed(order: Order, given: Given) -> Refusal:
    """More time is asked for before the limit, never after it."""
    moment = given.get("moment")
    limits = [clock.due_at for clock in timing.limits(order)]
    if moment is None or criteria.asked_in_time(moment, limits):
        return None
    return _("The limit has passed. More time can only be asked for before it passes.")


def verifier_is_a_second_person(order: Order, given: Given) -> Refusal:
    who = given.get("who")
    if who is None or criteria.is_second_person(who.pk, issuer=order.issued_by_id, drafter=order.created_by_id):
        return None
    return _("Whoever drew up or issued the order does not verify it: a second person does.")


def verifier_is_independent(order: Order, given: Given) -> Refusal:
    """The verifier says so by name; a body that assists may not be the operator itself."""
    if not given.get("is_independent", True):
        return _("Say that neither you nor the body that assists you assessed this operator.")
    body = given.get("assisted_by")
    if body is not None and body.pk == order.operator_id:
        return _("The operator cannot assist in its own verification.")
    return None
