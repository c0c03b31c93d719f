"""What rectification does when inspection concludes or a clock runs out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bastide.base import clock, terms, trail
from bastide.base.clock.facts import ClockOverdue
from bastide.inspection.facts import FindingsConfirmed
from bastide.rectify import hears
from bastide.rectify.models import Finding, Order
from tests.registry.makers import make_unit


@pytest.fixture
def fact(telco, at) -> FindingsConfirmed:
    unit = make_unit(telco, is_cii=True)
    told = {
        "number": "OBS-2026-000001", "item": "G-13", "clause": "CIIR 15", "unit": unit.number, "severity": "critical",
        "title": "默认口令", "text": "网管存在默认口令", "measure": "改口令", "evidence": [],
    }  # fmt: skip
    return FindingsConfirmed("INS-2026-000001", telco.pk, "cn-telecom", "2026.11", (told,), at)


class TestFindingsConfirmed:
    def test_it_records_one_finding_for_each_observation(self, fact, at) -> None:
        hears.record_findings(fact, at=at)
        finding = Finding.objects.get()
        assert (finding.source_kind, finding.source_number, finding.severity) == ("inspection", fact.visit, "critical")
        assert finding.unit is not None
        assert finding.is_classified

    def test_heard_twice_it_is_recorded_once(self, fact, at) -> None:
        hears.record_findings(fact, at=at)
        hears.record_findings(fact, at=at)
        assert Finding.objects.count() == 1

    def test_it_is_delivered_through_the_outbox(self, fact, at) -> None:
        trail.announce(fact, at=at)
        with terms.frozen(at + timedelta(seconds=5)):
            trail.deliver_waiting()
        assert Finding.objects.count() == 1

    def test_what_was_closed_before_returns_as_a_new_finding(self, fact, at) -> None:
        hears.record_findings(fact, at=at)
        first = Finding.objects.get()
        Finding.objects.filter(pk=first.pk).update(state="closed", verified_at=at, closed_at=at)
        again = FindingsConfirmed(
            "INS-2026-000002", fact.operator_id, fact.pack, fact.pack_version,
            ({**fact.observations[0], "number": "OBS-2026-000009"},), at,
        )  # fmt: skip
        hears.record_findings(again, at=at)
        assert Finding.objects.exclude(pk=first.pk).get().returns == first


class TestClockOverdue:
    def told(self, order: Order, type_id: str, at) -> ClockOverdue:
        one = clock.open_of(order, type_id)
        return ClockOverdue(
            one.pk, type_id, "rectify.order", order.pk, order.number, order.operator.code, one.due_at, at
        )

    def test_a_limit_that_passed_makes_the_order_overdue(self, underway, at) -> None:
        late = at + timedelta(days=16)
        fact = self.told(underway, "DS-RECT-HIGH", late)
        hears.mark_overdue(fact, at=late)
        hears.mark_overdue(fact, at=late)
        underway.refresh_from_db()
        assert underway.state == Order.State.OVERDUE

    def test_a_late_receipt_does_not(self, issued, at) -> None:
        hears.mark_overdue(self.told(issued, "DS-RECT-RECEIPT", at), at=at)
        issued.refresh_from_db()
        assert issued.state == Order.State.ISSUED

    def test_clocks_of_other_rooms_are_let_pass(self, issued, at) -> None:
        fact = self.told(issued, "DS-RECT-HIGH", at)
        hears.mark_overdue(ClockOverdue(**{**fact.__dict__, "thing_kind": "respond.incident"}), at=at)
        issued.refresh_from_db()
        assert issued.state == Order.State.ISSUED
