"""What happens to operators and units."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.http import Http404

from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.base.trail.models import Fact
from bastide.registry import flows, reads
from bastide.registry.models import NetworkUnit
from tests.registry.makers import make_dependency, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(telco: Organisation) -> NetworkUnit:
    return make_unit(telco)


class TestEnterUnit:
    def test_it_numbers_the_unit_and_knows_its_hosts(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        unit = flows.enter_unit(
            by=operator,
            at=at,
            operator=telco,
            code="CORE-1",
            name_zh="核心网",
            hosts="Core-1.example.net; 192.0.2.0/24",
        )
        assert unit.number == "NU-2026-000001"
        assert (unit.state, unit.area, unit.host_names) == (
            "registered",
            "110000",
            ["core-1.example.net", "192.0.2.0/24"],
        )
        assert reads.unit_of_host(telco.pk, "192.0.2.77") == unit
        assert reads.unit_of_host(telco.pk, "CORE-1.EXAMPLE.NET.") == unit
        assert [entry.act for entry in ledger.of(unit)] == ["registry.networkunit.enter"]

    def test_without_a_code_the_number_serves(self, telco: Organisation, operator: Account, at: datetime) -> None:
        unit = flows.enter_unit(by=operator, at=at, operator=telco, name_zh="核心网")
        assert unit.code == unit.number

    def test_it_refuses_another_operators_unit(
        self, telco: Organisation, other_operator: Account, at: datetime
    ) -> None:
        with pytest.raises(Forbidden):
            flows.enter_unit(by=other_operator, at=at, operator=telco, name_zh="核心网")
        assert not NetworkUnit.objects.exists()

    def test_it_refuses_another_province(self, telco: Organisation, other_provincial: Account, at: datetime) -> None:
        with pytest.raises(Forbidden):
            flows.enter_unit(by=other_provincial, at=at, operator=telco, name_zh="核心网")

    def test_a_province_enters_units_of_its_own_area(
        self, telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        assert flows.enter_unit(by=provincial, at=at, operator=telco, name_zh="核心网").area == "110000"

    def test_it_refuses_a_code_used_before(self, unit: NetworkUnit, operator: Account, at: datetime) -> None:
        with pytest.raises(Refused, match=unit.code) as refusal:
            flows.enter_unit(by=operator, at=at, operator=unit.operator, code=unit.code, name_zh="核心网")
        assert refusal.value.field == "code"

    def test_it_refuses_a_host_of_another_unit(self, telco: Organisation, operator: Account, at: datetime) -> None:
        make_unit(telco, hosts=("192.0.2.7",))
        with pytest.raises(Refused, match=r"192\.0\.2\.7"):
            flows.enter_unit(by=operator, at=at, operator=telco, name_zh="核心网", hosts="192.0.2.7")
        assert NetworkUnit.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value"), [("network_type", "pigeons"), ("area", "999999"), ("lifecycle", "asleep"), ("name_zh", "")]
    )
    def test_it_refuses_what_the_pack_does_not_know(
        self, telco: Organisation, operator: Account, at: datetime, field: str, value: str
    ) -> None:
        with pytest.raises(Refused) as refusal:
            flows.enter_unit(by=operator, at=at, operator=telco, **{"name_zh": "核心网", field: value})
        assert refusal.value.field == field


class TestChangeUnit:
    def test_it_keeps_old_and_new_in_the_trail(self, unit: NetworkUnit, operator: Account, at: datetime) -> None:
        was = unit.name_zh
        flows.change_unit(unit, by=operator, at=at, version=1, name_zh="新名", hosts="10.1.0.0/16")
        entry = ledger.of(unit)[0]
        assert entry.changes["name_zh"] == [was, "新名"]
        assert entry.changes["host_names"] == [[], ["10.1.0.0/16"]]

    def test_it_refuses_what_was_read_too_long_ago(self, unit: NetworkUnit, operator: Account, at: datetime) -> None:
        flows.change_unit(unit, by=operator, at=at, version=1, name_zh="一")
        with pytest.raises(Stale):
            flows.change_unit(unit, by=operator, at=at, version=1, name_zh="二")

    def test_a_province_cannot_move_it_away(self, unit: NetworkUnit, provincial: Account, at: datetime) -> None:
        with pytest.raises(Refused) as refusal:
            flows.change_unit(unit, by=provincial, at=at, area="310000")
        assert refusal.value.field == "area"

    def test_it_refuses_a_stranger(self, unit: NetworkUnit, stranger: Account, at: datetime) -> None:
        with pytest.raises(Forbidden):
            flows.change_unit(unit, by=stranger, at=at, name_zh="一")


class TestSetGrade:
    def test_it_takes_an_ordered_code_and_announces_it(
        self, unit: NetworkUnit, national: Account, at: datetime
    ) -> None:
        flows.set_grade(unit, by=national, at=at, grade="3.2", reason="expert review")
        assert (unit.state, unit.grade, unit.graded_at) == ("graded", "3.2", at)
        assert Fact.objects.get().values["grade"] == "3.2"

    @pytest.mark.parametrize("grade", ["3", "6", "", "3.10"])
    def test_it_refuses_a_code_that_is_no_grade(
        self, unit: NetworkUnit, national: Account, at: datetime, grade: str
    ) -> None:
        with pytest.raises(Refused, match=r"3\.1"):
            flows.set_grade(unit, by=national, at=at, grade=grade, reason="x")

    def test_it_wants_a_reason(self, unit: NetworkUnit, national: Account, at: datetime) -> None:
        with pytest.raises(Refused):
            flows.set_grade(unit, by=national, at=at, grade="2", reason=" ")


class TestSetCii:
    def test_it_marks_and_unmarks_with_a_reason(self, unit: NetworkUnit, national: Account, at: datetime) -> None:
        flows.set_cii(unit, by=national, at=at, reason="backbone of three provinces")
        assert unit.is_cii
        assert unit.is_classified
        flows.unset_cii(unit, by=national, at=at, reason="taken out of the backbone")
        assert (unit.is_cii, unit.cii_reason, unit.cii_since) == (False, "", None)
        assert [fact.values["is_cii"] for fact in Fact.objects.order_by("pk")] == [True, False]

    def test_it_is_not_for_the_operator(self, unit: NetworkUnit, operator: Account, at: datetime) -> None:
        with pytest.raises(Forbidden):
            flows.set_cii(unit, by=operator, at=at, reason="we are important")

    def test_a_second_mark_is_refused(self, telco: Organisation, national: Account, at: datetime) -> None:
        with pytest.raises(Refused):
            flows.set_cii(make_unit(telco, is_cii=True), by=national, at=at, reason="again")


class TestWithdraw:
    def test_its_hosts_become_free(self, telco: Organisation, operator: Account, at: datetime) -> None:
        unit = make_unit(telco, hosts=("192.0.2.7",))
        flows.withdraw_unit(unit, by=operator, at=at, reason="switched off")
        assert unit.state == "withdrawn"
        assert reads.unit_of_host(telco.pk, "192.0.2.7") is None
        flows.enter_unit(by=operator, at=at, operator=telco, name_zh="新", hosts="192.0.2.7")

    def test_not_while_it_is_cii(self, telco: Organisation, operator: Account, at: datetime) -> None:
        with pytest.raises(Refused):
            flows.withdraw_unit(make_unit(telco, is_cii=True), by=operator, at=at, reason="gone")


class TestDependencies:
    def test_reach_goes_on_through_others_and_ends_in_circles(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        power, radio, shop = make_unit(telco), make_unit(telco), make_unit(telco)
        flows.add_dependency(radio, by=operator, at=at, depends_on=power.number, kind="power")
        flows.add_dependency(shop, by=operator, at=at, depends_on=radio, kind="transport", note="main line")
        make_dependency(power, shop, "management")
        assert reads.dependants_of(power) == [radio, shop]
        assert reads.needs_of(shop) == [radio, power]

    def test_links_are_no_need(self, telco: Organisation) -> None:
        one, other = make_unit(telco), make_unit(telco)
        make_dependency(one, other, "link")
        assert reads.dependants_of(other) == []

    def test_one_that_is_stated_is_not_stated_twice(self, telco: Organisation, operator: Account, at: datetime) -> None:
        one, other = make_unit(telco), make_unit(telco)
        flows.add_dependency(one, by=operator, at=at, depends_on=other, kind="power")
        with pytest.raises(Refused):
            flows.add_dependency(one, by=operator, at=at, depends_on=other, kind="power")

    def test_the_other_end_must_be_in_sight(
        self, unit: NetworkUnit, other_telco: Organisation, operator: Account, at: datetime
    ) -> None:
        with pytest.raises(Refused):
            flows.add_dependency(unit, by=operator, at=at, depends_on=make_unit(other_telco).number, kind="power")

    def test_it_can_be_taken_back(self, telco: Organisation, operator: Account, at: datetime) -> None:
        one, other = make_unit(telco), make_unit(telco)
        stated = make_dependency(one, other)
        flows.remove_dependency(one, by=operator, at=at, dependency=stated.pk)
        assert not one.needs.exists()
        with pytest.raises(Refused):
            flows.remove_dependency(one, by=operator, at=at, dependency=stated.pk)


class TestOperators:
    def test_a_province_adds_those_of_its_area(self, provincial: Account, at: datetime) -> None:
        made = flows.enter_operator(
            by=provincial, at=at, code="OP-9", name_zh="运营者", area="110000", operator_kind="value_added"
        )
        assert ledger.of(made)[0].act == "registry.operator.enter"

    def test_and_no_others(self, provincial: Account, at: datetime) -> None:
        with pytest.raises(Forbidden):
            flows.enter_operator(by=provincial, at=at, code="OP-9", name_zh="运营者", area="310000")
        assert not Organisation.objects.filter(code="OP-9").exists()

    def test_a_code_is_used_once(self, telco: Organisation, national: Account, at: datetime) -> None:
        with pytest.raises(Refused, match="OP-A"):
            flows.enter_operator(by=national, at=at, code="OP-A", name_zh="运营者")

    def test_change_is_kept(self, telco: Organisation, national: Account, at: datetime) -> None:
        flows.change_operator(telco, by=national, at=at, licence="B1-2026")
        assert ledger.of(telco)[0].changes == {"licence": ["", "B1-2026"]}

    def test_an_operator_cannot_stand_above_itself(self, telco: Organisation, national: Account, at: datetime) -> None:
        child = flows.enter_operator(by=national, at=at, code="OP-9", name_zh="子公司", parent=telco)
        with pytest.raises(Refused):
            flows.change_operator(telco, by=national, at=at, parent=child)

    def test_an_operator_does_not_change_itself(self, telco: Organisation, operator: Account, at: datetime) -> None:
        with pytest.raises(Forbidden):
            flows.change_operator(telco, by=operator, at=at, licence="B1-2026")


class TestSight:
    def test_each_sees_its_own(
        self,
        telco: Organisation,
        other_telco: Organisation,
        operator: Account,
        provincial: Account,
        national: Account,
        stranger: Account,
    ) -> None:
        ours, theirs = make_unit(telco), make_unit(other_telco)
        assert list(reads.units(operator)) == [ours]
        assert list(reads.units(provincial)) == [ours]
        assert set(reads.units(national)) == {ours, theirs}
        assert not reads.units(stranger).exists()
        with pytest.raises(Http404):
            reads.unit_for(operator, theirs.number)
        with pytest.raises(Http404):
            reads.operator_for(operator, other_telco.code)

    def test_a_province_sees_the_operator_of_a_unit_in_its_area(
        self, other_telco: Organisation, provincial: Account
    ) -> None:
        assert not reads.operators(provincial).filter(pk=other_telco.pk).exists()
        make_unit(other_telco, area="110000")
        assert reads.operator_for(provincial, other_telco.code) == other_telco

    def test_a_cii_mark_looks_absent_to_who_may_not_see_it(
        self, telco: Organisation, national: Account, analyst: Account
    ) -> None:
        unit = make_unit(telco, is_cii=True)
        assert reads.unit_for(national, unit.number).shows_cii
        seen = reads.unit_for(analyst, unit.number)
        assert not seen.shows_cii
        assert not seen.is_classified
        assert not reads.units(national, with_cii=False).get().is_classified

    def test_posture_counts_by_grade_and_hides_cii(
        self, telco: Organisation, national: Account, analyst: Account
    ) -> None:
        make_unit(telco, state="graded", grade="3.1", is_cii=True)
        make_unit(telco, state="graded", grade="2")
        make_unit(telco)
        make_unit(telco, state="withdrawn")
        line = reads.posture(national)[0]
        assert (line.units, line.graded, line.by_grade, line.cii) == (3, 2, {"2": 1, "3.1": 1}, 1)
        assert reads.posture(analyst)[0].cii is None
        assert reads.units_per_grade(national) == {"1": 0, "2": 1, "3.1": 1, "3.2": 0, "4": 0, "5": 0, "": 1}
        assert (reads.cii_count(national), reads.cii_count(analyst)) == (1, None)

    def test_the_narrowest_network_wins(self, telco: Organisation) -> None:
        make_unit(telco, hosts=("10.0.0.0/8",))
        narrow = make_unit(telco, hosts=("10.1.0.0/16",))
        assert reads.unit_of_host(telco.pk, "10.1.2.3") == narrow
        assert reads.unit_of_host(telco.pk, "not a host") is None

    def test_neighbours_show_only_what_is_in_sight(
        self, telco: Organisation, other_telco: Organisation, operator: Account, national: Account
    ) -> None:
        ours, near, theirs = make_unit(telco), make_unit(telco), make_unit(other_telco)
        make_dependency(ours, near)
        make_dependency(near, theirs)
        assert reads.neighbourhood(operator, ours, steps=3).units == [ours, near]
        around = reads.neighbourhood(national, ours, steps=2)
        assert [around.steps[unit.pk] for unit in around.units] == [0, 1, 2]
        assert len(around.edges) == 2
        assert reads.neighbourhood(national, ours, steps=2, limit=2).is_cut
