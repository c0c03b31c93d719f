"""A trained route written as numbers and texts, the form `program.cpp` reads."""

from __future__ import annotations

import ipaddress
from array import array
from collections.abc import Mapping
from typing import Final

from bastide.engines.detect.leaves import ONE, cost, parts_of
from bastide.engines.detect.plan import Route
from bastide.engines.detect.regex import musts
from bastide.engines.detect.tree import And, Kind, Leaf, Node, Not, Or, fields

from .automaton import automaton

NO_SLOT: Final = 0xFFFFFFFF

_EQUALS, _CONTAINS, _STARTS, _ENDS, _WILD, _ANY, _NULL, _THERE, _MISSING, _ASK, _REGEX, _CIDR, _FIELD = range(13)
_TEXTS: Final = {
    Kind.EQUALS: _EQUALS,
    Kind.CONTAINS: _CONTAINS,
    Kind.STARTS: _STARTS,
    Kind.ENDS: _ENDS,
    Kind.WILD: _WILD,
}
_RELATION: Final = {"equals": b"e", "starts": b"s", "ends": b"t", "contains": b"c"}
_LEAF, _NOT, _AND, _OR = range(4)


class Writer:
    """Collects the parts of one program; `numbers` and `texts` are what the kernel takes."""

    def __init__(self, route: Route, slots: Mapping[str, int]) -> None:
        self._slots = slots
        self._pool = bytearray()
        self._places: dict[bytes, int] = {}
        self._leaves: dict[Leaf, int] = {}
        self._leaf_words = array("I")
        self._code = array("I")
        members = array("I")
        for rule, tree in zip(route.rules, route.trees, strict=True):
            start = len(self._code)
            self._node(tree)
            members.extend((rule, start))
        indexes = self._indexes(route)
        wanted = sorted({slots[name] for tree in route.trees for name in fields(tree)})
        self.numbers = array("I", [route.fields is None, len(self._leaves)])
        self.numbers += self._leaf_words
        self.numbers.append(len(self._code))
        self.numbers += self._code
        self.numbers.append(len(route.rules))
        self.numbers += members
        self.numbers.append(len(route.always))
        self.numbers.extend(route.always)
        self.numbers.append(len(route.index))
        self.numbers += indexes
        self.numbers.append(len(wanted))
        self.numbers.extend(wanted)
        self.texts = bytes(self._pool)

    def _text(self, text: bytes) -> tuple[int, int]:
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self._pool)
            self._pool += text
        return place, len(text)

    def _node(self, node: Node) -> None:
        match node:
            case Leaf():
                self._code.append(self._leaf(node) << 2 | _LEAF)
            case Not(child):
                self._code.append(_NOT)
                self._node(child)
            case And(children):
                self._list(_AND, children)
            case Or(children):
                self._list(_OR, children)

    def _list(self, kind: int, children: tuple[Node, ...]) -> None:
        """The children, the cheap ones first; before each stands where the next begins."""
        self._code.append(len(children) << 2 | kind)
        for child in sorted(children, key=cost):
            place = len(self._code)
            self._code.append(0)
            self._node(child)
            self._code[place] = len(self._code)

    def _leaf(self, leaf: Leaf) -> int:
        known = self._leaves.get(leaf)
        if known is not None:
            return known
        slot = NO_SLOT if leaf.field is None else self._slots[leaf.field]
        kind, texts = _question(leaf)
        self._leaf_words.extend((kind, slot, len(texts)))
        for text in texts:
            self._leaf_words.extend(self._text(text))
        if kind == _FIELD:
            self._leaf_words.append(self._slots[leaf.values[0]])
        number = self._leaves[leaf] = len(self._leaves)
        return number

    def _indexes(self, route: Route) -> array[int]:
        words = array("I")
        for name, index in route.index.items():
            words.append(NO_SLOT if name is None else self._slots[name])
            words.append(len(index.whole) + len(index.inside))
            for text, members in index.whole.items():
                words.extend((1, 0, *self._text(_bytes(text)), len(members), *members))
            for text, members in index.inside.items():
                words.extend(
                    (
                        0,
                        index.offsets.get(text, 0),
                        *self._text(_bytes(text)),
                        len(members),
                        *members,
                    )
                )
        return words


def _question(leaf: Leaf) -> tuple[int, list[bytes]]:
    """The kernel's kind for a leaf and its texts; what it cannot answer becomes a question to Python."""
    match leaf.kind:
        case Kind.NULL:
            return _NULL, []
        case Kind.EXISTS:
            return (_THERE if leaf.option == "yes" else _MISSING), []
        case Kind.ANY:
            return _ANY, []
        case Kind.WILD if not leaf.cased:
            return _WILD, [_wild(value) for value in leaf.values]
        case Kind.EQUALS | Kind.CONTAINS | Kind.STARTS | Kind.ENDS if not leaf.cased:
            return _TEXTS[leaf.kind], [_bytes(value) for value in leaf.values]
        case Kind.REGEX:
            return _tables(leaf)
        case Kind.CIDR:
            return _CIDR, [_network(value) for value in leaf.values]
        case Kind.FIELD if leaf.field is not None:
            return _FIELD, [_RELATION[leaf.option]]
        case _:
            return _ASK, []


def _tables(leaf: Leaf) -> tuple[int, list[bytes]]:
    """The tables of a leaf's expressions: kinds of bytes, steps, final states of each."""
    made = [automaton(pattern, leaf.option) for pattern in leaf.values]
    needed = [b"\0".join(map(_bytes, musts(pattern, leaf.option))) for pattern in leaf.values]
    if any(one is None for one in made):
        return _ASK, []
    return _REGEX, [
        part
        for one, must in zip(made, needed, strict=True)
        if one is not None
        for part in (
            one.classes,
            array("H", one.steps).tobytes(),
            one.final,
            array("I", [one.shortest]).tobytes(),
            must,
        )
    ]


def _network(written: str) -> bytes:
    """An IPv4 network as two numbers, address and mask; one of IPv6, which Python is asked about, as nothing."""
    network = ipaddress.ip_network(written)
    if network.version == 6:
        return b""
    return array("I", [int(network.network_address), int(network.netmask)]).tobytes()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _wild(pattern: str) -> bytes:
    """The pattern with its wildcards as two bytes no UTF-8 text has."""
    parts = [
        b"\xfe".join(piece.encode("utf-8", "surrogatepass") for piece in part.split(ONE)) for part in parts_of(pattern)
    ]
    return b"\xff".join(parts)
