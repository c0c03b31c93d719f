"""The Word copy of a document: the blocks of its template, set for editing. The same input gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import docx
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from bastide.base.papers.blocks import Block, Line, Table

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LATIN, CHINESE = "Times New Roman", "SimSun"
SPOKEN = {"zh": "zh-CN", "en": "en-GB"}
RED, INK, GREY = RGBColor(0xC8, 0x10, 0x2E), RGBColor(0x16, 0x21, 0x3A), RGBColor(0x5A, 0x5A, 0x5A)
# The styles every copy has: size, weight, colour, what to set it as.
STYLES = {
    "Title": (20, True, RGBColor(0, 0, 0)),
    "Heading 1": (13, True, RGBColor(0, 0, 0)),
    "Normal": (11, False, None),
}
NAMED = {"title": "Title", "heading": "Heading 1", "point": "List Bullet"}
# Looks house.typ gives to parts of its own: size, bold, colour, side.
LOOKS: dict[str, tuple[float, bool, RGBColor | None, WD_ALIGN_PARAGRAPH]] = {
    "head": (26, True, RED, WD_ALIGN_PARAGRAPH.CENTER),
    "issuer": (15, True, INK, WD_ALIGN_PARAGRAPH.LEFT),
    "reference": (11, False, None, WD_ALIGN_PARAGRAPH.CENTER),
    "note": (9, False, GREY, WD_ALIGN_PARAGRAPH.LEFT),
    "signature": (11, False, None, WD_ALIGN_PARAGRAPH.RIGHT),
    "sign": (11, False, None, WD_ALIGN_PARAGRAPH.LEFT),
}
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in the package: the time of issue stands in the properties


def write(blocks: list[Block], it: Mapping[str, Any], *, at: datetime) -> bytes:
    """Set the blocks of one language. `it` is what the template was given."""
    word = docx.Document()
    _prepare(word, it, at)
    for block in blocks:
        if isinstance(block, Table):
            _table(word, block)
        else:
            _line(word.add_paragraph(), block)
    _foot(word, it)
    packed = io.BytesIO()
    word.save(packed)
    return _steady(packed.getvalue())


def _prepare(word: Word, it: Mapping[str, Any], at: datetime) -> None:
    """Sheet, styles, languages and properties."""
    sheet = word.sections[0]
    sheet.page_width, sheet.page_height = Mm(210), Mm(297)
    sheet.left_margin, sheet.right_margin, sheet.top_margin, sheet.bottom_margin = Mm(28), Mm(26), Mm(28), Mm(28)
    for name, (size, bold, colour) in STYLES.items():
        style = word.styles[name]
        style.font.size, style.font.bold = Pt(size), bold  # type: ignore[attr-defined]
        if colour is not None:
            style.font.color.rgb = colour  # type: ignore[attr-defined]
        _fonts(style.element.get_or_add_rPr())
    word.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER  # type: ignore[attr-defined]
    defaults = word.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _fonts(defaults)
    _speaks(defaults, str(it["lang"]))
    said = word.core_properties
    said.title, said.author, said.language = (
        f"{it['title']} {it['reference']}",
        it["issuer"]["name"],
        SPOKEN[it["lang"]],
    )
    said.identifier, said.comments, said.last_modified_by = it["number"], "", it["issuer"]["name"]
    said.created = said.modified = at.replace(microsecond=0)


def _fonts(look: Any) -> None:
    """Latin letters and Chinese characters each in their own font, whatever theme the reader has."""
    for old in look.findall(qn("w:rFonts")):
        look.remove(old)
    fonts = OxmlElement("w:rFonts")
    for script, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", CHINESE)):
        fonts.set(qn(f"w:{script}"), font)
    look.insert(0, fonts)


def _speaks(look: Any, language: str) -> None:
    """What screen readers and spelling take the text for."""
    tag = look.find(qn("w:lang"))
    if tag is None:
        tag = OxmlElement("w:lang")
        look.append(tag)
    tag.set(qn("w:val"), SPOKEN[language])
    tag.set(qn("w:eastAsia"), SPOKEN["zh"])


def _line(paragraph: Paragraph, line: Line) -> None:
    if line.look in NAMED:
        paragraph.style = NAMED[line.look]
    size, bold, colour, side = LOOKS.get(line.look, (None, False, None, None))
    if side is not None:
        paragraph.alignment = side
    for piece in line.pieces:
        run = paragraph.add_run(piece.words)  # "\n" becomes a line break
        if piece.bold or bold:
            run.bold = True
        if size is not None:
            run.font.size = Pt(size)
        if colour is not None:
            run.font.color.rgb = colour


def _table(word: Word, block: Table) -> None:
    wide = max(len(row) for row in block.rows)
    table = word.add_table(rows=len(block.rows), cols=wide, style="Table Grid")
    for n, row in enumerate(block.rows):
        _never_cut(table, n)
        for cell, lines in zip(table.rows[n].cells, row, strict=False):
            for m, line in enumerate(lines):
                _line(cell.paragraphs[0] if m == 0 else cell.add_paragraph(), line)
    _heads(table, form=block.is_form)
    if block.is_form:
        for row in table.rows:
            row.cells[0].width, row.cells[1].width = Mm(40), Mm(116)
    word.add_paragraph().paragraph_format.space_after = Pt(0)


def _heads(table: WordTable, *, form: bool) -> None:
    """Tell screen readers where the headings stand: in the first column of a form, else in the first row, repeated."""
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    if look is None:
        look = OxmlElement("w:tblLook")
        table._tbl.tblPr.append(look)
    look.set(qn("w:firstRow"), "0" if form else "1")
    look.set(qn("w:firstColumn"), "1" if form else "0")
    look.set(qn("w:val"), "0480" if form else "0420")
    if not form:
        repeated = OxmlElement("w:tblHeader")
        table.rows[0]._tr.get_or_add_trPr().append(repeated)


def _never_cut(table: WordTable, n: int) -> None:
    table.rows[n]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _foot(word: Word, it: Mapping[str, Any]) -> None:
    """Number, reference, digest and page, as below the PDF."""
    foot = word.sections[0].footer.paragraphs[0]
    named = it["number"] if it["reference"] == it["number"] else f"{it['number']} · {it['reference']}"
    _small(foot.add_run(f"{named}\nSHA-256 {it['digest']}\n"))
    _field(foot, "PAGE")
    _small(foot.add_run(" / "))
    _field(foot, "NUMPAGES")


def _small(run: Run) -> Run:
    run.font.size, run.font.color.rgb = Pt(7), GREY
    return run


def _field(paragraph: Paragraph, what: str) -> None:
    """A number Word fills in itself."""
    for kind, words in (("begin", ""), ("", what), ("end", "")):
        run = _small(paragraph.add_run())
        mark = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark.text = words
        run._r.append(mark)


def _steady(packed: bytes) -> bytes:
    """The same package with every file in order and dated the same, so that equal copies are equal bytes."""
    steady = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            place = zipfile.ZipInfo(name, EPOCH)
            place.compress_type, place.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(place, old.read(name))
    return steady.getvalue()
