"""Printing one copy of a document: template and statement in, PDF and HTML out. The same input gives the same bytes."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.utils.translation import gettext as _

from bastide.base.flow.refusals import Refused
from bastide.base.papers import fonts

# Several files in memory as the input: typst takes them, its type stubs do not know.
_press: Any = typst
HOUSE = Path(__file__).resolve().parent / "typ"
# For documents whose pack has no template of their own.
PLAIN = HOUSE / "plain.typ"
STANDARDS = ["a-2a", "ua-1"]  # archivable and accessible; a-2a includes what a-2b asks

_PLACE = re.compile(r"┌─ /?(?P<file>\S+?):(?P<line>\d+):(?P<column>\d+)")
_KEY = re.compile(r'dictionary does not contain key "(?P<key>[^"]+)"')
_NO_GLYPH = re.compile(r'the text `"(?P<text>(?:[^"\\]|\\.)+)"` could not be displayed')
_CODE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
# Control and format characters carry no glyph; private use and unassigned ones mean something else on each machine.
_SILENT = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


class TemplateFault(Refused):
    """A template that does not print: which one, on which line, for want of which field."""

    def __init__(self, template: str, line: int, field: str, message: str) -> None:
        self.template, self.line, self.blamed = template, line, field
        place = _("template %(template)s, line %(line)s") % {"template": template, "line": line}
        if field:
            words = _("The document was not issued: %(place)s, field “%(field)s”: %(message)s")
        else:
            words = _("The document was not issued: %(place)s: %(message)s")
        super().__init__(words % {"place": place, "field": field, "message": message}, field=field)


@dataclass(frozen=True)
class Printed:
    """One copy, and the characters no font could show."""

    pdf: bytes
    pages: int
    missing: tuple[str, ...]


def template_path(folder: Path, name: str) -> Path:
    """Where a pack keeps a template. A pack names files in its own folder only."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise ValueError(f"not a template name: {name!r}")
    return folder / "papers" / f"{name.removesuffix('.typ')}.typ"


def render(template: Path, it: Mapping[str, Any], *, at: datetime) -> Printed:
    """Print one copy. `it` is what house.typ says a template is given, without `fonts` and `missing`."""
    book, families = fonts.book(fonts.shelves())
    try:
        source = template.read_bytes()
    except FileNotFoundError as error:
        raise TemplateFault(template.name, 0, "", _("there is no such file in the pack")) from error
    missing: set[str] = set(_PRIVATE.findall(json.dumps(it, ensure_ascii=False, default=str)))
    for _attempt in range(5):
        given = _given(it, families, missing)
        try:
            pdf, pages = _compile(template.name, source, given, book, at)
        except typst.TypstError as error:
            found = _without_glyph(error) - missing
            if not found:
                raise _fault(template.name, error) from error
            missing |= found
            continue
        return Printed(pdf, pages, tuple(sorted(missing)))
    raise TemplateFault(template.name, 0, "", _("it uses characters that no font has"))


def read_out(template: Path, it: Mapping[str, Any], *, missing: Iterable[str] = ()) -> str:
    """What the same template says as HTML, in its order; Word copies are set from it. Typst warns that this export is
    young: tests/base/papers/test_word.py compares every template with its PDF.

    `missing` is what printing found no glyph for.
    """
    book, families = fonts.book(fonts.shelves())
    given = _given(it, families, set(missing)) | {"word": True}
    files = _files(template.name, template.read_bytes(), given)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", typst.TypstWarning)
            return bytes(_press.compile(files, format="html", font_paths=book, ignore_system_fonts=True)).decode()
    except typst.TypstError as error:
        raise _fault(template.name, error) from error


def _given(it: Mapping[str, Any], families: Iterable[str], missing: set[str]) -> dict[str, Any]:
    return {
        **_replaced({**it, "fonts": list(families)}, missing),
        "missing": [f"U+{ord(c):04X}" for c in sorted(missing)],
    }


def _files(name: str, source: bytes, given: dict[str, Any]) -> dict[str, bytes]:
    """What typst works with: the house's files, the template, the statement and the line that puts them together."""
    files = {path.name: path.read_bytes() for path in sorted(HOUSE.glob("*.typ"))}
    return files | {
        name: source,
        "it.json": json.dumps(given, ensure_ascii=False).encode(),
        "main.typ": f'#import "/{name}": paper\n#paper(json("/it.json"))\n'.encode(),
    }


def _compile(name: str, source: bytes, given: dict[str, Any], book: typst.Fonts, at: datetime) -> tuple[bytes, int]:
    files = _files(name, source, given)
    ground: dict[str, Any] = {"font_paths": book, "ignore_system_fonts": True}
    pdf = _press.compile(files, format="pdf", pdf_standards=STANDARDS, timestamp=int(at.timestamp()), **ground)
    pages = json.loads(_press.query(files, "<pages>", field="value", one=True, **ground))
    return bytes(pdf), int(pages)


def _replaced(value: Any, missing: set[str]) -> Any:
    """The statement with every character that has no glyph written as its code: [U+2A6D6]."""
    if isinstance(value, str):
        shown = _SILENT.sub("", value)
        return "".join(f"[U+{ord(char):04X}]" if char in missing else char for char in shown)
    if isinstance(value, dict):
        return {key: _replaced(item, missing) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, missing) for item in value]
    return value


def _without_glyph(error: typst.TypstError) -> set[str]:
    found: set[str] = set()
    for match in _NO_GLYPH.finditer(error.diagnostic):
        text = _CODE.sub(lambda code: chr(int(code[1], 16)), match["text"])
        found |= {char for char in text if not char.isspace() and ord(char) > 127}
    return found


def _fault(template: str, error: typst.TypstError) -> TemplateFault:
    """Typst's diagnostic, told by the line of the template itself where the trail leads there."""
    places = [(m["file"], int(m["line"])) for m in _PLACE.finditer(error.diagnostic)]
    file, line = next((place for place in places if place[0] == template), places[0] if places else (template, 0))
    key = _KEY.search(error.message)
    return TemplateFault(file, line, key["key"] if key else _blamed(error.diagnostic), error.message)


def _blamed(diagnostic: str) -> str:
    """The field the marked source line takes from the data, if it takes exactly one."""
    taken = re.findall(r"│.*?\bd\.(\w+)", diagnostic)
    return taken[0] if len(set(taken)) == 1 and taken[0] != "at" else ""
