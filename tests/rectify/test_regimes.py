"""The same acts under the other regime: inspection to closing letter with what that pack states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bastide.base import clock, packs, papers, trail
from bastide.inspection import flows as inspection
from bastide.rectify import flows
from bastide.rectify.models import Finding, Order
from tests.conftest import make_account


@pytest.fixture
def europe(settings: Any) -> packs.Pack:
    settings.BASTIDE_PACK = "eu-nis2"
    return packs.active()


def test_inspection_to_closing_letter(
    europe, provincial, inspector, officer, operator, telco, province, hand_in, at
) -> None:
    from bastide.base.people.roles import Role
    from tests.rectify.conftest import plan_of

    second = make_account("second", province, Role.INSPECTOR)
    visit = inspection.draft(
        by=provincial, at=at, operator=telco, item=europe.inspection_items[0].id,
        inspection_class=europe.inspection_classes[0].id, checklist=europe.checklists[0].id, method="on_site", reason="plan",
        starts_at=at, ends_at=at + timedelta(days=1), team_leader=inspector, officers=[second],
    )  # fmt: skip
    inspection.approve(visit, by=provincial, at=at)
    inspection.notify(visit, by=provincial, at=at)
    inspection.open_visit(visit, by=inspector, at=at)
    inspection.observe(
        by=inspector, at=at, visit=visit, clause=f"{europe.instruments[0].id} 21", severity=europe.severities[0].id,
        title="weak passwords", text="x", reproduce="y",
    )  # fmt: skip
    inspection.finish(visit, by=inspector, at=at, record_facts="x", rest_not_assessed=True)
    inspection.send(visit, by=inspector, at=at)
    inspection.confirm(visit, by=operator, at=at)
    inspection.conclude(visit, by=provincial, at=at, result="one finding")
    trail.deliver_waiting()
    order = flows.issue(flows.draft(by=officer, at=at, findings=Finding.objects.all()), by=provincial, at=at)
    flows.receive(order, by=operator, at=at, responsible="CISO")
    flows.submit_plan(order, by=operator, at=at, lines=plan_of(order))
    flows.accept_plan(order, by=officer, at=at)
    flows.submit_evidence(hand_in(order), by=operator, at=at)
    flows.verify(order, by=inspector, at=at, method="retest", opinion="done")
    flows.close(order, by=officer, at=at)
    assert order.state == Order.State.CLOSED
    assert papers.of(order).count() == 3
    assert {c.state for c in clock.of(order)} == {"met"}
