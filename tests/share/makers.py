"""Warnings and deliveries in any state, with every field filled that the state needs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from bastide.base.people.models import Account, Organisation
from bastide.share.models import Delivery, EarlyWarning

THEN = datetime(2026, 6, 16, 2, 0, tzinfo=UTC)
_count = itertools.count(1)
_APPROVED = {"approved", "published", "lifted"}
_TOLD = {"published", "lifted"}


def office_of(operator: Organisation) -> Organisation:
    """The office of the operator's province, made if it is not there."""
    found = Organisation.objects.filter(kind=Organisation.Kind.PROVINCIAL, area=operator.area).first()
    return found or Organisation.objects.create(
        code=f"EW-{operator.area}", kind=Organisation.Kind.PROVINCIAL, area=operator.area, name_zh="通信管理局（测试）"
    )


def make_warning(operator: Organisation, *, state: str = "published", **fields: Any) -> EarlyWarning:
    """A warning of the office of this operator's province; delivered to the operator once it was published."""
    place, house = next(_count), Account.objects.house()
    office = fields.pop("issuer", None) or office_of(operator)
    values: dict[str, Any] = {
        "number": f"EW-2026-{900000 + place}", "issuer": office, "office": office, "state": state, "pack": "cn-telecom",
        "pack_version": "1", "title": f"远程代码执行漏洞 {place}", "colour": "yellow", "rank": 2, "category": "vulnerability",
        "matters": "A flaw in a widely used router is exploited", "reach": "Operators that run the router",
        "start_at": THEN, "harm": "Interruption of service", "measures": "Update\nWatch the logs", "hotline": "010-12345678",
        "targets": {"operators": [operator.code]}, "created_at": THEN, "created_by": house,
    }  # fmt: skip
    if state in _APPROVED:
        values |= {"approved_at": THEN, "approved_by": house}
    if state in _TOLD:
        values |= {"published_at": THEN, "published_by": house, "revision": 1}
    if state == "lifted":
        values |= {"lifted_at": THEN, "lifted_by": house, "lift_reason": "Every vendor has a fix"}
    if state == "withdrawn":
        values |= {"withdrawn_reason": "Not exploited after all"}
    # The house test compares with what holds for an office: the operator only gets what its deliveries open.
    warning = EarlyWarning.objects.create(**{**values, **fields})
    if state in _TOLD:
        make_delivery(operator, warning=warning)
    return warning


def make_delivery(operator: Organisation, *, state: str = "pending", **fields: Any) -> Delivery:
    """A delivery of a warning in force to this operator."""
    place, house = next(_count), Account.objects.house()
    warning = fields.pop("warning", None)
    if warning is None:
        made = make_warning(operator, state="approved")
        EarlyWarning.objects.filter(pk=made.pk).update(
            state="published", published_at=THEN, published_by=house, revision=1
        )
        warning = EarlyWarning.objects.get(pk=made.pk)
    values: dict[str, Any] = {
        "number": f"DLV-2026-{900000 + place}", "warning": warning, "operator": operator, "state": state,
        "delivered_at": THEN, "reasons": [{"kind": "operator", "what": []}], "created_at": THEN,
    }  # fmt: skip
    if state in {"acknowledged", "action_reported"}:
        values |= {"acknowledged_at": THEN, "acknowledged_by": house}
    if state == "action_reported":
        values |= {
            "reported_at": THEN,
            "reported_by": house,
            "affected": 3,
            "fixed": 2,
            "remark": "Two of three updated",
        }
    if state == "escalated":
        values |= {"escalated_at": THEN}
    return Delivery.objects.create(**{**values, **fields})


MAKERS = {"share.earlywarning": make_warning, "share.delivery": make_delivery}
