"""Incidents in any state, with every field filled that the state needs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from bastide.base.people.models import Account, Organisation
from bastide.respond.models import Incident

THEN = datetime(2026, 6, 16, 2, 0, tzinfo=UTC)
_count = itertools.count(1)
_ORDER = [
    "detected", "triaged", "reported_initial", "level_confirmed", "responding", "contained", "response_ended",
    "summary_submitted", "authority_reported", "closed",
]  # fmt: skip


def make_incident(operator_org: Organisation, *, state: str = "detected", units: Any = (), **fields: Any) -> Incident:
    """An incident of an operator in a state, without lines or clocks (those come by playing the flows)."""
    place = next(_count)
    step = _ORDER.index(state) if state in _ORDER else 1
    values: dict[str, Any] = {
        "number": f"INC-2026-{900000 + place}", "title": f"核心网中断 {place}", "nature": "attack", "area": operator_org.area,
        "found_at": THEN, "found_zone": "Asia/Shanghai", "source": "own_monitoring", "door": "form", "state": state,
    }  # fmt: skip
    if step >= 1:
        values |= {"judged_at": THEN}
    if step >= 2:
        values |= {"reported_at": THEN, "received_at": THEN, "last_report_at": THEN}
    if step >= 3:
        values |= {"confirmed_at": THEN, "confirmed_by": Account.objects.house()}
    if state in {"responding", "contained"}:
        values |= {"response_rank": 2, "response_at": THEN, "response_by": operator_org}
    if step >= 6:
        values |= {"ended_at": THEN, "conclusion": "restored"}
    if state == "closed":
        values |= {"closed_at": THEN, "lessons": "patch sooner"}
    if state == "rejected":
        values |= {"rejected_reason": "no harm"}
    incident = Incident.objects.create(operator=operator_org, **{**values, **fields})
    incident.units.set(units)
    return incident


MAKERS = {"respond.incident": make_incident}
