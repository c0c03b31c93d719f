"""Files to fill in and files to correct: the templates with their explanations, and the rows that were quarantined."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from bastide.base.packs import Pack, Text
from bastide.registry.intake.columns import Form

PROBLEMS = Text(zh="问题", en="Problems")
_EXPLAIN = Text(zh="填写说明", en="How to fill in")
_CODES = Text(zh="可用代码", en="Allowed codes")
_HEADS = (
    Text(zh="列", en="Column"), Text(zh="名称", en="Name"), Text(zh="必填", en="Needed"),
    Text(zh="说明", en="Meaning"), Text(zh="示例", en="Example"),
)  # fmt: skip
_YES, _NO = Text(zh="是", en="Yes"), Text(zh="否", en="No")
_ADVICE = Text(
    zh="请在第一个工作表中每行填写一条记录，不要改动首行。CSV 请用 UTF-8 或 GBK 保存。",
    en="Fill in one record per row on the first sheet; leave its first row as it is. Save CSV files as UTF-8 or GBK.",
)
STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula; reading it again takes the apostrophe off."""
    return f"'{text}" if text.startswith(STARTS) else text


def template_csv(form: Form) -> bytes:
    """The heading alone, in UTF-8 with the mark spreadsheets look for."""
    return _csv([[str(column.label) for column in form.columns]])


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for line in lines:
        writer.writerow([safe(text) for text in line])
    return ("\ufeff" + buffer.getvalue()).encode()


def template_xlsx(form: Form, pack: Pack) -> bytes:
    """Three sheets: the one to fill in, what each column means, which codes are allowed. Code cells offer a list."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, text, wrap = (
        book.add_format(style) for style in ({"bold": True, "bottom": 1}, {"num_format": "@"}, {"text_wrap": True})
    )
    sheet = book.add_worksheet(str(form.title)[:31])
    codes_name = str(_CODES)
    for place, column in enumerate(form.columns):
        sheet.write_string(0, place, f"{column.label}{' *' if column.required else ''}", bold)
        sheet.set_column(place, place, 20, text)
    sheet.freeze_panes(1, 0)
    _explain(book.add_worksheet(str(_EXPLAIN)), form, bold, wrap)
    codes = book.add_worksheet(codes_name)
    for place, column in enumerate(c for c in form.columns if c.codes is not None):
        assert column.codes is not None
        pairs = column.codes(pack)
        codes.write_string(0, 2 * place, str(column.label), bold)
        codes.set_column(2 * place, 2 * place, 22)
        codes.set_column(2 * place + 1, 2 * place + 1, 30)
        for row, (code, label) in enumerate(pairs, start=1):
            codes.write_string(row, 2 * place, code)
            codes.write_string(row, 2 * place + 1, str(label))
        letter = xlsxwriter.utility.xl_col_to_name(2 * place)
        where = form.columns.index(column)
        source = f"='{codes_name}'!${letter}$2:${letter}${len(pairs) + 1}"
        sheet.data_validation(1, where, 5000, where, {"validate": "list", "source": source, "error_type": "warning"})
    book.close()
    return buffer.getvalue()


def _explain(sheet: xlsxwriter.worksheet.Worksheet, form: Form, bold: object, wrap: object) -> None:
    sheet.write_string(0, 0, str(_ADVICE))
    for place, head in enumerate(_HEADS):
        sheet.write_string(2, place, str(head), bold)
    for row, column in enumerate(form.columns, start=3):
        words = str(column.help) if column.help else ""
        line = [column.name, str(column.label), str(_YES if column.required else _NO), words, column.example]
        for place, cell in enumerate(line):
            sheet.write_string(row, place, cell, wrap)
    sheet.set_column(0, 2, 22)
    sheet.set_column(3, 4, 46)


def quarantine_csv(form: Form, rows: Iterable[tuple[dict[str, str], str]]) -> bytes:
    """The rows that were not taken, as they were, with what was wrong; corrected, the same file can be sent again."""
    lines = [[str(column.label) for column in form.columns] + [str(PROBLEMS)]]
    for cells, problems in rows:
        lines.append([cells.get(column.name, "") for column in form.columns] + [problems])
    return _csv(lines)
