"""Imports: dry run, commit in three modes, receipts, undo."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest

from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.jobs.work import work_once
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.registry import flows, reads
from bastide.registry.models import Dependency, Import, ImportRow, NetworkUnit
from tests.registry.makers import make_unit

pytestmark = pytest.mark.django_db

HEAD = ["operator", "code", "name_zh", "network_type", "area", "grade", "hosts"]


def sheet(*rows: list[str], head: list[str] = HEAD, encoding: str = "utf-8") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([head, *rows])
    return buffer.getvalue().encode(encoding)


def line(code: str = "CORE-1", **more: str) -> list[str]:
    cells = {"operator": "OP-A", "code": code, "name_zh": "核心网", "network_type": "5g_core", "area": "110000", **more}
    return [cells.get(name, "") for name in HEAD]


def upload(by: Account, at: datetime, data: bytes, subject: str = "units", **more: object) -> Import:
    return flows.upload_import(by=by, at=at, subject=subject, file_name="units.csv", data=data, **more)


def problems(thing: Import) -> list[tuple[int, str]]:
    return [(row.line, p["field"]) for row in thing.rows.all() for p in row.problems]


class TestDryRun:
    def test_it_writes_nothing_and_tells_what_would_happen(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        known = make_unit(telco, code="OLD", name_zh="旧")
        thing = upload(operator, at, sheet(line(), line("OLD"), line("BAD", network_type="pigeons")))
        assert thing.state == "checked"
        assert thing.counts == {"rows": 3, "new": 1, "change": 1, "bad": 1}
        assert problems(thing) == [(4, "network_type")]
        assert NetworkUnit.objects.get() == known

    def test_it_tells_every_wrong_cell_of_a_row(self, telco: Organisation, operator: Account, at: datetime) -> None:
        thing = upload(operator, at, sheet(["OP-A", "", "", "?", "999999", "7", "not a host!"]))
        assert problems(thing) == [
            (2, field) for field in ("code", "name_zh", "network_type", "area", "grade", "hosts")
        ]

    @pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0"])
    def test_a_formula_is_quarantined(self, telco: Organisation, operator: Account, at: datetime, cell: str) -> None:
        assert problems(upload(operator, at, sheet(line(name_zh=cell)))) == [(2, "name_zh")]

    def test_codes_may_be_given_by_name_in_either_language(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(
            operator, at, sheet(line(network_type="5G 核心网"), line("B", network_type="Internet", area="北京市"))
        )
        assert thing.counts == {"rows": 2, "new": 2}

    def test_one_unit_stands_on_one_row(self, telco: Organisation, operator: Account, at: datetime) -> None:
        assert problems(upload(operator, at, sheet(line(), line()))) == [(3, "code")]

    def test_one_host_belongs_to_one_unit(self, telco: Organisation, operator: Account, at: datetime) -> None:
        make_unit(telco, hosts=("192.0.2.1",))
        data = sheet(line(hosts="192.0.2.1"), line("B", hosts="192.0.2.2"), line("C", hosts="192.0.2.2"))
        assert problems(upload(operator, at, data)) == [(2, "hosts"), (4, "hosts")]

    def test_another_operator_is_not_there(
        self, telco: Organisation, other_telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line(operator="OP-B"), line(operator="NOBODY")))
        assert problems(thing) == [(2, "operator"), (3, "operator")]

    def test_a_province_imports_for_its_own_area(self, telco: Organisation, provincial: Account, at: datetime) -> None:
        thing = upload(provincial, at, sheet(line(), line("B", area="310000")))
        assert problems(thing) == [(3, "area")]

    def test_who_may_not_import_is_refused(self, telco: Organisation, analyst: Account, at: datetime) -> None:
        with pytest.raises(Refused):
            upload(analyst, at, sheet(line()))

    def test_a_file_name_loses_its_folders(self, telco: Organisation, operator: Account, at: datetime) -> None:
        thing = flows.upload_import(
            by=operator, at=at, subject="units", file_name="..\\..\\etc/\x00pass\nwd.csv", data=sheet(line())
        )
        assert thing.file_name == "passwd.csv"

    def test_an_unreadable_file_is_told_and_kept(self, telco: Organisation, operator: Account, at: datetime) -> None:
        thing = upload(operator, at, b'operator,code\n"never closed')
        assert thing.state == "unreadable"
        assert thing.faults[0]["args"]["row"] == 2

    def test_a_large_file_is_left_to_the_worker(self, telco: Organisation, operator: Account, at: datetime) -> None:
        thing = upload(operator, at, sheet(line()), at_once=False)
        assert thing.state == "uploaded"
        assert work_once(at) is not None
        thing.refresh_from_db()
        assert thing.state == "checked"

    def test_the_same_file_again_is_hinted_at(self, telco: Organisation, operator: Account, at: datetime) -> None:
        first = upload(operator, at, sheet(line()))
        flows.commit_import(first, by=operator, at=at, mode="stop")
        second = upload(operator, at, sheet(line()))
        assert second.faults[0]["args"] == {"number": first.number}
        assert second.counts == {"rows": 1, "same": 1}


class TestCommit:
    def test_good_rows_are_kept_and_bad_ones_quarantined(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line(grade="3.1", hosts="192.0.2.1"), line("BAD", area="x")))
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        assert thing.state == "committed"
        assert (thing.counts["created"], thing.counts["quarantined"]) == (1, 1)
        unit = NetworkUnit.objects.get()
        assert (unit.code, unit.grade, unit.host_names) == ("CORE-1", "3.1", ["192.0.2.1"])

    def test_skip_leaves_what_exists(self, telco: Organisation, operator: Account, at: datetime) -> None:
        known = make_unit(telco, code="CORE-1", name_zh="旧")
        thing = upload(operator, at, sheet(line()))
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        known.refresh_from_db()
        assert known.name_zh == "旧"
        assert thing.counts["skipped"] == 1

    def test_update_changes_what_is_filled_in(self, telco: Organisation, operator: Account, at: datetime) -> None:
        known = make_unit(telco, code="CORE-1", name_zh="旧", network_type="5g_core", hosts=("192.0.2.9",))
        thing = upload(operator, at, sheet(line(grade="2")))
        flows.commit_import(thing, by=operator, at=at, mode="update")
        known.refresh_from_db()
        assert (known.name_zh, known.grade, known.host_names) == ("核心网", "2", ["192.0.2.9"])
        assert thing.counts["updated"] == 1

    def test_stop_refuses_while_a_row_is_wrong_or_known(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line(), line("BAD", area="x")))
        with pytest.raises(Refused):
            flows.commit_import(thing, by=operator, at=at, mode="stop")
        assert not NetworkUnit.objects.exists()

    def test_stop_takes_everything_back_when_the_register_moved_on(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line("A"), line("B")))
        make_unit(telco, code="B")
        flows.commit_import(thing, by=operator, at=at, mode="stop")
        assert thing.state == "checked"
        assert thing.counts == {"rows": 2, "new": 1, "bad": 1}
        assert not NetworkUnit.objects.filter(code="A").exists()

    def test_an_import_goes_on_where_it_was_interrupted(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line("A"), line("B")))
        flows.commit_import(thing, by=operator, at=at, mode="skip", at_once=False)
        row = thing.rows.first()
        assert row is not None
        row.outcome = ImportRow.Outcome.SKIPPED
        row.save()
        assert work_once(at) is not None
        thing.refresh_from_db()
        assert thing.state == "committed"
        assert [unit.code for unit in NetworkUnit.objects.all()] == ["B"]

    def test_a_commit_sent_twice_is_one(self, telco: Organisation, operator: Account, at: datetime) -> None:
        thing = upload(operator, at, sheet(line()))
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        with pytest.raises(Refused):
            flows.commit_import(thing, by=operator, at=at, mode="skip")
        assert NetworkUnit.objects.count() == 1

    def test_nobody_commits_for_another_operator(
        self, telco: Organisation, operator: Account, other_operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line()))
        assert not reads.imports(other_operator).exists()
        with pytest.raises(Forbidden):
            flows.commit_import(thing, by=other_operator, at=at, mode="skip")


class TestOperatorsAndDependencies:
    def test_a_subsidiary_may_follow_its_parent(self, national: Account, at: datetime) -> None:
        head = ["code", "name_zh", "area", "operator_kind", "parent", "managed_by_parent"]
        data = sheet(
            ["G-1", "集团", "", "basic_telecom", "", ""], ["G-1-BJ", "分公司", "北京市", "value_added", "G-1", "是"],
            ["X", "无上级", "", "value_added", "NOBODY", "no"], head=head,
        )  # fmt: skip
        thing = upload(national, at, data, "operators")
        assert problems(thing) == [(4, "parent")]
        flows.commit_import(thing, by=national, at=at, mode="skip")
        made = Organisation.objects.get(code="G-1-BJ")
        assert (made.parent and made.parent.code, made.managed_by_parent, made.area) == ("G-1", True, "110000")

    def test_dependencies_need_both_ends(self, telco: Organisation, operator: Account, at: datetime) -> None:
        one, other = make_unit(telco, code="A"), make_unit(telco, code="B")
        head = ["operator", "unit", "depends_on", "kind"]
        data = sheet(["OP-A", "A", "B", "供电"], ["OP-A", "A", "Z", "power"], ["OP-A", "A", "A", "power"], head=head)
        thing = upload(operator, at, data, "dependencies")
        assert problems(thing) == [(3, "depends_on"), (4, "depends_on")]
        flows.commit_import(thing, by=operator, at=at, mode="update")
        stated = Dependency.objects.get()
        assert (stated.unit, stated.depends_on, stated.kind) == (one, other, "power")


class TestUndo:
    def test_it_takes_back_what_was_made_and_changed(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        known = make_unit(telco, code="OLD", name_zh="旧")
        thing = upload(operator, at, sheet(line("NEW", grade="2"), line("OLD", grade="3.1", hosts="192.0.2.1")))
        flows.commit_import(thing, by=operator, at=at, mode="update")
        flows.undo_import(thing, by=operator, at=at)
        known.refresh_from_db()
        assert thing.state == "undone"
        assert (thing.counts["undone"], thing.counts["stuck"]) == (2, 0)
        assert not NetworkUnit.objects.filter(code="NEW").exists()
        assert (known.name_zh, known.grade, known.state, known.host_names) == ("旧", "", "registered", [])

    def test_what_was_touched_since_stays_and_says_so(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line("A"), line("B")))
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        flows.change_unit(NetworkUnit.objects.get(code="A"), by=operator, at=at, name_zh="改")
        flows.undo_import(thing, by=operator, at=at)
        assert [unit.code for unit in NetworkUnit.objects.all()] == ["A"]
        assert (thing.counts["undone"], thing.counts["stuck"]) == (1, 1)
        assert thing.rows.get(line=2).stuck

    def test_it_is_refused_when_nothing_can_be_taken_back(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line("A")))
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        flows.change_unit(NetworkUnit.objects.get(), by=operator, at=at, name_zh="改")
        with pytest.raises(Refused):
            flows.undo_import(thing, by=operator, at=at)
        assert thing.state == "committed"

    def test_a_unit_that_another_one_needs_now_stays(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = upload(operator, at, sheet(line("A"), line("B")))
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        needed = NetworkUnit.objects.get(code="A")
        flows.add_dependency(make_unit(telco), by=operator, at=at, depends_on=needed, kind="power")
        flows.undo_import(thing, by=operator, at=at)
        assert set(NetworkUnit.objects.filter(code__in="AB").values_list("code", flat=True)) == {"A"}

    def test_operators_go_too_unless_they_are_in_use(self, national: Account, at: datetime) -> None:
        head = ["code", "name_zh", "operator_kind"]
        thing = upload(national, at, sheet(["X", "甲", "other"], ["Y", "乙", "other"], head=head), "operators")
        flows.commit_import(thing, by=national, at=at, mode="skip")
        make_unit(Organisation.objects.get(code="Y"))
        flows.undo_import(thing, by=national, at=at)
        assert set(reads.operators(national).values_list("code", flat=True)) == {"Y"}
        assert ledger.of(thing)[0].act == "registry.import.undo"

    def test_an_operator_taken_back_can_be_entered_again(self, national: Account, at: datetime) -> None:
        head = ["code", "name_zh", "operator_kind", "licence"]
        thing = upload(national, at, sheet(["X", "甲", "other", "B1"], head=head), "operators")
        flows.commit_import(thing, by=national, at=at, mode="skip")
        flows.undo_import(thing, by=national, at=at)
        again = upload(national, at, sheet(["X", "丙", "other", ""], head=head), "operators")
        assert again.counts == {"rows": 1, "new": 1}
        flows.commit_import(again, by=national, at=at, mode="stop")
        back = reads.operators(national).get(code="X")
        assert (back.name_zh, back.licence) == ("丙", "")


GML = b"""graph [ label "Ring" node [ id 0 label "North" Latitude 39.9 Longitude 116.4 ] node [ id 1 label "None" ]
node [ id 1 label "double" ] edge [ source 0 target 1 ] edge [ source 1 target 0 ] edge [ source 0 target 9 ] ]"""


class TestNetworkMap:
    def test_nodes_become_units_and_edges_dependencies(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        thing = flows.upload_import(
            by=operator, at=at, subject="map", file_name="ring.gml", data=GML, operator="OP-A", network_type="transport"
        )
        assert thing.options["prefix"] == "ring-"
        assert thing.counts == {"rows": 5, "new": 3, "bad": 2}
        assert problems(thing) == [(2, "code"), (2, "depends_on")]
        assert thing.faults[0]["args"] == {"count": 1}
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        assert [(unit.code, unit.name) for unit in reads.units(operator).order_by("pk")] == [
            ("ring-0", "North"), ("ring-1", "ring-1"),
        ]  # fmt: skip
        assert Dependency.objects.get().kind == "link"

    def test_a_whole_map_can_be_taken_back(self, telco: Organisation, operator: Account, at: datetime) -> None:
        thing = flows.upload_import(
            by=operator, at=at, subject="map", file_name="r.gml", data=GML, operator="OP-A", network_type="transport",
            kind="power",
        )  # fmt: skip
        flows.commit_import(thing, by=operator, at=at, mode="skip")
        flows.undo_import(thing, by=operator, at=at)
        assert not NetworkUnit.objects.exists()
        assert not Dependency.objects.exists()

    def test_it_is_for_ones_own_operators(
        self, telco: Organisation, other_telco: Organisation, operator: Account, at: datetime
    ) -> None:
        with pytest.raises(Refused):
            flows.upload_import(by=operator, at=at, subject="map", file_name="r.gml", data=GML, operator="OP-B")


class TestTopologyZoo:
    """Real networks of the Internet Topology Zoo, where the data lies beside the repository."""

    def take(self, path: Path, by: Account, at: datetime) -> Import:
        return flows.upload_import(
            by=by, at=at, subject="map", file_name=path.name, data=path.read_bytes(), operator="OP-A",
            network_type="transport", at_once=True,
        )  # fmt: skip

    @pytest.mark.parametrize("name", ["Arpanet19728", "Airtel", "Garr201103"])
    def test_some_come_into_the_register(
        self, shared_data: Path, telco: Organisation, operator: Account, at: datetime, name: str
    ) -> None:
        thing = self.take(shared_data / "analytics" / "zoo" / f"{name}.gml", operator, at)
        assert "bad" not in thing.counts
        flows.commit_import(thing, by=operator, at=at, mode="stop", at_once=True)
        assert thing.state == "committed"
        assert NetworkUnit.objects.count() + Dependency.objects.count() == thing.counts["rows"]

    @pytest.mark.everything
    def test_all_pass_the_dry_run(
        self, shared_data: Path, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        for path in sorted((shared_data / "analytics" / "zoo").glob("*.gml")):
            thing = self.take(path, operator, at)
            wrong = [row.problems for row in thing.rows.filter(verdict="bad")]
            assert thing.state == "checked", path.name
            assert all(problem["field"] == "depends_on" for found in wrong for problem in found), (path.name, wrong)
