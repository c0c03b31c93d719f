"""Every template of every pack prints in both languages; the same input gives the same bytes."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typst
from pypdf import PdfReader

from bastide.base import packs
from bastide.base.papers import printing
from bastide.base.papers.statement import spoken
from tests.base.papers import standards
from tests.base.papers.samples import SAMPLES

AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
ISSUER = {
    "code": "CA-11",
    "name": {"zh": "北京市通信管理局（测试）", "en": "Beijing Communications Administration (test)"},
}
TELCO = {"code": "OP-A", "name": {"zh": "甲电信公司（测试）", "en": "Telecom company A (test)"}}

pytestmark = pytest.mark.usefixtures("chinese")


def given(data: dict[str, Any], language: str, **more: Any) -> dict[str, Any]:
    said = {
        "type": "DOC-00", "title": {"zh": "标题", "en": "Title"}, "issuer": ISSUER, "addressee": TELCO,
        "copies": [TELCO["name"]], "issued_on": "2026-11-22", "issued_at": "2026-11-22T10:30:00+08:00", "data": data,
        "number": "DOC-2026-000001", "reference": "测〔2026〕1号", **more,
    }  # fmt: skip
    return {
        **spoken(said, language),
        "lang": language,
        "authentic": language == "zh",
        "draft": False,
        "digest": "ab" * 32,
    }


def template(pack: str, purpose: str) -> Path:
    return printing.template_path(packs.SHELF / pack, purpose.replace(".", "-"))


class TestTemplates:
    @pytest.mark.parametrize("pack", ["cn-telecom", "eu-nis2"])
    @pytest.mark.parametrize("language", ["zh", "en"])
    @pytest.mark.parametrize("purpose", sorted(SAMPLES))
    def test_it_prints_archivable_and_accessible(self, pack: str, purpose: str, language: str) -> None:
        printed = printing.render(template(pack, purpose), given(SAMPLES[purpose], language), at=AT)
        assert len(PdfReader(io.BytesIO(printed.pdf)).pages) == printed.pages
        assert printed.missing == ()
        assert standards.faults(printed.pdf, language) == []

    @pytest.mark.parametrize("pack", ["cn-telecom", "eu-nis2"])
    def test_every_document_type_with_a_template_has_its_file(self, pack: str) -> None:
        if pack not in packs.available():
            pytest.skip(f"pack {pack} is not on the shelf")
        for kind in packs.pack(pack).document_types:
            if kind.template:
                assert printing.template_path(packs.SHELF / pack, kind.template).is_file(), kind.id

    @pytest.mark.parametrize("purpose", sorted(SAMPLES))
    def test_the_samples_hold_what_the_pack_asks_for(self, purpose: str) -> None:
        kind = packs.pack("cn-telecom").document_for(purpose)
        supplied = {"issuer", "issued_at", "addressee", "signatures"}
        assert {field.id for field in kind.fields if field.required} - supplied <= SAMPLES[purpose].keys()


class TestStandards:
    def test_a_paper_without_template_keeps_them_too(self) -> None:
        it = given({"owner": "甲"}, "zh") | {"fields": [{"id": "owner", "name": "负责人"}]}
        assert standards.faults(printing.render(printing.PLAIN, it, at=AT).pdf, "zh") == []

    def test_a_picture_without_words_for_it_does_not_print(self, tmp_path: Path) -> None:
        path = tmp_path / "letter.typ"
        path.write_text(
            '#import "/house.typ": *\n#let paper(it) = {\n  show: letter.with(it)\n'
            '  image(bytes("<svg xmlns=\\"http://www.w3.org/2000/svg\\" width=\\"9\\" height=\\"9\\"/>"))\n}\n'
        )
        with pytest.raises(printing.TemplateFault, match="alt"):
            printing.render(path, given({}, "zh"), at=AT)

    def test_what_is_no_such_pdf_is_told(self) -> None:
        """The measure itself: an ordinary PDF fails it in every point it should."""
        plain = typst.compile(b"= Title", format="pdf", pdf_tags=False)
        told = " ".join(standards.faults(plain, "zh"))
        for fault in ("pdfaid:part", "pdfuaid:part", "not marked", "no structure", "language", "output intent"):
            assert fault in told, fault


class TestSameBytes:
    def test_the_same_input_gives_the_same_bytes(self) -> None:
        it = given(SAMPLES["rectify.order"], "zh")
        assert (
            printing.render(template("cn-telecom", "rectify.order"), it, at=AT).pdf
            == printing.render(template("cn-telecom", "rectify.order"), it, at=AT).pdf
        )

    def test_another_day_gives_others(self) -> None:
        it = given(SAMPLES["rectify.order"], "zh")
        other = AT.replace(day=23)
        assert (
            printing.render(template("cn-telecom", "rectify.order"), it, at=AT).pdf
            != printing.render(template("cn-telecom", "rectify.order"), it, at=other).pdf
        )


class TestFaults:
    def broken(self, folder: Path, body: str) -> Path:
        path = folder / "letter.typ"
        path.write_text(f'#import "/house.typ": *\n\n#let paper(it) = {{\n  show: letter.with(it)\n  {body}\n}}\n')
        return path

    def test_an_absent_field_is_told_by_template_line_and_name(self, tmp_path: Path) -> None:
        with pytest.raises(printing.TemplateFault) as fault:
            printing.render(self.broken(tmp_path, "it.data.plan"), given({"a": "b"}, "zh"), at=AT)
        assert (fault.value.template, fault.value.line, fault.value.blamed) == ("letter.typ", 5, "plan")

    def test_a_slip_of_the_pen_is_told_by_its_line(self, tmp_path: Path) -> None:
        with pytest.raises(printing.TemplateFault) as fault:
            printing.render(self.broken(tmp_path, "let x = ("), given({}, "zh"), at=AT)
        assert fault.value.template == "letter.typ"
        assert fault.value.line >= 5

    def test_a_fault_below_the_template_is_told_where_it_was_called(self, tmp_path: Path) -> None:
        with pytest.raises(printing.TemplateFault) as fault:
            printing.render(
                self.broken(tmp_path, "let d = it.data\n  points(it, d.a.nothing)"), given({"a": "b"}, "zh"), at=AT
            )
        assert fault.value.template == "letter.typ"
        assert fault.value.line == 6

    def test_an_absent_template_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(printing.TemplateFault, match=r"absent\.typ"):
            printing.render(tmp_path / "absent.typ", given({}, "zh"), at=AT)

    def test_a_pack_names_files_in_its_own_folder_only(self) -> None:
        with pytest.raises(ValueError, match="not a template name"):
            printing.template_path(Path("packs"), "../../settings")

    def test_data_is_text_and_never_markup(self) -> None:
        said = dict(SAMPLES["rectify.closure"], text='#read("/it.json") *not bold* $x$ <pages> @ref')
        printed = printing.render(template("cn-telecom", "rectify.closure"), given(said, "en"), at=AT)
        text = PdfReader(io.BytesIO(printed.pdf)).pages[0].extract_text()
        assert '#read("/it.json") *not bold* $x$ <pages> @ref' in text.replace("\n", " ")
