"""The expression tree detection rules are compiled to: and, or, not and thirteen kinds of leaf, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """What a leaf asks of a field."""

    # The text equals one of the values. Numbers, booleans and the empty string are compared by their text.
    EQUALS = "equals"
    # The text has one of the values in it, in front or at its end.
    CONTAINS = "contains"
    STARTS = "starts"
    ENDS = "ends"
    # The text fits one of the patterns; `*` any run, `?` one character, a backslash takes the meaning away.
    WILD = "wild"
    # There is a value, whatever it is.
    ANY = "any"
    # One of the regular expressions is found somewhere in the text; option holds the flags i, m, s.
    REGEX = "regex"
    # The text is an address in one of the networks.
    CIDR = "cidr"
    # The field is absent or JSON null.
    NULL = "null"
    # The field is there (option "yes") or not (option "no"), null or not.
    EXISTS = "exists"
    # The text compares to the text of another field; option equals, starts, ends or contains.
    FIELD = "field"
    # The number compares to the value; option lt, lte, gt, gte or neq.
    COMPARE = "compare"
    # A part of the time (option minute, hour, day, week, month, year) equals the value.
    PART = "part"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One question to one field; field None asks every value of the event (keywords)."""

    kind: Kind
    field: str | None
    values: tuple[str, ...] = ()
    option: str = ""
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """True where the child is false."""

    child: Node


@dataclass(frozen=True, slots=True)
class And:
    """True where all children are; without children true."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one child is; without children false."""

    children: tuple[Node, ...]


Node = Leaf | Not | And | Or

TRUE: Final = And(())
FALSE: Final = Or(())

_LISTS: Final = frozenset({Kind.EQUALS, Kind.CONTAINS, Kind.STARTS, Kind.ENDS, Kind.WILD, Kind.REGEX, Kind.CIDR})


def conjunction(children: Iterable[Node]) -> Node:
    """And of the children, flattened, constants folded."""
    kept: dict[Node, None] = {}
    for child in children:
        if child == FALSE:
            return FALSE
        for part in child.children if isinstance(child, And) else (child,):
            kept[part] = None
    return next(iter(kept)) if len(kept) == 1 else And(tuple(kept))


def disjunction(children: Iterable[Node]) -> Node:
    """Or of the children, flattened, constants folded, value lists of one question merged."""
    kept: dict[Node, None] = {}
    lists: dict[tuple[Kind, str | None, str, bool], dict[str, None]] = {}
    for child in children:
        if child == TRUE:
            return TRUE
        for part in child.children if isinstance(child, Or) else (child,):
            if isinstance(part, Leaf) and part.kind in _LISTS:
                question = (part.kind, part.field, part.option, part.cased)
                lists.setdefault(question, {}).update(dict.fromkeys(part.values))
            else:
                kept[part] = None
    merged = [Leaf(kind, field, tuple(vs), option, cased) for (kind, field, option, cased), vs in lists.items()]
    parts = (*merged, *kept)
    return parts[0] if len(parts) == 1 else Or(parts)


def negation(child: Node) -> Node:
    """Not the child, constants folded."""
    if child == TRUE:
        return FALSE
    if child == FALSE:
        return TRUE
    return child.child if isinstance(child, Not) else Not(child)


def leaves(node: Node) -> Iterator[Leaf]:
    """Every leaf below the node, from left to right."""
    match node:
        case Leaf():
            yield node
        case Not(child):
            yield from leaves(child)
        case And(children) | Or(children):
            for child in children:
                yield from leaves(child)


def depth(node: Node) -> int:
    """How many levels the tree has."""
    match node:
        case Leaf():
            return 1
        case Not(child):
            return 1 + depth(child)
        case And(children) | Or(children):
            return 1 + max(map(depth, children), default=0)


def fields(node: Node) -> tuple[str, ...]:
    """Names of the fields the tree looks at, each once, from left to right."""
    names: dict[str, None] = {}
    for leaf in leaves(node):
        if leaf.field is not None:
            names[leaf.field] = None
            if leaf.kind is Kind.FIELD:
                names.update(dict.fromkeys(leaf.values))
    return tuple(names)


def fold(node: Node, known: Callable[[Leaf], bool | None]) -> Node:
    """The tree with every leaf replaced whose answer is already known."""
    match node:
        case Leaf():
            answer = known(node)
            return node if answer is None else TRUE if answer else FALSE
        case Not(child):
            return negation(fold(child, known))
        case And(children):
            return conjunction(fold(child, known) for child in children)
        case Or(children):
            return disjunction(fold(child, known) for child in children)


def allowed(node: Node, field: str) -> frozenset[str] | None:
    """Texts the field can have where the tree is true; None where the tree sets no limit."""
    match node:
        case Leaf(kind=Kind.EQUALS, cased=False) if node.field == field:
            return frozenset(node.values)
        case And(children):
            limits = [limit for child in children if (limit := allowed(child, field)) is not None]
            return frozenset.intersection(*limits) if limits else None
        case Or(children):
            sets = [allowed(child, field) for child in children]
            known = [limit for limit in sets if limit is not None]
            return frozenset().union(*known) if len(known) == len(sets) else None
        case _:
            return None


def to_json(node: Node) -> list[Any]:
    """The tree as nested JSON lists, for the cache."""
    match node:
        case Leaf():
            return [node.kind.value, node.field, list(node.values), node.option, node.cased]
        case Not(child):
            return ["not", to_json(child)]
        case And(children):
            return ["and", *map(to_json, children)]
        case Or(children):
            return ["or", *map(to_json, children)]


def from_json(value: list[Any]) -> Node:
    """The tree that `to_json` wrote; ValueError where the lists are not a tree."""
    match value:
        case ["not", list(child)]:
            return Not(from_json(child))
        case ["and", *children]:
            return And(tuple(map(from_json, children)))
        case ["or", *children]:
            return Or(tuple(map(from_json, children)))
        case [str(kind), str() | None as field, list(values), str(option), bool(cased)]:
            return Leaf(Kind(kind), field, tuple(map(str, values)), option, cased)
        case _:
            raise ValueError("not an expression tree")
