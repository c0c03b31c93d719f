"""Writing many new rows of one table fast: COPY on PostgreSQL, one prepared statement on SQLite. Constraints hold.

For models whose fields are texts, numbers, times and JSON, complete with their defaults; nothing is computed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, models, transaction

Fit = Callable[[Any], Any] | None


def pour(things: Sequence[models.Model], *, keys: bool = False) -> None:
    """Insert things of one model. With `keys` each gets its primary key; without, the database keeps them to itself."""
    if not things:
        return
    model = type(things[0])
    fields = [field for field in model._meta.concrete_fields if keys or not field.primary_key]
    with transaction.atomic():
        if keys:
            for thing, key in zip(things, _keys(model, len(things)), strict=True):
                thing.pk = key
        columns = ", ".join(f'"{field.column}"' for field in fields)
        fits = [(field.attname, _fit(field)) for field in fields]
        lines = [
            tuple(values[name] if fit is None else fit(values[name]) for name, fit in fits)
            for values in (thing.__dict__ for thing in things)
        ]
        _write(f'"{model._meta.db_table}"', columns, lines)
    for thing in things:
        thing._state.adding, thing._state.db = False, "default"


def _keys(model: type[models.Model], count: int) -> list[int]:
    """So many primary keys nobody has or gets. Call it inside the transaction that uses them."""
    table, column = model._meta.db_table, str(model._meta.pk.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [f'"{table}"', column, count],
            )
            return [key for (key,) in cursor.fetchall()]
        # Nobody else writes meanwhile: SQLite knows one writer, and what is written raises the sequence.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
        return list(range(last + 1, last + 1 + count))


def _write(table: str, columns: str, lines: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for line in lines:
                    copy.write_row(line)
            return
        places = ", ".join(["%s"] * len(lines[0]))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", lines)  # noqa: S608 – names out of models


def _fit(field: models.Field[Any, Any]) -> Fit:
    """How a value is written; None: as it is."""
    if isinstance(field, models.JSONField):
        return json.dumps
    if connection.vendor == "sqlite" and isinstance(field, models.DateTimeField):
        return _moment
    if connection.vendor == "sqlite" and isinstance(field, models.DateField):
        return _day
    return None


def _moment(value: datetime | None) -> str | None:
    """As Django writes moments on SQLite: in UTC, without saying so."""
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
