"""The Word copy says what the PDF says, with headings, head rows and languages a screen reader finds; equal bytes."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from django.test import Client
from docx.oxml.ns import qn
from lxml import etree
from pypdf import PdfReader

from bastide.base import packs, papers
from bastide.base.papers import blocks, printing, reads, word
from bastide.base.papers.models import Document, Edition
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from tests.base.papers.samples import SAMPLES
from tests.base.papers.test_doors import signed_in
from tests.base.papers.test_printing import AT, given, template

pytestmark = pytest.mark.usefixtures("chinese")
PACKS = ["cn-telecom", "eu-nis2"]
# Only in the copy: that it is one. Only on paper: the foot, and the place of the seal, which the copy puts in brackets.
COPY_NOTES = (
    "可编辑副本，仅供参考和修改使用；同一编号的PDF为正式文本。",
    "Editable copy for reference and drafting. The PDF under the same number is the official edition.",
)


def squeezed(words: str) -> str:
    """Without what breaking lines, ruling and sealing add: spaces, hyphens, lines to sign on, brackets of the seal."""
    return re.sub(r"[\s_\-\u2010\u200b\u00ad]|（印章）|\(seal\)|印章|seal", "", words)


def on_paper(pdf: bytes, it: dict[str, Any]) -> str:
    """The words of the PDF without the foot of its pages."""
    pages = [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]
    whole = "".join(pages)
    label = "数据摘要" if it["lang"] == "zh" else "Datadigest"
    whole = whole.replace(squeezed(f"{it['number']} · {it['reference']} {label} SHA-256 {it['digest']}"), "")
    return re.sub(rf"[—–]?(?<!\d)\d/{len(pages)}(?!\d)[—–]", "", whole)


def in_word(copy: bytes) -> list[str]:
    """The words of each paragraph and table of a Word copy, in order."""
    parts = docx.Document(io.BytesIO(copy)).element.body
    lines = ["".join(words.text or "" for words in part.iter(qn("w:t"))) for part in parts]
    return [squeezed(line) for line in lines if squeezed(line)]


def copied(path: Path, it: dict[str, Any], missing: tuple[str, ...] = ()) -> bytes:
    return word.write(blocks.read(printing.read_out(path, it, missing=missing)), it, at=AT)


def both(pack: str, purpose: str, language: str) -> tuple[dict[str, Any], bytes, bytes]:
    it = given(SAMPLES[purpose], language)
    path = template(pack, purpose)
    return it, printing.render(path, it, at=AT).pdf, copied(path, it)


class TestSameWords:
    @pytest.mark.parametrize("pack", PACKS)
    @pytest.mark.parametrize("language", ["zh", "en"])
    @pytest.mark.parametrize("purpose", sorted(SAMPLES))
    def test_each_document_says_the_same_on_paper_and_in_word(self, pack: str, purpose: str, language: str) -> None:
        it, pdf, copy = both(pack, purpose, language)
        lines = in_word(copy)
        assert lines[0] == squeezed(COPY_NOTES[language == "en"])
        # Sorted letters: columns and page breaks change the order on paper, never what is said.
        assert sorted("".join(lines[1:])) == sorted(on_paper(pdf, it))

    def test_a_document_without_template_says_the_same_too(self) -> None:
        it = given({"owner": "甲", "measures": ["一", "二"], "date": "2026-07-01"}, "zh") | {
            "fields": [
                {"id": "owner", "name": "负责人"},
                {"id": "measures", "name": "措施"},
                {"id": "date", "name": "日期"},
            ]
        }
        pdf, copy = printing.render(printing.PLAIN, it, at=AT).pdf, copied(printing.PLAIN, it)
        assert sorted("".join(in_word(copy)[1:])) == sorted(on_paper(pdf, it))

    def test_characters_without_glyph_are_codes_in_both(self) -> None:
        it = given(dict(SAMPLES["rectify.closure"], text="稀有字\U0002ffff"), "zh")
        path = template("cn-telecom", "rectify.closure")
        printed = printing.render(path, it, at=AT)
        words = "".join(in_word(copied(path, it, printed.missing)))
        assert "[U+2FFFF]" in words
        assert "字体缺少下列字符" in words

    def test_data_is_text_and_never_markup(self) -> None:
        said = dict(SAMPLES["rectify.closure"], text="<b>not bold</b> <script>alert(1)</script> & *stars*")
        copy = copied(template("cn-telecom", "rectify.closure"), given(said, "en"))
        assert squeezed(said["text"]) in "".join(in_word(copy))


class TestForm:
    @pytest.fixture
    def order(self) -> Any:
        return docx.Document(io.BytesIO(both("cn-telecom", "rectify.order", "zh")[2]))

    def test_title_and_sections_are_real_headings(self, order: Any) -> None:
        styles = [p.style.name for p in order.paragraphs]
        assert styles.count("Title") == 1
        assert styles.count("Heading 1") >= 3

    def test_the_head_row_of_a_table_is_marked_and_repeated(self, order: Any) -> None:
        first = order.tables[0].rows[0]
        assert first._tr.trPr.find(qn("w:tblHeader")) is not None
        assert first.cells[0].text == "序号"

    def test_a_form_has_its_labels_in_the_first_column(self) -> None:
        record = docx.Document(io.BytesIO(both("cn-telecom", "inspection.record", "zh")[2]))
        look = record.tables[0]._tbl.tblPr.find(qn("w:tblLook"))
        assert (look.get(qn("w:firstColumn")), look.get(qn("w:firstRow"))) == ("1", "0")

    @pytest.mark.parametrize(("language", "spoken"), [("zh", "zh-CN"), ("en", "en-GB")])
    def test_it_names_its_language_title_and_number(self, language: str, spoken: str) -> None:
        copy = docx.Document(io.BytesIO(both("cn-telecom", "rectify.order", language)[2]))
        tag = copy.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
        assert (tag.get(qn("w:val")), tag.get(qn("w:eastAsia"))) == (spoken, "zh-CN")
        assert copy.core_properties.language == spoken
        assert copy.core_properties.identifier == "DOC-2026-000001"
        assert "ab" * 32 in copy.sections[0].footer.paragraphs[0].text

    def test_chinese_has_its_font_whatever_theme_the_reader_has(self, order: Any) -> None:
        for name in ("Normal", "Title", "Heading 1"):
            assert order.styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) == "SimSun"

    def test_it_carries_no_macro_and_nothing_from_elsewhere(self) -> None:
        packed = zipfile.ZipFile(io.BytesIO(both("cn-telecom", "rectify.order", "zh")[2]))
        assert not [name for name in packed.namelist() if "vba" in name.lower() or "embed" in name.lower()]
        for name in packed.namelist():
            if name.endswith(".rels"):
                assert "External" not in packed.read(name).decode(), name
            if name.endswith(".xml"):
                etree.fromstring(packed.read(name))

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        assert both("cn-telecom", "rectify.order", "zh")[2] == both("cn-telecom", "rectify.order", "zh")[2]


class TestBlocks:
    def test_a_line_ends_where_the_next_begins(self) -> None:
        found = blocks.read('<body><div class="note"><div>a</div>b<p>c<br><strong>d</strong></p></div></body>')
        assert [(line.look, line.words) for line in found if isinstance(line, blocks.Line)] == [
            ("note", "a"), ("note", "b"), ("note", "c\nd"),
        ]  # fmt: skip

    def test_a_table_knows_whether_it_is_a_form(self) -> None:
        form = "<table><tr><th><strong>Place</strong></th><th>Beijing</th></tr></table>"
        rows = "<table><tr><th><strong>No.</strong></th><th><strong>Name</strong></th></tr></table>"
        found = [block for block in blocks.read(f"<body>{form}{rows}</body>") if isinstance(block, blocks.Table)]
        assert [table.is_form for table in found] == [True, False]


@pytest.mark.django_db
class TestDoors:
    @pytest.fixture
    def document(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: Any
    ) -> Document:
        return papers.issue("rectify.order", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)

    def test_each_edition_is_set_from_the_words_of_its_issue(self, document: Document) -> None:
        for edition in document.editions.all():
            pdf = edition.content.read()
            it = {"number": document.number, "reference": document.reference, "digest": document.digest}
            words = in_word(reads.word_copy(edition))
            assert sorted("".join(words[1:])) == sorted(on_paper(pdf, it | {"lang": edition.language}))

    def test_a_list_does_not_fetch_the_words(self, document: Document, provincial: Account) -> None:
        found = reads.visible(provincial).get()
        assert all("html" in edition.get_deferred_fields() for edition in found.editions.all())

    def test_who_may_take_the_pdf_may_take_the_copy_and_it_is_noted(
        self, document: Document, operator: Account
    ) -> None:
        answer = signed_in(operator).get(f"{document.get_absolute_url()}zh.docx")
        assert answer.status_code == 200
        assert f"{document.number}-zh.docx" in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Type"].endswith("wordprocessingml.document")
        assert Entry.objects.get(act="export", is_read=True).note == f"{document.number}-zh.docx"

    def test_a_program_takes_it_too(self, document: Document, operator: Account) -> None:
        client = signed_in(operator)
        found = client.get(f"/api/v1/papers/documents/{document.number}").json()
        assert client.get(found["editions"][0]["word_url"]).status_code == 200
        assert Entry.objects.filter(act="export", is_read=True).count() == 1

    def test_for_others_nothing_is_there(
        self, document: Document, other_operator: Account, other_provincial: Account
    ) -> None:
        for person in (other_operator, other_provincial):
            for address in (
                f"{document.get_absolute_url()}zh.docx",
                f"/api/v1/papers/documents/{document.number}/zh.docx",
            ):
                assert signed_in(person).get(address).status_code == 404

    def test_a_classified_one_asks_for_the_purpose(self, document: Document, operator: Account) -> None:
        Document.objects.update(is_classified=True)
        asked = signed_in(operator).get(f"{document.get_absolute_url()}zh.docx")
        assert "attachment" not in asked.headers.get("Content-Disposition", "")
        address = f"/api/v1/papers/documents/{document.number}/zh.docx"
        assert signed_in(operator).get(address).status_code == 428
        assert signed_in(operator).get(address, headers={"X-Purpose": "audit of orders"}).status_code == 200

    def test_what_was_issued_without_one_offers_none(self, document: Document, operator: Account) -> None:
        Edition.objects.update(html="", has_word=False)
        client: Client = signed_in(operator)
        assert "docx" not in client.get(document.get_absolute_url()).content.decode()
        assert client.get(f"{document.get_absolute_url()}zh.docx").status_code == 404

    def test_every_type_of_the_pack_has_a_template_or_the_plain_one(self) -> None:
        covered = {packs.pack("cn-telecom").document_for(purpose).template for purpose in SAMPLES}
        assert {kind.template for kind in packs.pack("cn-telecom").document_types if kind.template} <= covered
