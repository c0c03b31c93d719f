"""A document as plain blocks in reading order – lines and tables – read from the HTML typst makes of its template."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

LINES = {"p": "text", "div": "text", "h2": "title", "h3": "heading", "h4": "heading", "li": "point"}
CELLS = frozenset({"td", "th"})


@dataclass(frozen=True)
class Piece:
    """Some words in one weight; a line end inside a block is the piece "\\n"."""

    words: str
    bold: bool = False


@dataclass
class Line:
    """One paragraph. `look` is text, title, heading, point, or a class that house.typ gave its part."""

    look: str
    pieces: list[Piece] = field(default_factory=list)

    @property
    def words(self) -> str:
        return "".join(piece.words for piece in self.pieces)


@dataclass
class Table:
    """Rows of cells; each cell holds lines. A form has its labels in the first column, other tables a head row."""

    rows: list[list[list[Line]]] = field(default_factory=list)

    @property
    def is_form(self) -> bool:
        """A form's first row is label and answer: only its label is set in bold."""
        first = self.rows[0]
        return len(first) == 2 and not any(piece.bold for line in first[1] for piece in line.pieces)


Block = Line | Table


def read(html: str) -> list[Block]:
    """The blocks of a page; lines without words are left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [block for block in reader.blocks if isinstance(block, Table) or block.words.strip()]


class _Reader(HTMLParser):
    """Takes the tags typst writes: a line ends where the next begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._table: Table | None = None
        self._cell: list[Line] | None = None
        self._line: Line | None = None
        self._looks: list[str] = []
        self._bold = 0
        self._in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._in_body = True
        elif tag == "table":
            self._table, self._line = Table(), None
            self.blocks.append(self._table)
        elif tag == "tr" and self._table is not None:
            self._table.rows.append([])
        elif tag in CELLS and self._table is not None:
            self._cell, self._line = [], None
            self._table.rows[-1].append(self._cell)
        elif tag in LINES:
            self._looks.append(dict(attrs).get("class") or self._outer(LINES[tag]))
            self._line = None
        elif tag in {"strong", "b"}:
            self._bold += 1
        elif tag == "br":
            self._add("\n")

    def _outer(self, look: str) -> str:
        """A nameless block inside a named part has its look."""
        named = self._looks[-1] if self._looks else look
        return named if look == "text" else look

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table = self._cell = self._line = None
        elif tag in CELLS:
            self._cell, self._line = None, None
        elif tag in LINES and self._looks:
            self._looks.pop()
            self._line = None
        elif tag in {"strong", "b"}:
            self._bold -= 1

    def handle_data(self, data: str) -> None:
        words = data.replace("\u200b", "").replace("\n", " ")
        if self._in_body and (words.strip() or self._line is not None):
            self._add(words)

    def _add(self, words: str) -> None:
        if self._line is None:
            self._line = Line(self._looks[-1] if self._looks else "text")
            (self.blocks if self._cell is None else self._cell).append(self._line)
        self._line.pieces.append(Piece(words, bold=self._bold > 0))
