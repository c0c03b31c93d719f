"""What happens to one delivery: acknowledged, answered with what was done, called after, escalated when late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from bastide.base import inbox, vault
from bastide.base.people.models import Account, Organisation
from bastide.share.access import Can
from bastide.share.flows import timing
from bastide.share.flows.table import DELIVERY
from bastide.share.models import Delivery, PhoneCall


def acknowledge(
    delivery: Delivery,
    *,
    by: Account,
    at: datetime,
    contact: str = "",
    contact_phone: str = "",
    version: int | None = None,
) -> Delivery:
    """Sign for the warning; the time for the report on what was done runs from here."""
    with DELIVERY.step("acknowledge", delivery, by=by, at=at, version=version) as held:
        held.acknowledged_at, held.acknowledged_by = at, by
        held.contact, held.contact_phone = contact or held.contact, contact_phone or held.contact_phone
        timing.stop(held, timing.acknowledgement(held.warning), at=at, by=by, fact="share.delivery.acknowledge")
        timing.start_action(held, by=by, at=at)
    return delivery


def report_action(
    delivery: Delivery,
    *,
    by: Account,
    at: datetime,
    affected: int,
    fixed: int,
    remark: str,
    evidence: Iterable[Any] = (),
    version: int | None = None,
) -> Delivery:
    """How much is affected, how much of it is fixed, and what was done; a later report replaces the numbers."""
    counts = {"affected": affected, "fixed": fixed}
    with DELIVERY.step("report_action", delivery, by=by, at=at, version=version, **counts) as held:
        held.affected, held.fixed, held.remark = affected, fixed, remark
        held.reported_at, held.reported_by = at, by
        held.save()
        vault.keep(evidence, thing=held, by=by, at=at)
        timing.stop(held, timing.action(held.warning), at=at, by=by, fact="share.delivery.report_action")
        inbox.tell(
            organisation=held.warning.issuer, can=Can.LOG_CALL, at=at, thing=held,
            key=f"{held.number}:reported:{at.isoformat()}",
            text=gettext_noop("%(operator)s reported on early warning %(number)s: %(fixed)s of %(affected)s fixed."),
            args={"operator": held.operator.name_zh, "number": held.warning.number, "fixed": fixed,
            "affected": affected},
        )  # fmt: skip
    return delivery


def log_call(
    delivery: Delivery,
    *,
    by: Account,
    at: datetime,
    number_called: str,
    reached: bool = False,
    spoken_with: str = "",
    note: str = "",
    called_at: datetime | None = None,
    version: int | None = None,
) -> Delivery:
    """Keep that somebody called. The operator still acknowledges itself: a call is no acknowledgement."""
    with DELIVERY.step("log_call", delivery, by=by, at=at, version=version) as held:
        PhoneCall.objects.create(
            delivery=held, at=called_at or at, by=by, number_called=number_called, reached=reached,
            spoken_with=spoken_with,
            note=note,
        )  # fmt: skip
    return delivery


def escalate(delivery: Delivery, *, by: Account, at: datetime) -> Delivery:
    """The house notes that nobody acknowledged in time and tells those who lead, at the operator and at the office."""
    with DELIVERY.step("escalate", delivery, by=by, at=at) as held:
        held.escalated_at = at
        for organisation, right in _leaders(held):
            inbox.tell(
                organisation=organisation, can=right, at=at, thing=held, urgency="high",
                key=f"{held.number}:escalated:{held.revision}",
                text=gettext_noop("Early warning %(number)s was not acknowledged in time by %(operator)s."),
                args={"number": held.warning.number, "operator": held.operator.name_zh},
            )  # fmt: skip
    return delivery


def _leaders(delivery: Delivery) -> list[tuple[Organisation, str]]:
    """The operator, the office that issued the warning, and the office of the operator's province."""
    issuer, area = delivery.warning.issuer, delivery.operator.area
    near = Organisation.objects.filter(kind=Organisation.Kind.PROVINCIAL, area=area, is_active=True) if area else []
    offices = {one.pk: one for one in (issuer, *near)}
    return [(delivery.operator, Can.ANSWER), *((one, Can.APPROVE) for one in offices.values())]
