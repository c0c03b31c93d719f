"""Network maps, GML and GraphML, as nodes and edges with the line each stands on. XML entities are refused."""

from __future__ import annotations

import re
import xml.sax.handler
from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXParseException
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from bastide.registry.criteria import Problem, gettext_noop
from bastide.registry.intake.sheets import UnreadableError, decode

ELEMENT_LIMIT = 200_000
DEPTH_LIMIT = 40


@dataclass(frozen=True)
class Node:
    id: str
    label: str
    line: int
    latitude: str = ""
    longitude: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Edge:
    source: str
    target: str
    line: int
    label: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass
class Map:
    """A network map as it was drawn."""

    format: str
    name: str = ""
    is_directed: bool = False
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


def read(data: bytes) -> Map:
    """A map out of bytes; which format it is, is told by its content."""
    if not data.strip():
        raise UnreadableError(gettext_noop("The file is empty."))
    start = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:200]
    found = _graphml(data) if start.startswith(b"<") or b"<\x00" in start[:8] or b"\x00<" in start[:8] else _gml(data)
    if not found.nodes:
        raise UnreadableError(gettext_noop("The map holds no nodes."))
    return found


def _too_many(count: int) -> None:
    if count > ELEMENT_LIMIT:
        raise UnreadableError(gettext_noop("More than %(limit)s nodes and edges. Divide the map."), limit=ELEMENT_LIMIT)


# ---- GML: keys, numbers, texts and brackets

_TOKEN = re.compile(r'\s+|#[^\n]*|(?P<open>\[)|(?P<close>\])|"(?P<text>[^"]*)"|(?P<word>[^\s\[\]"]+)')
_ENTITY = {"quot": '"', "amp": "&", "lt": "<", "gt": ">", "apos": "'"}

Pairs = list[tuple[str, Any, int]]


def _gml(data: bytes) -> Map:
    text, _encoding = decode(data)
    pairs = _pairs(text)
    graph = next((value for key, value, _line in pairs if key == "graph" and isinstance(value, list)), None)
    if graph is None:
        raise UnreadableError(gettext_noop("This is neither GML (“graph [ … ]”) nor GraphML (“<graphml>”)."))
    found = Map("GML", _one(graph, "label"), _one(graph, "directed") == "1")
    for key, value, line in graph:
        if key == "node" and isinstance(value, list):
            found.nodes.append(_gml_node(value, line))
        elif key == "edge" and isinstance(value, list):
            found.edges.append(_gml_edge(value, line))
        _too_many(len(found.nodes) + len(found.edges))
    return found


def _pairs(text: str) -> Pairs:
    """The nested key-value lists of a GML text, without recursion."""
    root: Pairs = []
    stack: list[Pairs] = [root]
    opened: list[int] = []
    key, position, line = "", 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(gettext_noop("Line %(line)s: a quotation mark is not closed."), line=line)
        if match["open"]:
            if not key or len(stack) > DEPTH_LIMIT:
                raise UnreadableError(gettext_noop("Line %(line)s: “[” stands where a key is expected."), line=line)
            inner: Pairs = []
            stack[-1].append((key, inner, line))
            stack.append(inner)
            opened.append(line)
            key = ""
        elif match["close"]:
            if key or len(stack) == 1:
                raise UnreadableError(
                    gettext_noop("Line %(line)s: “]” closes nothing, or a value is missing before it."), line=line
                )
            stack.pop()
            opened.pop()
        elif match["text"] is not None or match["word"]:
            value = _plain(match["text"]) if match["text"] is not None else match["word"]
            if key:
                stack[-1].append((key, value, line))
                key = ""
            elif match["text"] is not None or not re.match(r"[A-Za-z_]", value):
                raise UnreadableError(
                    gettext_noop("Line %(line)s: “%(value)s” stands where a key is expected."),
                    line=line,
                    value=value[:40],
                )
            else:
                key = value
        line += match[0].count("\n")
        position = match.end()
    if len(stack) > 1:
        raise UnreadableError(
            gettext_noop("Line %(line)s: “[” is never closed. The file may be cut off."), line=opened[-1]
        )
    return root


def _plain(text: str) -> str:
    """Character references of GML as characters; anything unknown stays as it is."""

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("#"):
            number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
            return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else match[0]
        return _ENTITY.get(name, match[0])

    return re.sub(r"&(#[xX][0-9a-fA-F]{1,6}|#\d{1,7}|[a-z]{2,6});", one, text)


def _one(pairs: Pairs, key: str) -> str:
    """The first plain value of a key, whatever its case; empty if there is none."""
    return next((value for name, value, _line in pairs if name.lower() == key and isinstance(value, str)), "")


