"""Export of exactly what a table shows: same filters, columns, order and language, all pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

import xlsxwriter
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from bastide.base.trail.measured import step_aside
from bastide.base.ui.formats import zone_of
from bastide.base.ui.tables.stamp import Stamp
from bastide.base.ui.tables.table import PIECE, BoundTable

# A cell that begins like this is carried out as a formula by spreadsheets.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
FORMATS = ("csv", "xlsx")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe_text(value: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading apostrophe disarms it."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def csv_cell(value: Any) -> str:
    """A value as CSV text. Times carry their offset; numbers stay bare."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    return safe_text(str(value))


def headings(bound: BoundTable) -> list[str]:
    return [str(column.label) for column in bound.columns]


class _Echo:
    """A file that hands back what is written to it, for streaming."""

    def write(self, text: str) -> str:
        return text


def csv_lines(bound: BoundTable, stamp: Stamp | None = None) -> Iterator[str]:
    """The CSV file, line by line, with the mark that tells spreadsheets it is UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([safe_text(text) for text in headings(bound)])
    for line in bound.lines():
        yield writer.writerow([csv_cell(value) for value in line])
    for words in stamp.lines if stamp else ():
        yield writer.writerow([safe_text(words)])


def _in_language(lines: Iterator[str], language: str | None) -> Iterator[str]:
    """Pieces of some lines. The request's language was put away before they are asked for: put it back for each."""
    while True:
        step_aside()
        with override(language):
            piece = "".join(islice(lines, PIECE))
        if not piece:
            return
        yield piece


def xlsx_bytes(bound: BoundTable, stamp: Stamp | None = None) -> bytes:
    """The same as a workbook, with real numbers and dates; times in the console's zone, named in the heading."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet("Bastide")
    bold = book.add_format({"bold": True, "bottom": 1})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    zone, widths, zoned = zone_of(timezone.localtime(bound.now)), [len(text) for text in headings(bound)], set()
    row = 0
    for row, line in enumerate(bound.lines(), start=1):
        for place, value in enumerate(line):
            if isinstance(value, datetime):
                sheet.write_datetime(row, place, value.replace(tzinfo=None), moment)
                zoned.add(place)
            elif isinstance(value, date):
                sheet.write_datetime(row, place, datetime.combine(value, time()), day)
            elif isinstance(value, int | float | Decimal):
                sheet.write_number(row, place, float(value) if isinstance(value, Decimal) else value)
            else:
                sheet.write_string(row, place, str(value)[:32767])
            widths[place] = max(widths[place], min(len(str(value)), 60))
    for place, text in enumerate(headings(bound)):
        sheet.write_string(0, place, f"{text} ({zone})" if place in zoned else text, bold)
        sheet.set_column(place, place, widths[place] * 1.3 + 2)
    sheet.freeze_panes(1, 0)
    if stamp:
        _mark(book, sheet, stamp, below=row)
    book.close()
    return buffer.getvalue()


def _mark(book: xlsxwriter.Workbook, sheet: Any, stamp: Stamp, *, below: int) -> None:
    """The watermark: rows under the table, the foot of each printed page, and the properties of the workbook."""
    for row, words in enumerate(stamp.lines, start=below + 2):
        sheet.write_string(row, 0, words)
    sheet.set_footer(f"&L{stamp.username} {stamp.number}&R{stamp.fingerprint}")
    book.set_properties({"author": stamp.person, "comments": "\n".join(stamp.lines)})


def answer(bound: BoundTable, kind: str, stamp: Stamp | None = None) -> HttpResponseBase:
    """The file as an attachment; its name says which table and which day."""
    name = f"{bound.table.name}-{timezone.localtime(bound.now):%Y%m%d-%H%M}.{kind}"
    response: HttpResponseBase
    if kind == "csv":
        lines = _in_language(csv_lines(bound, stamp), get_language())
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(xlsx_bytes(bound, stamp), content_type=XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def note(bound: BoundTable, kind: str) -> str:
    """What the trail says about an export."""
    chips = _(", ").join(f"{chip['label']}: {chip['value']}" for chip in bound.chips)
    return f"{kind}: {len(bound.keys)}" + (f" ({chips})" if chips else "")
