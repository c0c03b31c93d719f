"""Regular expressions as tables the kernel walks, one step per byte: linear in the text, whatever the expression.

Only ASCII texts are walked; others, and expressions that have no small table, are left to RE2. The meaning is that of
`regex.searcher`: searched anywhere, `$` also before a last line break. Construction: the expression's parse
tree -> Thompson's automaton -> subsets (Aho, Sethi, Ullman: Compilers, 3.6-3.7), where a state also
knows what kind of character came before, so that beginnings and word boundaries can be told when the next one is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

ASCII: Final = 128
_ALL: Final = frozenset(range(ASCII))
_WORD: Final = frozenset(code for code in range(ASCII) if chr(code).isalnum() or code == 0x5F)
_MOST_STATES: Final = 2_048
_MOST_NODES: Final = 6_000
_BREAK: Final = 10

_CATEGORIES: Final = {
    sre.CATEGORY_DIGIT: frozenset(range(48, 58)),
    sre.CATEGORY_SPACE: frozenset((9, 10, 11, 12, 13, 28, 29, 30, 31, 32)),
    sre.CATEGORY_WORD: _WORD,
}
_NEGATED: Final = {
    sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
    sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
    sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
}

BEGIN, LINE, END, LINE_END, LAST, BOUNDARY, NO_BOUNDARY, EMPTY = range(8)
"""What an edge that takes no character asks of its place: EMPTY nothing, LAST the end or the last line break before."""


class TooLarge(Exception):
    """The expression has no small table, or uses what this file does not know."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """`classes[byte]` is the kind of a byte, `steps[state * kinds + kind]` the next state; state 0 is the first, 1
    means found. `final[state]` tells whether a text that ends here is found. Shorter texts than `shortest` never."""

    shortest: int
    kinds: int
    classes: bytes
    steps: tuple[int, ...]
    final: bytes


@lru_cache(maxsize=4096)
def automaton(pattern: str, flags: str) -> Automaton | None:
    """The table of an expression with flags out of i, m, s; None where RE2 has to answer."""
    wanted = re.IGNORECASE * ("i" in flags) | re.MULTILINE * ("m" in flags) | re.DOTALL * ("s" in flags)
    try:
        graph = _Graph()
        tree = parser.parse(pattern, int(wanted))
        graph.accept = graph.node()
        graph.sequence(tree, graph.start, graph.accept, tree.state.flags)
        return _Subsets(graph).table(tree.getwidth()[0])
    except (TooLarge, re.error, RecursionError, OverflowError):
        return None


@dataclass(slots=True)
class _Graph:
    """Thompson's automaton: per node edges that take a character, and edges that take none."""

    takes: list[list[tuple[frozenset[int], int]]] = field(default_factory=lambda: [[]])
    passes: list[list[tuple[int, int]]] = field(default_factory=lambda: [[]])
    start: int = 0
    accept: int = 0

    def node(self) -> int:
        if len(self.takes) >= _MOST_NODES:
            raise TooLarge
        self.takes.append([])
        self.passes.append([])
        return len(self.takes) - 1

    def sequence(self, items: Iterable[tuple[Any, Any]], first: int, last: int, flags: int) -> None:
        """Adds what leads from `first` over the items to `last`."""
        at = first
        for op, argument in items:
            following = self.node()
            self.item(op, argument, at, following, flags)
            at = following
        self.passes[at].append((EMPTY, last))

    def item(self, op: Any, argument: Any, first: int, last: int, flags: int) -> None:
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            self.takes[first].append((_characters(op, argument, flags), last))
        elif op is sre.BRANCH:
            for each in argument[1]:
                self.sequence(each, first, last, flags)
        elif op is sre.SUBPATTERN:
            _, added, removed, inner = argument
            self.sequence(inner, first, last, (flags | added) & ~removed)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, inner = argument
            self.repeat(least, most, inner, first, last, flags)
        elif op is sre.AT:
            self.passes[first].append((_place(argument, flags), last))
        else:
            raise TooLarge

    def repeat(self, least: int, most: Any, inner: Any, first: int, last: int, flags: int) -> None:
        at = first
        for _ in range(least):
            following = self.node()
            self.sequence(inner, at, following, flags)
            at = following
        if most is sre.MAXREPEAT:
            loop = self.node()
            self.passes[at].append((EMPTY, loop))
            self.sequence(inner, loop, loop, flags)
            at = loop
        else:
            for _ in range(int(most) - least):
                self.passes[at].append((EMPTY, last))
                following = self.node()
                self.sequence(inner, at, following, flags)
                at = following
        self.passes[at].append((EMPTY, last))


