"""Sheets and maps made to harm whoever reads them: refused with words, and nothing is kept of them."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bastide.base.people.models import Account, Organisation
from bastide.registry.models import NetworkUnit
from tests.attacks.test_doors import signed_in
from tests.registry.makers import make_unit
from tests.registry.test_imports import line, sheet
from tests.registry.test_sheets import workbook

pytestmark = pytest.mark.django_db
PAGE = "/api/v1/registry/imports"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def altered(name: str, content: bytes) -> bytes:
    """A workbook with one of its parts replaced or added."""
    book = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["operator", "code"], ["OP-A", "C-1"]))) as clean,
        zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in clean.namelist():
            if part != name:
                made.writestr(part, clean.read(part))
        made.writestr(name, content)
    return book.getvalue()


def worksheet(cells: str, before: str = "") -> bytes:
    xml = f'<?xml version="1.0"?>{before}<worksheet {NS}><sheetData>{cells}</sheetData></worksheet>'
    return altered("xl/worksheets/sheet1.xml", xml.encode())


def lying(data: bytes) -> bytes:
    """The same archive, every entry declared ten bytes long in its directory."""
    found, place = bytearray(data), 0
    while (place := found.find(b"PK\x01\x02", place)) >= 0:
        found[place + 24 : place + 28] = struct.pack("<I", 10)
        place += 4
    return bytes(found)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
LEAK = '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>'
GRAPHML = '<?xml version="1.0"?>{}<graphml><graph edgedefault="undirected"><node id="&l9;"/></graph></graphml>'
FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
SHEETS = {
    "far-off-cell.xlsx": worksheet(FAR),
    "unheard-of-column.xlsx": worksheet('<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>'),
    "sizes-lie.xlsx": lying(workbook(["operator"], ["x" * 30000])),
    "nested-entities.xlsx": worksheet('<row r="1"><c r="A1" t="str"><v>&l9;</v></c></row>', BOMB),
    "outside-entity.xlsx": worksheet('<row r="1"><c r="A1" t="str"><v>&l9;</v></c></row>', LEAK),
    "cut.xlsx": workbook(["operator"], ["x"])[:400],
    "zeros.csv": b"operator,code\nOP-A,C\x00-1\n",
    "one-endless-line.csv": b"operator,code\n" + b"x" * (5 << 20) + b"\n",
    "open-quotation.csv": b'operator,code\n"' + b"x,y\n" * 100_000,
    "surrogates.csv": b"operator,code\nOP-A,\xed\xa0\x80\n",
}
MAPS = {
    "laughs.graphml": GRAPHML.format(BOMB).encode(),
    "outside.graphml": GRAPHML.format(LEAK).encode(),
    "utf-16-laughs.graphml": GRAPHML.format(BOMB).encode("utf-16"),
    "brackets.gml": b"graph [ " * 100_000,
    "deep.graphml": b"<graphml>" + b"<graph>" * 100_000,
}


@pytest.mark.parametrize(
    ("subject", "name", "data"),
    [("units", *one) for one in SHEETS.items()] + [("map", *one) for one in MAPS.items()],
    ids=[*SHEETS, *MAPS],
)
def test_it_is_refused_with_words(
    subject: str, name: str, data: bytes, telco: Organisation, operator: Account, at: datetime
) -> None:
    unit = make_unit(telco)
    answer = signed_in(operator).post(
        PAGE, {"subject": subject, "operator": "OP-A", "file": SimpleUploadedFile(name, data)}
    )
    told = answer.json()
    if answer.status_code == 201:
        # Taken in to be judged: not one row may be good, and each bad one says why.
        assert told["counts"].get("bad", 0) == told["counts"].get("rows", 0), told
    else:
        assert answer.status_code in {409, 413, 422}, told
        assert len(told["detail"]) > 20
    assert "root:" not in answer.content.decode()
    assert list(NetworkUnit.objects.all()) == [unit]


@pytest.mark.parametrize(
    "cell", ['=HYPERLINK("http://evil.example")', "+1+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1"]
)
def test_a_formula_is_a_text_both_ways(cell: str, telco: Organisation, operator: Account, at: datetime) -> None:
    """It comes in as a text or is refused alone, spoils no row beside it, and goes out disarmed."""
    client = signed_in(operator)
    body = sheet(line("GOOD"), line("ODD", name_zh=cell))
    sent = client.post(PAGE, {"subject": "units", "operator": "OP-A", "file": SimpleUploadedFile("u.csv", body)})
    assert sent.status_code == 201, sent.content
    counts = sent.json()["counts"]
    assert (counts["rows"], counts["new"] + counts.get("bad", 0)) == (2, 2)
    assert counts["new"] >= 1
    make_unit(telco, code="STORED", name_zh=cell)
    listed = client.get("/registry/units/?export=csv")
    text = b"".join(listed).decode("utf-8-sig") if listed.streaming else listed.content.decode("utf-8-sig")
    assert "'" + cell[:3] in text
    for part in text.replace("\r", "\n").split("\n"):
        for one in part.split(","):
            assert not one.strip('"').lstrip("\t ").startswith(("=", "+", "@")), one
