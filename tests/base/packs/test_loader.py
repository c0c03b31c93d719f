"""Packs are read from files; a broken one says file, line, field, fault and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from bastide.base import packs
from bastide.base.packs import PackError

CLOCK_LINE = "- {id: CK-07, name: {zh: 事件处置总结报告, en: Incident summary report}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the telecom pack that a test may break."""
    return Path(shutil.copytree(packs.SHELF / "cn-telecom", tmp_path / "broken"))


def change(folder: Path, file: str, was: str, now: str) -> int:
    """Replace a text that stands once in a file; gives the line where it stood."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(was) == 1, f"{was!r} stands {text.count(was)} times in {file}"
    path.write_text(text.replace(was, now), encoding="utf-8")
    return text[: text.index(was)].count("\n") + 1


def faults(folder: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        packs.load(folder)
    return [str(fault) for fault in caught.value.faults]


class TestBrokenPack:
    def test_a_missing_value_names_the_line_of_its_clock(self, folder: Path) -> None:
        line = change(
            folder,
            "clocks.yaml",
            "value: 30, unit: D, bearer: operator, owed_to: cpd",
            "unit: D, bearer: operator, owed_to: cpd",
        )
        assert faults(folder) == [
            f"broken/clocks.yaml:{line}: clocks[CK-07]: unit 'D' needs a value. Correct the value",
        ]

    def test_an_unknown_field_lists_those_that_are_known(self, folder: Path) -> None:
        line = change(folder, "clocks.yaml", CLOCK_LINE, CLOCK_LINE + ", deadline: 30")
        (fault,) = faults(folder)
        assert fault.startswith(f"broken/clocks.yaml:{line}: clocks[CK-07].deadline: is not a known field. ")
        assert "known here: at_most, basis, bearer" in fault

    def test_a_missing_field_is_named(self, folder: Path) -> None:
        line = change(
            folder, "clocks.yaml", "bearer: ciio, owed_to: [cpd, police], basis", "owed_to: [cpd, police], basis"
        )
        assert faults(folder) == [f"broken/clocks.yaml:{line}: clocks[CK-01].bearer: is missing. Add it"]

    def test_an_unknown_mark_lists_the_marks(self, folder: Path) -> None:
        line = change(
            folder,
            "sanctions.yaml",
            "- id: SN-O11\n",
            "- id: SN-O11\n  note: {zh: 一, en: one}\n  since: 2010-03-01\n  until: sometime\n",
        )
        (fault,) = faults(folder)
        assert fault.startswith(f"broken/sanctions.yaml:{line + 3}: sanctions[SN-O11].until: ")

    def test_seen_without_source_is_refused(self, folder: Path) -> None:
        line = change(folder, "inspection.yaml", "basis: THR17 11, mark: unverified", "basis: THR17 11, mark: seen")
        (fault,) = faults(folder)
        assert fault.startswith(
            f"broken/inspection.yaml:{line}: inspection_items[II-04]: marked 'seen' but names no source"
        )

    def test_a_basis_must_be_an_instrument_of_the_pack(self, folder: Path) -> None:
        line = change(folder, "inspection.yaml", "basis: THR17 11,", "basis: THR71 11,")
        (fault,) = faults(folder)
        assert fault.startswith(f"broken/inspection.yaml:{line}: inspection_items[II-04].basis[0]: ")
        assert "there is no instrument 'THR71' in this pack. Add it, or use one of: APL, CCR" in fault

    def test_a_criterion_must_name_a_level_of_its_scale(self, folder: Path) -> None:
        line = change(folder, "levels.yaml", "{id: P-I-1, level: especially_major,", "{id: P-I-1, level: gigantic,")
        assert faults(folder) == [
            f"broken/levels.yaml:{line}: scales[plan17].criteria[P-I-1].level: "
            "there is no level 'gigantic' in this pack. "
            "Add it, or use one of: especially_major, general, major, relatively_major"
        ]

    def test_a_threshold_must_fit_its_fact(self, folder: Path) -> None:
        change(
            folder,
            "levels.yaml",
            "when: [{fact: malware_scope, at_least: nation}]",
            "when: [{fact: malware_scope, at_least: galaxy}]",
        )
        (fault,) = faults(folder)
        assert "malware_scope: 'galaxy' is not one of province, several_provinces, nation" in fault

    def test_a_duty_must_name_a_clock(self, folder: Path) -> None:
        line = change(folder, "duties.yaml", "clock: CK-05,", "clock: CK-50,")
        (fault,) = faults(folder)
        assert fault.startswith(
            f"broken/duties.yaml:{line}: duties[RD-OTHER].clock: there is no clock 'CK-50' in this pack."
        )

    def test_a_template_must_exist(self, folder: Path) -> None:
        line = change(folder, "documents.yaml", "template: rectify-order.typ", "template: rectify-orders.typ")
        assert faults(folder) == [
            f"broken/documents.yaml:{line}: document_types[DOC-16].template: papers/rectify-orders.typ does not exist. "
            "Add the template or correct its name"
        ]

    def test_every_purpose_of_the_platform_needs_a_clock(self, folder: Path) -> None:
        change(folder, "documents.yaml", "    rectify.plan: DS-RECT-PLAN\n", "")
        (fault,) = faults(folder)
        assert "no clock for 'rectify.plan'. Add rectify.plan: <id of a clock>" in fault

    def test_an_id_stands_once(self, folder: Path) -> None:
        change(folder, "clocks.yaml", "- {id: CK-08, ", "- {id: CK-07, ")
        assert any("'CK-07' is used twice in clocks. Give one of them another id" in fault for fault in faults(folder))

    def test_a_key_stands_once(self, folder: Path) -> None:
        line = change(folder, "manifest.yaml", "  currency: CNY", "  currency: CNY\n  currency: EUR")
        assert faults(folder) == [
            f"broken/manifest.yaml:{line + 1}: manifest.currency: is given twice. Keep one of the two"
        ]

    def test_a_file_that_is_not_yaml_names_the_line(self, folder: Path) -> None:
        (folder / "odd.yaml").write_text("clocks:\n- {id: CK-99, name: {zh: 甲, en: A\n")
        (fault,) = faults(folder)
        assert fault.startswith("broken/odd.yaml:3: (file): not YAML: ")

    def test_a_section_in_one_piece_is_not_split_over_files(self, folder: Path) -> None:
        (folder / "odd.yaml").write_text("manifest: {id: other}\n")
        (fault,) = faults(folder)
        assert fault == "broken/odd.yaml:1: manifest: stands already in broken/manifest.yaml:2. Keep one of the two"

    def test_all_faults_are_told_at_once(self, folder: Path) -> None:
        change(folder, "duties.yaml", "clock: CK-05,", "clock: CK-50,")
        change(folder, "duties.yaml", "clock: CK-03,", "clock: CK-30x,")
        assert len(faults(folder)) == 2

    def test_an_empty_folder_says_what_to_do(self, tmp_path: Path) -> None:
        assert "Put manifest.yaml and the other sections into this folder" in faults(tmp_path)[0]


class TestShelf:
    def test_both_regimes_are_available(self) -> None:
        assert packs.available() == ["cn-telecom", "eu-nis2"]

    def test_an_unknown_pack_lists_those_on_the_shelf(self) -> None:
        with pytest.raises(PackError, match=r"there is no pack 'mars'.+one of: cn-telecom, eu-nis2"):
            packs.pack("mars")

    def test_a_pack_is_read_once(self) -> None:
        assert packs.pack("eu-nis2") is packs.pack("eu-nis2")

    def test_the_setting_chooses_the_active_pack(self, settings: Settings) -> None:
        settings.BASTIDE_PACK = "eu-nis2"
        assert packs.active().id == "eu-nis2"
        assert packs.active("cn-telecom").id == "cn-telecom"


class TestDigest:
    def test_it_is_the_same_for_the_same_files(self, folder: Path) -> None:
        renamed = folder.rename(folder.parent / "elsewhere")
        assert packs.load(renamed).digest == packs.pack("cn-telecom").digest
        assert len(packs.pack("cn-telecom").digest) == 64

    def test_one_letter_changes_it(self, folder: Path) -> None:
        change(folder, "manifest.yaml", '"2026.11"', '"2026.12"')
        assert packs.load(folder).digest != packs.pack("cn-telecom").digest

    def test_templates_belong_to_the_pack(self, folder: Path) -> None:
        (folder / "papers" / "rectify-order.typ").write_text("#let paper(it) = []")
        assert packs.load(folder).digest != packs.pack("cn-telecom").digest
