"""Pairs of neighbouring letters: Chinese has no spaces between words, and two letters are its shortest usual word.

A text is indexed by its set of pairs. A row can hold some words only if it has all pairs of theirs; whether it does
hold them is then asked of the few rows left. The same idea as PostgreSQL's pg_trgm, which three letters are too many
for, as they are for the trigrams of SQLite's FTS5.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

FUNCTION = "bastide_pairs"
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(lower(words), n, 2)), '{{}}') FROM generate_series(1, length(words) - 1) n
$$
"""  # noqa: S608 – names of our own


def of(text: str) -> set[str]:
    """The pairs of a text, in small letters; none across white space.

    >>> sorted(of("云平台 A1"))
    ['a1', '云平', '平台']
    """
    text = text.lower()
    return {text[place : place + 2] for place in range(len(text) - 1) if not set(text[place : place + 2]) & set(" \n")}


def coded(text: str) -> str:
    """The pairs as words that no tokenizer takes apart: in hexadecimal, in order."""
    return " ".join(sorted(pair.encode("utf-16-be", "surrogatepass").hex() for pair in of(text)))


def teach(*, connection: BaseDatabaseWrapper, **_given: Any) -> None:
    """Give a new connection to SQLite the function that its triggers call; PostgreSQL keeps its own."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 1, coded, deterministic=True)
