"""How clauses are told apart and put in order: by the article's own numbering. Plain values only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
_PARTS = re.compile(r"\d+|[^\d\s().\-–]+")


def article_order(article: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts "4" before "4(1)" before "4(2)" before "10"; words after numbers."""
    found: list[tuple[int, int, str]] = []
    for part in _PARTS.findall(article):
        found.append((0, int(part), "") if part.isdigit() else (1, 0, part))
    return tuple(found)


def head_of(article: str) -> str:
    """The article a part belongs to: "4" for "4(1)", "8.2" for "8.2(a)"."""
    return article.partition("(")[0].strip() or article


def tree(things: Iterable[tuple[str, T]]) -> list[tuple[str, list[T]]]:
    """(article, thing) pairs → articles in order, each with its parts in order."""
    groups: dict[str, list[tuple[str, T]]] = {}
    for article, thing in sorted(things, key=lambda pair: article_order(pair[0])):
        groups.setdefault(head_of(article), []).append((article, thing))
    return [(head, [thing for _article, thing in parts]) for head, parts in groups.items()]
