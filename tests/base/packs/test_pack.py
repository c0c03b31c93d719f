"""What both packs must hold for every consumer, and the times of the law against the catalogue of facts."""

from __future__ import annotations

import pytest

from bastide.base import packs
from bastide.base.packs import ClockPurpose, DocumentPurpose, Mark, Pack, UnknownName

# Id, value, unit and mark as the catalogue of facts has them.
CATALOGUE = """
CK-01 1 H seen|CK-02 0.5 H seen|CK-03 2 H seen|CK-04 1 H seen|CK-05 4 H seen|CK-06 1 H seen*|CK-07 30 D seen*
CK-08 0 immediate seen|CK-09 10 WD unverified|CK-10 20 WD unverified|CK-11 2 D seen*|CK-12 24 H seen|CK-13 30 D seen
CK-14 30 D unverified|CK-15 1 Y seen|CK-16 2 Y seen|CK-17 90 D unverified|CK-18 30 D unverified|CK-19 3 MO seen
CK-20 1 Y seen|CK-21 1 Y seen|CK-22 01-31 date seen*|CK-23 03-31 date seen*|CK-24 1 Y seen|CK-25 6 MO seen
CK-26 3 Y seen|CK-27 6 MO unverified|CK-28 10 WD unverified|CK-29 30 WD unverified|CK-30 15 WD unverified
CK-31 90 WD unverified|CK-32 90 D seen|CK-33 7 WD seen|CK-34 5 WD seen|CK-35 -7 WD seen|CK-36 7 WD seen
CK-37 15 D seen|CK-38 3 rate seen|CK-39 3 WD seen|CK-40 1 Y unverified|CK-41 1 Y seen|CK-42 2 Y seen
"""
ROWS = [row.split() for line in CATALOGUE.strip().splitlines() for row in line.split("|")]
HOUSE = {
    "DS-ACK-RED": (0.5, "H"), "DS-ACK-ORANGE": (1, "H"), "DS-ACK-YELLOW": (4, "H"), "DS-ACK-BLUE": (24, "H"),
    "DS-RECT-CRITICAL": (3, "D"), "DS-RECT-HIGH": (15, "D"), "DS-RECT-MEDIUM": (30, "D"), "DS-RECT-LOW": (90, "D"),
    "DS-RECT-RECEIPT": (1, "WD"), "DS-RECT-PLAN": (5, "WD"), "DS-RECT-PLAN-REVIEW": (5, "WD"),
    "DS-RECT-VERIFY": (10, "WD"), "DS-INC-LEVEL": (2, "H"), "DS-INC-JUDGE": (0.5, "H"),
}  # fmt: skip


@pytest.fixture
def cn() -> Pack:
    return packs.pack("cn-telecom")


