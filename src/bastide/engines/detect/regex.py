"""Regular expressions of rules in RE2 (linear time): what is rewritten so that answers agree, what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import re2


class Unsupported(ValueError):
    """The expression needs an engine that can be made to run for ever."""


_SPACE: Final = r"\t-\r\x1c-\x20\x85\p{Z}"
_NOT_SPACE: Final = (
    r"\x00-\x08\x0e-\x1b\x21-\x84\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}"
    r"\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"
)
_WORD: Final = r"\p{L}\p{N}_"
_NOT_WORD: Final = (
    r"\p{M}\p{S}\p{Z}\p{C}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}"
    r"\x{203f}-\x{2040}\x{2054}\x{fe33}-\x{fe34}\x{fe4d}-\x{fe4f}\x{ff3f}"
)
_OUTSIDE: Final = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "w": f"[{_WORD}]",
    "W": f"[^{_WORD}]",
    "s": f"[{_SPACE}]",
    "S": f"[^{_SPACE}]",
    "Z": r"\z",
}
_INSIDE: Final = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "w": _WORD,
    "W": _NOT_WORD,
    "s": _SPACE,
    "S": _NOT_SPACE,
    "b": r"\x08",
}
_GROUP: Final = re.compile(r"\(\?(?:P<\w+>|<\w+>|[ims]*:|[imsu]+\))")
_REFUSED: Final = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<=": "look-behind",
    "(?<!": "look-behind",
    "(?P=": "a back-reference",
    "(?(": "a conditional group",
    "(?>": "an atomic group",
    "(?#": "a comment",
}
_REPEAT: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")


@lru_cache(maxsize=4096)
def searcher(pattern: str, flags: str) -> Callable[[str], object]:
    """A function that searches a text, unanchored; Unsupported where RE2 cannot."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = 1 << 25
    try:
        return re2.compile(_prefix(flags) + rewrite(pattern, flags), options).search
    except re2.error as problem:
        words = problem.args[0] if problem.args else ""
        reason = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise Unsupported(f"regular expression {pattern!r}: {reason}") from problem


def rewrite(pattern: str, flags: str = "") -> str:
    r"""The pattern in RE2's words: \w \d \s by Unicode, $ also before a last line break, {,n} as {0,n}."""
    lines = "m" in flags or bool(re.match(r"\(\?[a-z]*m", pattern))
    out: list[str] = []
    at = 0
    while at < len(pattern):
        piece, at = _piece(pattern, at, lines)
        out.append(piece)
    return "".join(out)


def _prefix(flags: str) -> str:
    return f"(?{flags})" if flags else ""


def _piece(pattern: str, at: int, lines: bool) -> tuple[str, int]:
    char = pattern[at]
    if char == "\\":
        return _escape(pattern, at, _OUTSIDE)
    if char == "[":
        return _class(pattern, at)
    if char == "$" and not lines:
        return r"(?:\n?\z)", at + 1
    if char == "{" and (repeat := _REPEAT.match(pattern, at)) and repeat[2] and not repeat[1] and repeat[3]:
        return f"{{0,{repeat[3]}}}", repeat.end()
    if pattern.startswith("(?", at):
        return _group(pattern, at)
    return char, at + 1


def _group(pattern: str, at: int) -> tuple[str, int]:
    if found := _GROUP.match(pattern, at):
        return found[0].replace("u", "") if found[0] != "(?u)" else "", found.end()
    for opening, name in _REFUSED.items():
        if pattern.startswith(opening, at):
            raise Unsupported(f"regular expression {pattern!r} needs {name}, which cannot be searched in linear time")
    raise Unsupported(f"regular expression {pattern!r}: unknown group at character {at + 1}")


def _escape(pattern: str, at: int, table: dict[str, str]) -> tuple[str, int]:
    if at + 1 >= len(pattern):
        raise Unsupported(f"regular expression {pattern!r} ends in a lone backslash")
    char = pattern[at + 1]
    if char in table:
        return table[char], at + 2
    if char in "123456789":
        raise Unsupported(
            f"regular expression {pattern!r} needs a back-reference, which cannot be searched in linear time"
        )
    if char in "uU":
        end = at + (6 if char == "u" else 10)
        return f"\\x{{{pattern[at + 2 : end]}}}", end
    if char == "_" or not char.isascii():
        return char, at + 2
    return "\\" + char, at + 2