def _characters(op: Any, argument: Any, flags: int) -> frozenset[int]:
    """The ASCII characters an item takes. Letters beyond ASCII that fold to ASCII ones do not occur in ASCII texts."""
    if op is sre.ANY:
        return _ALL if flags & re.DOTALL else _ALL - {_BREAK}
    if op is sre.LITERAL:
        return _folded({argument}, flags)
    if op is sre.NOT_LITERAL:
        return _ALL - _folded({argument}, flags)
    negated = False
    found: set[int] = set()
    for kind, value in argument:
        if kind is sre.NEGATE:
            negated = True
        elif kind is sre.LITERAL:
            found |= _folded({value}, flags)
        elif kind is sre.RANGE:
            found |= _folded(set(range(value[0], min(value[1], 0x24F) + 1)), flags)
        elif kind is sre.CATEGORY:
            found |= _ALL - _CATEGORIES[_NEGATED[value]] if value in _NEGATED else _CATEGORIES[value]
        else:
            raise TooLarge
    return _ALL - found if negated else frozenset(found)


def _folded(codes: set[int], flags: int) -> frozenset[int]:
    if not flags & re.IGNORECASE:
        return frozenset(code for code in codes if code < ASCII)
    folded: set[int] = set()
    for code in codes:
        # The long s and the Kelvin sign fold to s and k; the dotted I is a matter of dialect: left to RE2.
        if code in (0x130, 0x131):
            raise TooLarge
        folded |= {ord(char) for char in (chr(code).lower(), chr(code).upper()) if len(char) == 1 and char.isascii()}
        folded |= {code} if code < ASCII else set()
    return frozenset(folded)


def _place(kind: Any, flags: int) -> int:
    if kind is sre.AT_BEGINNING:
        return LINE if flags & re.MULTILINE else BEGIN
    if kind is sre.AT_END:
        return LINE_END if flags & re.MULTILINE else LAST
    if kind not in _PLACES:
        raise TooLarge
    return _PLACES[kind]


_PLACES: Final = {
    sre.AT_BEGINNING_STRING: BEGIN,
    sre.AT_END_STRING: END,
    sre.AT_BOUNDARY: BOUNDARY,
    sre.AT_NON_BOUNDARY: NO_BOUNDARY,
}

_AT_START, _AFTER_BREAK, _AFTER_WORD, _AFTER_OTHER = range(4)
_STOP: Final = -1
"""Stands for the end of the text where a character is asked for."""

State = tuple[frozenset[int], int, bool]
"""Nodes reached, what came before, and whether a text that ends here has `$` behind it, before a last line break."""