@pytest.fixture(params=["cn-telecom", "eu-nis2"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return packs.pack(request.param)


class TestClocks:
    def test_the_catalogue_has_42_rows(self) -> None:
        assert [row[0] for row in ROWS] == [f"CK-{number:02}" for number in range(1, 43)]

    @pytest.mark.parametrize(("id", "value", "unit", "mark"), ROWS, ids=[row[0] for row in ROWS])
    def test_each_row_of_the_catalogue_is_there(self, cn: Pack, id: str, value: str, unit: str, mark: str) -> None:
        clock = cn.clock(id)
        assert (clock.day or str(clock.value), clock.unit, clock.mark) == (value, unit, mark)
        assert clock.basis

    @pytest.mark.parametrize("id", HOUSE)
    def test_defaults_of_the_house_are_marked_so(self, cn: Pack, id: str) -> None:
        clock = cn.clock(id)
        assert (clock.value, clock.unit) == HOUSE[id]
        assert clock.mark is Mark.DESIGN

    def test_longer_terms_of_the_law_are_kept(self, cn: Pack) -> None:
        assert cn.clock("CK-29").extension == 15
        assert cn.clock("CK-42").at_most == 5
        assert cn.clock("CK-38").at_most == 100

    def test_every_time_gives_a_term_except_a_surcharge(self, pack: Pack) -> None:
        assert [clock.id for clock in pack.clocks if clock.term is None] == (
            ["CK-38"] if pack.id == "cn-telecom" else []
        )

    def test_reminders_come_before_and_after(self, cn: Pack) -> None:
        offsets = [(rule.at.total_seconds(), rule.to) for rule in cn.clock("DS-ACK-RED").reminders]
        assert offsets == [(-900, "bearer"), (0, "leader"), (900, "authority")]

    @pytest.mark.parametrize(
        ("id", "words"),
        [
            ("CK-01", "1 hour"),
            ("CK-02", "30 minutes"),
            ("CK-08", "immediately"),
            ("CK-09", "10 working days"),
            ("CK-22", "31/1 each year"),
            ("CK-35", "7 working days before"),
            ("CK-38", "3 % a day"),
        ],
    )
    def test_the_span_is_said_in_words(self, cn: Pack, id: str, words: str) -> None:
        assert cn.clock(id).span.en == words

    def test_an_unknown_clock_suggests_its_neighbours(self, cn: Pack) -> None:
        with pytest.raises(UnknownName, match="pack 'cn-telecom' has no clock 'CK-1'; did you mean"):
            cn.clock("CK-1")


class TestEveryPack:
    """What code relies on, whatever the regime."""

    @pytest.mark.parametrize("purpose", ClockPurpose)
    def test_each_purpose_has_a_clock(self, pack: Pack, purpose: ClockPurpose) -> None:
        assert pack.clock_for(purpose).name.en

    @pytest.mark.parametrize("purpose", DocumentPurpose)
    def test_each_purpose_has_a_document(self, pack: Pack, purpose: DocumentPurpose) -> None:
        assert pack.document_for(purpose).fields

    def test_clocks_of_the_house_have_the_same_ids(self, cn: Pack) -> None:
        house = {clock.id for clock in cn.clocks if clock.id.startswith("DS-")}
        assert house <= {clock.id for clock in packs.pack("eu-nis2").clocks}

    def test_severities_run_from_low_to_critical_with_shorter_limits(self, pack: Pack) -> None:
        ranked = sorted(pack.severities, key=lambda severity: severity.rank)
        days = [pack.rectification_clock(severity.id).value for severity in ranked]
        assert [severity.id for severity in ranked] == ["low", "medium", "high", "critical"]
        assert days == [90, 30, 15, 3]

    def test_graver_colours_are_answered_faster(self, pack: Pack) -> None:
        asked = [colour for colour in sorted(pack.colours, key=lambda colour: colour.rank) if colour.ack_clock]
        assert [colour.id for colour in asked] == ["blue", "yellow", "orange", "red"]
        assert [pack.clock(colour.ack_clock).value for colour in asked] == [24, 4, 1, 0.5]

    def test_every_network_type_has_a_checklist(self, pack: Pack) -> None:
        assert all(pack.checklists_for(network.id) for network in pack.network_types)
        assert all(12 <= len(checklist.items) <= 25 for checklist in pack.checklists)

    def test_every_role_has_a_name(self, pack: Pack) -> None:
        roles = "leader officer duty_officer head security_officer reporter inspector assessor expert analyst organiser"
        for role in [*roles.split(), "contestant", "auditor", "administrator", "house"]:
            assert pack.role_name(role).zh

    def test_series_of_documents_are_not_shared(self, pack: Pack) -> None:
        series = [document.series for document in pack.document_types]
        assert len(set(series)) == len(series)

    def test_each_fact_carries_its_mark_to_the_console(self, pack: Pack) -> None:
        assert {clock.mark for clock in pack.clocks} >= {Mark.SEEN, Mark.UNVERIFIED, Mark.DESIGN}

    def test_a_pack_can_stand_in_a_set(self, pack: Pack) -> None:
        assert len({pack, packs.pack(pack.id)}) == 1


class TestTelecom:
    def test_all_provinces_are_there(self, cn: Pack) -> None:
        assert len(cn.areas) == 34
        assert cn.area_name("440000").zh == "广东省"
        assert cn.area_name("").en == "Nationwide"
        assert len([area for area in cn.areas if area.office]) == 31

    def test_grades_are_ordered_codes(self, cn: Pack) -> None:
        assert [grade.code for grade in sorted(cn.grades, key=lambda grade: grade.rank)] == [
            "1",
            "2",
            "3.1",
            "3.2",
            "4",
            "5",
        ]
        assert [cn.grade(code).assessment_clock for code in ("1", "2", "3.1", "5")] == ["", "CK-16", "CK-15", "CK-15"]

    def test_documents_01_to_20_are_there(self, cn: Pack) -> None:
        assert all(cn.document_type(f"DOC-{number:02}").fields for number in range(1, 21))

    def test_clauses_of_order_11_are_held(self, cn: Pack) -> None:
        clauses = {clause.article: clause for clause in cn.clauses("O11")}
        assert clauses["8"].clock == "CK-13"
        assert str(clauses["8"].basis_here) == "O11 8"
        assert {clause.article.partition("(")[0] for clause in clauses.values()} == {str(n) for n in range(1, 25)}

    def test_all_51_articles_of_the_cii_regulations_are_held(self, cn: Pack) -> None:
        held = {clause.article.partition("(")[0] for clause in cn.clauses("CIIR")}
        assert held == {str(number) for number in range(1, 52)}

    @pytest.mark.parametrize("id", ["O11", "CIIR", "INC25", "PLAN17", "INSP54", "APL", "CSL"])
    def test_the_instruments_of_the_loop_have_clauses(self, cn: Pack, id: str) -> None:
        assert cn.clauses(id)

    def test_an_instrument_that_was_not_read_has_none(self, cn: Pack) -> None:
        assert cn.clauses("NPLAN17") == ()

    def test_the_first_report_needs_the_first_two_groups_only(self, cn: Pack) -> None:
        assert {field.group for field in cn.report_fields if field.must_first} == {1, 2}


class TestText:
    def test_it_speaks_the_language_of_the_reader(self, cn: Pack) -> None:
        from django.utils import translation

        name = cn.colour("red").name
        with translation.override("zh-hans"):
            assert f"{name}" == "红色预警"
        with translation.override("en"):
            assert str(name) == "Red warning"
