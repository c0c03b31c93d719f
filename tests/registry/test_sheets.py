"""Reading sheets: encodings, separators, workbooks, and what is wrong with them."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from bastide.base import packs
from bastide.registry.intake import blank, match, sheets
from bastide.registry.intake.columns import FORMS
from bastide.registry.intake.sheets import UnreadableError

UNITS = FORMS["units"]
TEXT = "运营者代码,单元代码,单元名称,网络类型\nOP-A,C-1,核心网,5g_core\n"


def workbook(*rows: list[object]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    return buffer.getvalue()


class TestEncodings:
    @pytest.mark.parametrize(
        ("encoding", "name"),
        [
            ("utf-8", "UTF-8"),
            ("utf-8-sig", "UTF-8"),
            ("gbk", "GB 18030"),
            ("gb18030", "GB 18030"),
            ("utf-16", "UTF-16"),
        ],
    )
    def test_each_usual_one_is_read(self, encoding: str, name: str) -> None:
        sheet = sheets.read(TEXT.encode(encoding))
        assert sheet.encoding == name
        assert sheet.header[2] == "单元名称"
        assert sheet.rows == [(2, ["OP-A", "C-1", "核心网", "5g_core"])]

    def test_broken_bytes_are_told_with_their_row(self) -> None:
        with pytest.raises(UnreadableError) as error:
            sheets.read(TEXT.encode() + b"OP-A,\xff\xff\xff,\xfe\n")
        assert error.value.problem.args == {"row": 3}

    def test_a_broken_utf16_file_is_told(self) -> None:
        with pytest.raises(UnreadableError):
            sheets.read(b"\xff\xfea\x00b")

    @pytest.mark.parametrize(
        "data", [b"", b"  \n ", b"operator,code\n", b"%PDF-1.7\x00\x01", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
    )
    def test_what_is_no_sheet_is_refused(self, data: bytes) -> None:
        with pytest.raises(UnreadableError):
            sheets.read(data)

    def test_a_zero_byte_is_told(self) -> None:
        with pytest.raises(UnreadableError):
            sheets.read(b"a" * 5000 + b",b\nc,\x00d\n")


class TestShape:
    @pytest.mark.parametrize("sign", [";", "\t"])
    def test_other_separators_are_seen(self, sign: str) -> None:
        assert sheets.read(TEXT.replace(",", sign).encode()).rows[0][1][1] == "C-1"

    def test_rows_are_numbered_as_the_spreadsheet_shows_them(self) -> None:
        rows = sheets.read(b'a,b\n\n1,"two\nlines"\n3,4\n').rows
        assert [number for number, _cells in rows] == [3, 5]

    def test_quotation_marks_must_close(self) -> None:
        with pytest.raises(UnreadableError) as error:
            sheets.read(b'a,b\n1,"open\n')
        assert error.value.problem.args["row"] == 2

    def test_our_own_disarmed_cells_come_back(self) -> None:
        assert sheets.read(b"a,b\n'=1,'+86 10 1\n").rows[0][1] == ["=1", "+86 10 1"]

    def test_a_stray_cell_is_a_problem_of_its_row(self) -> None:
        found = list(match.rows(sheets.read((TEXT + "OP-A,C-2,名,5g_core,stray\n").encode()), UNITS))
        assert [len(problems) for _row, _cells, problems in found] == [0, 1]


class TestHeadings:
    def test_either_language_and_the_plain_name_will_do(self) -> None:
        sheet = sheets.read("Operator code,单元代码 *,NAME-ZH,network_type,问题\nA,B,C,D,E\n".encode())
        assert match.places(sheet, UNITS) == ["operator", "code", "name_zh", "network_type", ""]
        assert sheet.hints == []

    def test_a_missing_column_is_named(self) -> None:
        with pytest.raises(UnreadableError, match="network_type"):
            match.places(sheets.read(b"operator,code,name_zh\n1,2,3\n"), UNITS)

    def test_a_column_given_twice_is_refused(self) -> None:
        with pytest.raises(UnreadableError, match="code"):
            match.places(sheets.read(b"code,code\n1,2\n"), UNITS)

    def test_an_unknown_column_is_hinted_at_with_the_nearest(self) -> None:
        sheet = sheets.read("运营者代码,单元代码,单元名称,网络类型,longitud\na,b,c,d,1\n".encode())
        match.places(sheet, UNITS)
        assert sheet.hints[0].args == {"heading": "longitud", "near": "longitude"}


class TestWorkbooks:
    def test_numbers_come_as_they_look(self) -> None:
        rows = sheets.read(workbook(["operator", "grade"], ["OP-A", 3.1], ["OP-A", 2])).rows
        assert [cells[1] for _row, cells in rows] == ["3.1", "2"]

    def test_a_damaged_one_is_told(self) -> None:
        with pytest.raises(UnreadableError):
            sheets.read(workbook(["a"], ["b"])[:200])

    def test_another_archive_is_told(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("../../evil.txt", "x")
        with pytest.raises(UnreadableError):
            sheets.read(buffer.getvalue())

    def test_one_that_unpacks_without_end_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sheets, "UNPACKED_LIMIT", 1000)
        with pytest.raises(UnreadableError):
            sheets.read(workbook(["a"], ["b"]))


class TestTemplates:
    @pytest.mark.parametrize("subject", ["operators", "units", "dependencies"])
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_each_is_understood_when_it_comes_back(self, subject: str, language: str) -> None:
        from django.utils import translation

        form = FORMS[subject]
        names = [column.name for column in form.columns]
        with translation.override(language):
            book, text = blank.template_xlsx(form, packs.pack("cn-telecom")), blank.template_csv(form)
        for data in (book, text):
            with pytest.raises(UnreadableError, match="no rows"):
                sheets.read(data)
        header = text.decode("utf-8-sig").strip().split(",")
        assert match.places(sheets.Sheet(header, [], ""), form) == names
        with zipfile.ZipFile(io.BytesIO(book)) as archive:
            assert len([name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]) == 3

    def test_quarantined_rows_can_be_sent_again(self) -> None:
        cells = {column.name: "" for column in UNITS.columns} | {
            "code": "C-1",
            "name_zh": "=1+1",
            "contact_phone": "+86 1",
        }
        data = blank.quarantine_csv(UNITS, [(cells, "“=1+1” looks like a formula")])
        assert b"'=1+1" in data
        back = list(match.rows(sheets.read(data), UNITS))
        assert back[0][1] == cells
