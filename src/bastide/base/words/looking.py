"""Asking an index which rows some words may stand in."""

from __future__ import annotations

from django.db import connection
from django.db.models import Model

from bastide.base.words import pairs
from bastide.base.words.keeping import Index, of_table

# More rows than these are read through faster than looked up one by one: the words are then in every few rows.
MANY = 2000


def keys(model: type[Model], words: str) -> list[int] | None:
    """Keys of all rows that have every pair of letters of the words; they need not be in anyone's sight.

    None where the index cannot tell: no index is kept, the words are a single letter, or they stand in very many rows.
    The caller asks again whether a row holds the words as they are, and bounds the rows by its reader's sight.
    """
    one, wanted = of_table(model._meta.db_table), pairs.of(words)
    if one is None or not wanted:
        return None
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_asked_of_postgresql(one), [sorted(wanted)])
        else:
            cursor.execute(_asked_of_sqlite(one), [pairs.coded(words)])
        found = [key for (key,) in cursor.fetchall()]
    return None if len(found) > MANY else found


def _asked_of_postgresql(one: Index) -> str:
    return f"SELECT id FROM {one.table} WHERE {pairs.FUNCTION}({one.text()}) @> %s::text[] LIMIT {MANY + 1}"  # noqa: S608


def _asked_of_sqlite(one: Index) -> str:
    return f"SELECT rowid FROM {one.name} WHERE {one.name} MATCH %s LIMIT {MANY + 1}"  # noqa: S608
