"""The numbers of the situation room: whose they are, and that nothing owed at once is called overdue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.home import reads
from bastide.monitor.models import Source
from tests.conftest import make_account, make_organisation
from tests.home.conftest import settle
from tests.registry.makers import make_unit
from tests.respond.makers import make_incident

pytestmark = pytest.mark.django_db
OPEN_PER_OPERATOR = {
    "incidents_open": 2, "incidents_overdue": 1, "deliveries_owed": 1, "orders_overdue": 1, "alerts_grave": 2,
    "operators_unheard": 0,
}  # fmt: skip


def figures(account: Account, at) -> dict[str, int]:
    return {one.name: one.value for one in reads.situation(account, at=at).figures}


class TestScope:
    def test_an_operator_sees_its_own_numbers_only(self, settled, elsewhere, operator, at) -> None:
        seen = reads.situation(operator, at=at)
        assert figures(operator, at) == OPEN_PER_OPERATOR
        assert [row.operator.code for row in seen.posture.rows] == ["OP-A"]
        assert seen.scope == "OP-A (test)"

    def test_a_province_sees_its_own_province(self, settled, elsewhere, provincial, at) -> None:
        assert figures(provincial, at) == OPEN_PER_OPERATOR
        assert reads.situation(provincial, at=at).operators == 1

    def test_the_ministry_sees_all(self, settled, elsewhere, national, at) -> None:
        assert figures(national, at) == {name: 2 * number for name, number in OPEN_PER_OPERATOR.items()}

    def test_a_group_sees_the_subsidiaries_it_manages(self, settled, operator, telco, at) -> None:
        below = make_organisation(
            "OP-A1", Organisation.Kind.OPERATOR, "110000", telco, operator_kind="basic_telecom", managed_by_parent=True
        )
        settle(below, at)
        assert figures(operator, at)["incidents_open"] == 4
        assert reads.situation(operator, at=at).scope == "OP-A (test) and 1 subsidiary"

    def test_what_a_role_may_not_see_is_left_out(self, settled, inspector, at) -> None:
        seen = reads.situation(inspector, at=at)
        assert seen.incidents is None
        assert seen.alerts is None
        assert seen.coverage is None
        assert seen.orders is not None
        assert {cell.name for cell in seen.posture.rows[0].cells} == {"owed", "orders"}

    def test_an_assigned_body_without_a_file_sees_nothing_of_it(self, settled, expert, at) -> None:
        seen = reads.situation(expert, at=at)
        assert {one.value for one in seen.figures} == {0}
        assert seen.posture is None

    @pytest.mark.parametrize("who", ["stranger", "contestant"])
    def test_without_a_right_there_is_no_situation(self, who, settled, request, at) -> None:
        assert reads.situation(request.getfixturevalue(who), at=at).is_empty

    def test_critical_infrastructure_is_counted_for_those_who_may_know(self, settled, national, analyst, at) -> None:
        assert reads.situation(national, at=at).units.cii == 1
        assert reads.situation(analyst, at=at).units.cii is None


class TestIncidents:
    def test_the_soonest_clock_with_a_number_is_told(self, settled, national, at) -> None:
        line = reads.situation(national, at=at).incidents.lines[0]
        assert line.next.css == "is-overdue"
        assert "overdue by" in line.next.left
        assert line.at_once == 1

    def test_what_is_owed_at_once_is_never_overdue(self, settled, national, at) -> None:
        line = reads.situation(national, at=at).incidents.lines[1]
        assert line.next is None
        assert line.at_once == 1

    def test_they_are_counted_by_level(self, settled, national, at) -> None:
        levels = {level.rank: level.count for level in reads.situation(national, at=at).incidents.levels}
        assert levels == {"4": 0, "3": 1, "2": 0, "1": 1, "0": 0}


class TestCoverage:
    def test_it_tells_the_silent_from_the_never_heard(self, settled, other_telco, national, at) -> None:
        make_organisation("OP-C", Organisation.Kind.OPERATOR, "310000", operator_kind="value_added")
        Source.objects.filter(operator__code="OP-A").update(last_batch_at=at - timedelta(days=3))
        seen = reads.situation(national, at=at).coverage
        assert (seen.current, seen.silent, seen.never) == (0, 1, 2)
        assert [row.operator.code for row in seen.longest] == ["OP-A", "OP-B", "OP-C"]

    def test_each_figure_says_on_how_many_operators_it_rests(self, settled, other_telco, national, at) -> None:
        told = {one.name: one.basis for one in reads.situation(national, at=at).figures}
        assert told["alerts_grave"] == "Events arrive from 1 of 2 operators"
        assert told["deliveries_owed"] == "0 of 1 warned operators have acknowledged all"

    def test_nothing_is_said_of_an_operator_seen_only_through_a_unit(
        self, settled, other_telco, provincial, at
    ) -> None:
        make_unit(other_telco, area="110000")
        seen = reads.situation(provincial, at=at)
        assert (seen.coverage.current, seen.coverage.silent, seen.coverage.never) == (1, 0, 0)
        assert [row.operator.code for row in seen.posture.rows] == ["OP-A"]
        assert seen.operators == 1


class TestPosture:
    def test_an_operator_of_elsewhere_shows_when_something_of_it_lies_here(
        self, settled, other_telco, provincial, at
    ) -> None:
        make_unit(other_telco, area="110000")
        make_incident(other_telco, area="110000")
        rows = {row.operator.code: row for row in reads.situation(provincial, at=at).posture.rows}
        assert rows["OP-B"].value("incidents") == 1
        assert not rows["OP-B"].is_own

    def test_the_worst_comes_first(self, settled, other_telco, national, at) -> None:
        rows = reads.situation(national, at=at).posture.rows
        assert [(row.operator.code, row.standing.value) for row in rows] == [("OP-A", "act"), ("OP-B", "blind")]

    def test_it_is_sorted_by_any_column(self, settled, other_telco, national, at) -> None:
        up = reads.situation(national, at=at, sort="incidents").posture.rows
        assert [row.operator.code for row in up] == ["OP-B", "OP-A"]
        down = reads.situation(national, at=at, sort="-incidents").posture.rows
        assert [row.operator.code for row in down] == ["OP-A", "OP-B"]

    def test_one_standing_may_be_chosen(self, settled, other_telco, national, at) -> None:
        rows = reads.situation(national, at=at, only="blind").posture.rows
        assert [row.operator.code for row in rows] == ["OP-B"]

    def test_a_reporter_sees_what_the_officer_of_the_same_operator_sees(self, settled, telco, at) -> None:
        assert figures(make_account("reporter", telco, Role.REPORTER), at) == OPEN_PER_OPERATOR


class TestOrders:
    def test_the_rate_counts_those_that_ended(self, settled, operator, at) -> None:
        orders = reads.situation(operator, at=at).orders
        assert (orders.open, orders.overdue, orders.ended, orders.in_time, orders.late) == (2, 1, 2, 1, 1)
        assert orders.percent == 50


class TestAlerts:
    def test_days_are_those_of_the_console_and_have_no_gaps(self, settled, national, at) -> None:
        days = reads.situation(national, at=at).alerts.days
        assert len(days) == 30
        assert days[-1].day == "2026-06-16"
        assert days[-1].total == 6