def _gml_node(pairs: Pairs, line: int) -> Node:
    own = _one(pairs, "id")
    problems = () if own else (Problem("id", gettext_noop("The node has no id."), {}),)
    return Node(own, _label(_one(pairs, "label")), line, _one(pairs, "latitude"), _one(pairs, "longitude"), problems)


def _gml_edge(pairs: Pairs, line: int) -> Edge:
    source, target = _one(pairs, "source"), _one(pairs, "target")
    problems = (
        () if source and target else (Problem("edge", gettext_noop("The edge lacks its source or its target."), {}),)
    )
    return Edge(source, target, line, _label(_one(pairs, "label") or _one(pairs, "linklabel")), problems)


def _label(text: str) -> str:
    """A label on one line; the words tools write for "none" are none."""
    label = " ".join(text.split())
    return "" if label.casefold() in {"none", "null", "nan"} else label


# ---- GraphML


def _graphml(data: bytes) -> Map:
    handler = _GraphMl()
    try:
        parseString(data, handler, forbid_dtd=True)
    except DefusedXmlException:
        raise UnreadableError(
            gettext_noop(
                "The file declares a document type or entities, which are not accepted. Export the map without them."
            )
        ) from None
    except SAXParseException as error:
        raise UnreadableError(
            gettext_noop("Line %(line)s: this is no well-formed XML (%(error)s)."),
            line=error.getLineNumber() or 0, error=error.getMessage(),
        ) from None  # fmt: skip
    except (ValueError, LookupError, UnicodeError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(gettext_noop("The map cannot be read (%(error)s)."), error=str(error)[:120]) from None
    if not handler.is_graphml:
        raise UnreadableError(gettext_noop("This is XML but no GraphML: “<graphml>” is missing."))
    return handler.map


class _GraphMl(xml.sax.handler.ContentHandler):
    """Takes nodes, edges and their data; labels of drawing tools (NodeLabel) count as labels."""

    def __init__(self) -> None:
        super().__init__()
        self.map = Map("GraphML")
        self.is_graphml = False
        self._keys: dict[str, str] = {}
        self._open: list[dict[str, Any]] = []
        self._data, self._text = "", ""
        self._where: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 – the name SAX asks for
        self._where = locator

    def _line(self) -> int:
        return (self._where.getLineNumber() if self._where else 0) or 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        kind = name.rpartition(":")[2]
        if kind == "graphml":
            self.is_graphml = True
        elif kind == "graph" and not self._open:
            self.map.is_directed = attrs.get("edgedefault", "undirected") == "directed"
            self.map.name = self.map.name or _label(attrs.get("id", ""))
        elif kind == "key":
            self._keys[attrs.get("id", "")] = attrs.get("attr.name", attrs.get("id", "")).casefold()
        elif kind in {"node", "edge"}:
            _too_many(len(self.map.nodes) + len(self.map.edges) + 1)
            self._open.append({"kind": kind, "line": self._line(), **dict(attrs.items())})
        elif kind == "data":
            self._data, self._text = self._keys.get(attrs.get("key", ""), attrs.get("key", "").casefold()), ""
        elif kind in {"NodeLabel", "EdgeLabel"}:
            self._data, self._text = "label", ""

    def characters(self, content: str) -> None:
        if self._data:
            self._text += content

    def endElement(self, name: str) -> None:  # noqa: N802
        kind = name.rpartition(":")[2]
        if kind in {"data", "NodeLabel", "EdgeLabel"}:
            if self._open and self._data and self._text.strip():
                self._open[-1].setdefault(f"data:{self._data}", self._text.strip())
            self._data = ""
        elif kind in {"node", "edge"} and self._open:
            self._close(self._open.pop())

    def _close(self, told: dict[str, Any]) -> None:
        label = _label(next((told[f"data:{key}"] for key in ("label", "name", "title") if f"data:{key}" in told), ""))
        if told["kind"] == "node":
            own = str(told.get("id", "")).strip()
            problems = () if own else (Problem("id", gettext_noop("The node has no id."), {}),)
            latitude, longitude = (
                told.get("data:latitude", told.get("data:lat", "")),
                told.get("data:longitude", told.get("data:lon", "")),
            )
            self.map.nodes.append(Node(own, label, told["line"], latitude, longitude, problems))
            return
        source, target = str(told.get("source", "")).strip(), str(told.get("target", "")).strip()
        wrong = (
            ()
            if source and target
            else (Problem("edge", gettext_noop("The edge lacks its source or its target."), {}),)
        )
        self.map.edges.append(Edge(source, target, told["line"], label, wrong))