class _Subsets:
    """The automaton of sets of nodes."""

    def __init__(self, graph: _Graph) -> None:
        self.graph = graph
        self.asks_ahead = any(kind not in (EMPTY, BEGIN, LINE) for edges in graph.passes for kind, _ in edges)
        self.classes, self.examples = self._kinds()
        self._known: dict[tuple[frozenset[int], int, int], tuple[set[int], list[tuple[frozenset[int], int]]]] = {}

    def _kinds(self) -> tuple[bytes, list[int]]:
        """Characters that no edge tells apart, each kind with an example."""
        sets = list(dict.fromkeys(chars for edges in self.graph.takes for chars, _ in edges))
        sets += [_WORD, frozenset({_BREAK})]
        numbers: dict[tuple[bool, ...], int] = {}
        classes = bytearray()
        examples: list[int] = []
        for code in range(ASCII):
            number = numbers.setdefault(tuple(code in chars for chars in sets), len(numbers))
            if number == len(examples):
                examples.append(code)
            classes.append(number)
        return bytes(classes), examples

    def table(self, shortest: int) -> Automaton:
        found: State = (frozenset({-1}), 0, False)
        first: State = (frozenset({self.graph.start}), _AT_START, False)
        numbers: dict[State, int] = {first: 0, found: 1}
        queue = [first]
        steps: dict[int, list[int]] = {1: [1] * len(self.examples)}
        final = {1: True}
        for state in queue:
            number = numbers[state]
            row = []
            final[number] = state[2] or self.graph.accept in self._reached(state[0], state[1], _STOP)
            for code in self.examples:
                after = self._step(state, code)
                if after is None:
                    row.append(1)
                    continue
                if after not in numbers:
                    if len(numbers) >= _MOST_STATES:
                        raise TooLarge
                    numbers[after] = len(numbers)
                    queue.append(after)
                row.append(numbers[after])
            steps[number] = row
        flat = tuple(each for number in range(len(numbers)) for each in steps[number])
        return Automaton(
            shortest, len(self.examples), self.classes, flat, bytes(final[number] for number in range(len(numbers)))
        )

    def _step(self, state: State, code: int) -> State | None:
        """The state behind one more character; None where the expression is found before or with it."""
        nodes, before, _ = state
        reached, edges = self._seen(nodes, before, code)
        if self.graph.accept in reached:
            return None
        last = code == _BREAK and self._before_last_break(reached, before)
        after = _AFTER_BREAK if code == _BREAK else _AFTER_WORD if code in _WORD else _AFTER_OTHER
        if not self.asks_ahead and after != _AFTER_BREAK:
            after = _AFTER_OTHER
        moved = {goal for chars, goal in edges if code in chars}
        return frozenset({*moved, self.graph.start}), after, last

    def _seen(self, nodes: frozenset[int], before: int, code: int) -> tuple[set[int], list[tuple[frozenset[int], int]]]:
        """Nodes reached before a character, and the edges that leave them; the same for characters of one kind."""
        ahead = (1 if code == _BREAK else 2 if code in _WORD else 3) if self.asks_ahead else 0
        known = self._known.get((nodes, before, ahead))
        if known is None:
            reached = self._reached(nodes, before, code)
            edges = [edge for node in reached for edge in self.graph.takes[node]]
            known = self._known[nodes, before, ahead] = reached, edges
        return known

    def _reached(self, nodes: frozenset[int], before: int, ahead: int) -> set[int]:
        """Nodes reached without taking a character, where `ahead` is the next one (or the end)."""
        seen, stack = set(nodes), list(nodes)
        while stack:
            for kind, goal in self.graph.passes[stack.pop()]:
                if goal not in seen and self._holds(kind, before, ahead):
                    seen.add(goal)
                    stack.append(goal)
        return seen

    @staticmethod
    def _holds(kind: int, before: int, ahead: int) -> bool:
        match kind:
            case 7:
                return True
            case 0:
                return before == _AT_START
            case 1:
                return before in (_AT_START, _AFTER_BREAK)
            case 2 | 4:
                return ahead == _STOP
            case 3:
                return ahead in (_STOP, _BREAK)
            case _:
                boundary = (before == _AFTER_WORD) != (ahead in _WORD)
                return boundary == (kind == BOUNDARY)

    def _before_last_break(self, reached: set[int], before: int) -> bool:
        """Whether a `$` holds here if the line break ahead is the last character, and nothing more is asked then."""
        goals = {goal for node in reached for kind, goal in self.graph.passes[node] if kind == LAST}
        if not goals:
            return False
        behind = self._reached(frozenset(goals), before, _BREAK)
        behind_too = {goal for node in behind for kind, goal in self.graph.passes[node] if kind == LAST}
        behind |= behind_too
        if any(self.graph.takes[node] for node in behind):
            raise TooLarge
        return self.graph.accept in behind
