"""What is typed stands in documents as it was typed: no markup of Typst, Word or a spreadsheet comes alive in them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from bastide.base.papers import blocks, printing, word
from tests.base.papers.conftest import chinese
from tests.base.papers.samples import SAMPLES
from tests.base.papers.test_printing import AT, given, template

__all__ = ["chinese"]
EVIL = '#read("/etc/passwd") #eval("1+1") *b* _i_ $x^2$ `c` @cite <label> // gone /* gone */ \\u{41} = Head - item </w:t> ]]> &amp; {{7*7}}'
pytestmark = pytest.mark.usefixtures("chinese")


def replaced(value: Any) -> Any:
    """The sample with EVIL for every free text in it; dates, numbers and codes stay."""
    if isinstance(value, dict):
        return {key: replaced(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(one) for one in value]
    is_free = isinstance(value, str) and len(value) > 6 and (" " in value or not value.isascii())
    return EVIL if is_free else value


def squeezed(text: str) -> str:
    """Without what line breaks and justified lines put in."""
    return "".join(text.split()).replace("\u00ad", "").replace("-", "")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("purpose", sorted(SAMPLES))
def test_a_text_is_printed_as_it_was_typed(purpose: str, language: str, tmp_path: Path) -> None:
    paper, filled = template("cn-telecom", purpose), given(replaced(SAMPLES[purpose]), language)
    printed = printing.render(paper, filled, at=AT)
    seen = squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(printed.pdf)).pages))
    office = word.write(blocks.read(printing.read_out(paper, filled)), filled, at=AT)
    with zipfile.ZipFile(io.BytesIO(office)) as archive:
        text = "".join(ElementTree.fromstring(archive.read("word/document.xml")).itertext())
    for shown in (seen, squeezed(text)):
        assert "root:x:0" not in shown
        assert squeezed('#read("/etc/passwd")#eval("1+1")*b*_i_$x^2$`c`@cite<label>//gone/*gone*/') in shown
