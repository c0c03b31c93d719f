"""The indexes themselves: in PostgreSQL a GIN index of an expression, in SQLite a table of FTS5 kept by triggers.

Both are kept by the database, whoever writes and by whichever way. They are looked at after every migration and made
anew where they are missing or were made otherwise: SQLite loses triggers when a migration rebuilds their table.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.models.signals import post_migrate

from bastide.base.words import pairs


@dataclass(frozen=True)
class Index:
    """Which columns of a table are indexed together."""

    table: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """Also the name of the FTS5 table."""
        return f"{self.table}_words"

    def text(self, row: str = "") -> str:
        """The expression of the indexed text."""
        return " || ' ' || ".join(f"{row}{column}" for column in self.columns)

    @cached_property
    def parts(self) -> dict[str, str]:
        """What it consists of in SQLite: name → how it is made."""
        changed = f"UPDATE OF id, {', '.join(self.columns)}"
        return {
            self.name: f"CREATE VIRTUAL TABLE {self.name} USING fts5(pairs, content='', detail=none)",
            **self._trigger("entered", "INSERT", self._enter),
            **self._trigger("left", "DELETE", self._leave),
            **self._trigger("changed", changed, f"{self._leave} {self._enter}"),
        }

    def _trigger(self, name: str, event: str, acts: str) -> dict[str, str]:
        name = f"{self.name}_{name}"
        return {name: f"CREATE TRIGGER {name} AFTER {event} ON {self.table} BEGIN {acts} END"}

    @property
    def _enter(self) -> str:
        pairs_of_new = f"{pairs.FUNCTION}({self.text('NEW.')})"
        return f"INSERT INTO {self.name}(rowid, pairs) VALUES (NEW.id, {pairs_of_new});"  # noqa: S608 – our own names

    @property
    def _leave(self) -> str:
        gone = f"VALUES ('delete', OLD.id, {pairs.FUNCTION}({self.text('OLD.')}))"
        return f"INSERT INTO {self.name}({self.name}, rowid, pairs) {gone};"

    @property
    def fingerprinted(self) -> str:
        """Its name in PostgreSQL, which tells how it was made."""
        return f"{self.name}_{zlib.crc32((self.text() + pairs.POSTGRESQL).encode()):08x}"


_indexed: dict[str, Index] = {}


def index(model: type[Model], *columns: str) -> None:
    """Keep an index of the words in these columns, which hold text and are never NULL."""
    one = Index(model._meta.db_table, columns)
    _indexed[one.table] = one

    def keep(*, using: str, **_given: object) -> None:
        put_up(connections[using], one)

    owner = apps.get_app_config(model._meta.app_label)
    post_migrate.connect(keep, sender=owner, weak=False, dispatch_uid=f"words.{one.table}")


def of_table(table: str) -> Index | None:
    return _indexed.get(table)


def put_up(database: BaseDatabaseWrapper, one: Index) -> None:
    """Make the index where it is missing or differs; nothing where the table is not (yet) as it will be."""
    with database.cursor() as cursor:
        if one.table not in database.introspection.table_names(cursor):
            return
        cursor.execute(f"SELECT * FROM {one.table} LIMIT 0")  # noqa: S608 – names of our own
        there = {column[0] for column in cursor.description}
    if set(one.columns) <= there:
        _in_postgresql(database, one) if database.vendor == "postgresql" else _in_sqlite(database, one)


def _in_sqlite(database: BaseDatabaseWrapper, one: Index) -> None:
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE %s", [f"{one.name}%"])
        found = {name: sql for name, sql in cursor if name in one.parts}
        if found == one.parts:
            return
        for name in found:
            cursor.execute(f"DROP {'TABLE' if name == one.name else 'TRIGGER'} {name}")
        for made in one.parts.values():
            cursor.execute(made)
        rows = f"SELECT id, {pairs.FUNCTION}({one.text()}) FROM {one.table}"  # noqa: S608 – names of our own
        cursor.execute(f"INSERT INTO {one.name}(rowid, pairs) {rows}")


def _in_postgresql(database: BaseDatabaseWrapper, one: Index) -> None:
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexname LIKE %s", [
            one.table, f"{one.name}\\_%",
        ])  # fmt: skip
        found = {name for (name,) in cursor}
        if found == {one.fingerprinted}:
            return
        for name in found:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(pairs.POSTGRESQL)
        cursor.execute(f"CREATE INDEX {one.fingerprinted} ON {one.table} USING gin ({pairs.FUNCTION}({one.text()}))")