def _class(pattern: str, at: int) -> tuple[str, int]:
    out = ["["]
    at += 1
    if pattern.startswith("^", at):
        out.append("^")
        at += 1
    first = True
    while at < len(pattern) and (first or pattern[at] != "]"):
        char = pattern[at]
        if char == "\\":
            piece, at = _escape(pattern, at, _INSIDE)
        else:
            piece, at = ("\\" + char if char in "[]" else char), at + 1
        out.append(piece)
        first = False
    if at >= len(pattern):
        raise Unsupported(f"regular expression {pattern!r}: a bracket is not closed")
    return "".join([*out, "]"]), at + 1


def literals(pattern: str, flags: str = "") -> tuple[str, ...] | None:
    """Lower-case texts of which one must be in the lower-cased text wherever the pattern is found; None: none known."""
    if re.search(r"\(\?[a-zA-Z]*x", pattern):
        return None
    caseless = "i" in flags or bool(re.search(r"\(\?[a-z]*i", pattern))
    found, at = _Miner(pattern, caseless).alternatives(0)
    return found if at == len(pattern) and found and min(map(len, found)) >= 1 else None


def musts(pattern: str, flags: str = "") -> tuple[str, ...]:
    """Lower-case texts that are all in the lower-cased text wherever the pattern is found; as many as are known."""
    if re.search(r"\(\?[a-zA-Z]*x", pattern):
        return ()
    miner = _Miner(pattern, "i" in flags or bool(re.search(r"\(\?[a-z]*i", pattern)))
    known, at = miner.parts(0)
    if at < len(pattern):  # alternatives at the top: none of them is a must
        return ()
    single = [texts[0] for texts in known if len(texts) == 1]
    return tuple(dict.fromkeys(text for text in single if len(text) > 1 or (text and not text.isalnum())))


class _Miner:
    """Reads a pattern for the longest texts no match can do without. In doubt it knows nothing."""

    def __init__(self, pattern: str, caseless: bool) -> None:
        self.pattern = pattern
        self.caseless = caseless

    def alternatives(self, at: int) -> tuple[tuple[str, ...] | None, int]:
        found: list[tuple[str, ...] | None] = []
        while True:
            best, at = self.sequence(at)
            found.append(best)
            if not self.pattern.startswith("|", at):
                break
            at += 1
        known = [texts for texts in found if texts]
        return (tuple(text for texts in known for text in texts) if len(known) == len(found) else None), at

    def sequence(self, at: int) -> tuple[tuple[str, ...] | None, int]:
        known, at = self.parts(at)
        best = max(known, key=lambda texts: (min(map(len, texts)), -len(texts)))
        return (best if min(map(len, best)) >= 1 else None), at

    def parts(self, at: int) -> tuple[list[tuple[str, ...]], int]:
        """Per part of a sequence the texts of which one must be there."""
        known: list[tuple[str, ...]] = []
        run = ""
        while at < len(self.pattern) and self.pattern[at] not in "|)":
            char, inner, at = self.atom(at)
            least, most, at = self.quantifier(at)
            if char and least == most == 1:
                run += char
                continue
            if char and least >= 1:
                run += char
            if inner and least >= 1:
                known.append(inner)
            known.append((run,))
            run = ""
        known.append((run,))
        return known, at

    def atom(self, at: int) -> tuple[str, tuple[str, ...] | None, int]:
        pattern, char = self.pattern, self.pattern[at]
        if char == "(":
            opening = _GROUP.match(pattern, at)
            if opening and opening[0].endswith(")"):
                return "", None, opening.end()
            inner, end = self.alternatives(opening.end() if opening else at + 1)
            return "", inner, end + 1
        if char == "[":
            return "", None, _class(pattern, at)[1]
        if char == "\\":
            escaped = pattern[at + 1 : at + 2]
            if escaped.isalnum():
                return "", None, _escape(pattern, at, _OUTSIDE)[1] + (2 if escaped == "x" else 0)
            return self.literal(escaped), None, at + 2
        return ("" if char in ".^$" else self.literal(char)), None, at + 1

    def literal(self, char: str) -> str:
        """The lower-case character; nothing where case folding reaches beyond ASCII (long s, Kelvin sign)."""
        return "" if not char.isascii() or (self.caseless and char in "sSkK") else char.lower()

    def quantifier(self, at: int) -> tuple[int, int, int]:
        least, most = 1, 1
        while at < len(self.pattern):
            char = self.pattern[at]
            if char in "*+?":
                least, most, at = (least if char == "+" else 0), 9, at + 1
            elif char == "{" and (repeat := _REPEAT.match(self.pattern, at)) and (repeat[1] or repeat[3]):
                least, most, at = min(least, int(repeat[1] or 0)), 9, repeat.end()
            else:
                break
        return least, most, at
