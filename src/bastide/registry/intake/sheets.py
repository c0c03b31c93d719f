"""From bytes to rows: CSV in any usual encoding and XLSX. What cannot be read is told with its place."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bastide.registry import criteria
from bastide.registry.criteria import Problem, gettext_noop

ROW_LIMIT = 200_000
COLUMN_LIMIT = 200
CELL_LIMIT = 32_767
UNPACKED_LIMIT = 300 * 1024 * 1024
# A workbook is laid out as a full rectangle; one cell far off would make it of any size.
AREA_LIMIT = ROW_LIMIT * 100
_PLACE = re.compile(rb"""\sr\s*=\s*["']\$?([A-Za-z]{0,8})\$?(\d{1,20})["']""")


class UnreadableError(ValueError):
    """The file as a whole cannot be taken; `problem` says why and what to do."""

    def __init__(self, text: str, **args: object) -> None:
        super().__init__(text % args if args else text)
        self.problem = Problem("", text, dict(args))


@dataclass
class Sheet:
    """The first row, and every row below with its number as the spreadsheet shows it."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    encoding: str
    hints: list[Problem] = field(default_factory=list)


def read(data: bytes) -> Sheet:
    """Rows of a CSV or XLSX file; which of the two it is, is told by its bytes and not by its name."""
    if not data.strip():
        raise UnreadableError(gettext_noop("The file is empty."))
    if data[:4] == b"PK\x03\x04":
        return _sheet(_xlsx(data), "XLSX")
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableError(
            gettext_noop("This is an old Excel file (.xls) or one with a password. Save it as .xlsx.")
        )
    text, encoding = decode(data)
    return _sheet(_csv(text), encoding)


def decode(data: bytes) -> tuple[str, str]:
    """Text and the name of its encoding: by its mark, else UTF-8, else GB 18030 (which holds GBK and GB 2312)."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding.upper().removesuffix("-SIG")
            except UnicodeDecodeError as error:
                raise _undecodable(data, error) from None
    if b"\x00" in data[:4096]:
        raise UnreadableError(gettext_noop("This is no text file and no XLSX file. Use the CSV or XLSX template."))
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        no_utf8 = error
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise _undecodable(data, no_utf8) from None
    if any(0xE000 <= ord(sign) <= 0xF8FF for sign in text):
        raise _undecodable(data, no_utf8)
    return text, "GB 18030"


def _undecodable(data: bytes, error: UnicodeDecodeError) -> UnreadableError:
    line = data.count(b"\n", 0, error.start) + 1
    return UnreadableError(
        gettext_noop("Row %(row)s holds bytes that are neither UTF-8 nor GBK. Save the file as CSV UTF-8 or as XLSX."),
        row=line,
    )


def _csv(text: str) -> Iterator[tuple[int, list[str]]]:
    if "\x00" in text:
        row = text[: text.index("\x00")].count("\n") + 1
        raise UnreadableError(
            gettext_noop("Row %(row)s holds a zero byte. Save the file again as CSV or XLSX."), row=row
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableError(
            gettext_noop("Row %(row)s cannot be read (%(error)s). Look for a quotation mark that is not closed."),
            row=line, error=str(error),
        ) from None  # fmt: skip


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab: whichever the first line has most of."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",;\t", key=lambda sign: (first.count(sign), sign == ","))


def _xlsx(data: bytes) -> Iterator[tuple[int, list[str]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > UNPACKED_LIMIT:
                raise UnreadableError(
                    gettext_noop("Unpacked, this workbook is too large. Divide it into several files.")
                )
            if "xl/workbook.xml" not in archive.namelist():
                raise UnreadableError(
                    gettext_noop("This is an archive and no XLSX workbook. Upload the workbook itself.")
                )
            for part in archive.infolist():
                _measure(archive, part)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False) if names else []
    except UnreadableError:
        raise
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError) as error:
        raise UnreadableError(
            gettext_noop("This workbook is damaged (%(error)s). Save it again as .xlsx."), error=str(error)[:120]
        ) from None
    for line, row in enumerate(rows, start=1):
        yield line, [_text(value) for value in row]


def _measure(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part once without keeping it: its size must be as declared, and no cell of a sheet lie far off."""
    is_sheet, rows, columns, tail = part.filename.startswith("xl/worksheets/"), 1, 1, b""
    with archive.open(part) as stream:
        while chunk := stream.read(1 << 20):
            if not is_sheet:
                continue
            for letters, digits in _PLACE.findall(tail + chunk):
                rows, columns = max(rows, int(digits)), max(columns, _column(letters))
            tail = (tail + chunk)[-64:]
            if rows * columns > AREA_LIMIT:
                raise UnreadableError(
                    gettext_noop("A cell stands in row %(row)s, column %(column)s. Delete what lies beside the table."),
                    row=rows, column=columns,
                )  # fmt: skip


def _column(letters: bytes) -> int:
    """The number of a column from its letters: 28 for "AB"."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _text(value: object) -> str:
    """A cell of a workbook as text: whole numbers without ".0", days without a time."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return "" if value is None else str(value)


def _sheet(lines: Iterable[tuple[int, list[str]]], encoding: str) -> Sheet:
    """Heading and rows; empty rows are passed over, too many refused."""
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for line, cells in lines:
        cells = [criteria.disarmed(cell.strip()) for cell in cells]
        if not any(cells):
            continue
        if not header:
            header = cells
            if len(header) > COLUMN_LIMIT:
                raise UnreadableError(
                    gettext_noop("The first row has %(count)s columns; use the template."), count=len(header)
                )
            continue
        rows.append((line, cells))
        if len(rows) > ROW_LIMIT:
            raise UnreadableError(gettext_noop("More than %(limit)s rows. Divide the file."), limit=ROW_LIMIT)
    if not header:
        raise UnreadableError(gettext_noop("The file is empty."))
    if not rows:
        raise UnreadableError(gettext_noop("The file has a heading but no rows."))
    return Sheet(header, rows, encoding)
