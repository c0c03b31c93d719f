"""What PDF/A-2a and PDF/UA-1 ask of a file, as far as its objects show it: metadata, tags, language, fonts, colour.

Typst refuses to write what breaks the standards; this looks at what it wrote with another library. It is no substitute for a
full validator (veraPDF), which needs Java.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

FORBIDDEN = {"/JavaScript", "/JS", "/Launch", "/Movie", "/Sound", "/RichMedia", "/EmbeddedFile"}


def faults(pdf: bytes, language: str) -> list[str]:
    """What is wrong, in words; empty if nothing."""
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.root_object
    return [*_metadata(root), *_access(root, language), *_sheet(reader), *_forbidden(reader)]


def _metadata(root: DictionaryObject) -> Iterator[str]:
    xmp = root["/Metadata"].get_data().decode() if "/Metadata" in root else ""  # type: ignore[attr-defined]
    for name, value in (("pdfaid:part", "2"), ("pdfaid:conformance", "A"), ("pdfuaid:part", "1")):
        if not re.search(rf"{name}(?:=\"|>){value}", xmp):
            yield f"{name} is not {value}"
    for name in ("dc:title", "dc:language", "dc:creator", "xmp:CreateDate"):
        if name not in xmp:
            yield f"no {name}"


def _access(root: DictionaryObject, language: str) -> Iterator[str]:
    if root.get("/MarkInfo", {}).get("/Marked") != True:  # noqa: E712  pypdf's own boolean
        yield "not marked as tagged"
    if not str(root.get("/Lang", "")).startswith(language):
        yield f"language is {root.get('/Lang')}"
    if root.get("/ViewerPreferences", {}).get("/DisplayDocTitle") != True:  # noqa: E712
        yield "the window does not show the title"
    tags = [str(node.get("/S")) for node in _nodes(root.get("/StructTreeRoot"))]
    if not tags:
        yield "no structure"
    elif "/H1" not in tags and "/Title" not in tags:
        yield f"no title among the tags {sorted(set(tags))}"
    if "/Table" in tags and "/TH" not in tags:
        yield "a table without head cells"
    for node in _nodes(root.get("/StructTreeRoot")):
        if node.get("/S") == "/Figure" and not node.get("/Alt"):
            yield "a figure without words for it"


def _nodes(node: Any) -> Iterator[DictionaryObject]:
    """Every element of the structure tree."""
    found = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(found, ArrayObject):
        for one in found:
            yield from _nodes(one)
    elif isinstance(found, DictionaryObject):
        if "/S" in found:
            yield found
        if "/K" in found:
            yield from _nodes(found["/K"])


def _sheet(reader: PdfReader) -> Iterator[str]:
    if "/OutputIntents" not in reader.root_object:
        yield "no output intent"
    for number, page in enumerate(reader.pages, 1):
        if "/StructParents" not in page:
            yield f"page {number} is outside the structure"
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            yield from _font(font.get_object())


def _font(font: DictionaryObject) -> Iterator[str]:
    name = font.get("/BaseFont")
    if "/ToUnicode" not in font:
        yield f"{name} does not say which characters it shows"
    carriers = [one.get_object() for one in font.get("/DescendantFonts", [])] or [font]
    for carrier in carriers:
        described = carrier.get("/FontDescriptor", DictionaryObject()).get_object()
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & described.keys():
            yield f"{name} is not embedded"


def _forbidden(reader: PdfReader) -> Iterator[str]:
    if reader.is_encrypted:
        yield "encrypted"
    for number in range(1, len(reader.xref[0]) + len(reader.xref_objStm) + 1 if reader.xref else 1):
        found = reader.get_object(IndirectObject(number, 0, reader))
        if isinstance(found, DictionaryObject):
            for name in FORBIDDEN & {str(found.get("/S")), str(found.get("/Type")), *map(str, found)}:
                yield f"object {number} has {name}"
