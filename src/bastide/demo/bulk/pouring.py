"""Writing many rows of one table fast: COPY on PostgreSQL, prepared inserts on SQLite. Constraints hold as always."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Max

Say = Callable[[str], None]
# What one maker yields: column → value. All rows of one table name the same columns.
Row = dict[str, Any]
CHUNK = 20_000
QUIET = 10.0  # seconds between two lines of progress


def next_id(model: type[models.Model]) -> int:
    """The first primary key nobody has."""
    return int(model._default_manager.aggregate(most=Max("pk"))["most"] or 0) + 1


def pour(model: type[models.Model], rows: Iterable[Row], *, total: int, say: Say) -> int:
    """Write the rows; columns they do not name get the model's defaults. Returns how many there were."""
    flow = iter(rows)
    first = next(flow, None)
    if first is None:
        return 0
    named = list(first)
    spare = [f for f in model._meta.concrete_fields if f.attname not in first and not f.primary_key]
    rest = tuple(_usual(field) for field in spare)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    fits = [_fit(fields[name]) for name in named]
    columns = [fields[name].column for name in named] + [field.column for field in spare]
    began = told = time.monotonic()
    done, name = 0, model._meta.label_lower
    lines = _lines([first], fits, rest), _lines(flow, fits, rest)
    for some in lines:
        while chunk := list(islice(some, CHUNK)):
            _write(model._meta.db_table, columns, chunk)
            done += len(chunk)
            if time.monotonic() - told > QUIET:
                told = time.monotonic()
                say(f"    {name}: {done:,} of {total:,}")
    took = max(time.monotonic() - began, 0.001)
    say(f"  {name}: {done:,} in {took:.1f} s ({done / took:,.0f} a second)")
    _count_on(model)
    return done


def _lines(rows: Iterable[Row], fits: list[Callable[[Any], Any] | None], rest: tuple[Any, ...]) -> Iterator[tuple[Any]]:
    for row in rows:
        values = row.values()
        yield (*(v if fit is None else fit(v) for v, fit in zip(values, fits, strict=True)), *rest)


def _usual(field: models.Field[Any, Any]) -> Any:
    fit = _fit(field)
    value = field.get_default()
    return value if fit is None else fit(value)


def _fit(field: Any) -> Callable[[Any], Any] | None:
    """How a value of a field is written; None: as it is."""
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False)
    if isinstance(field, models.DateTimeField) and connection.vendor == "sqlite":
        return _moment
    return None


def _moment(value: datetime | None) -> str | None:
    """As Django writes moments on SQLite: in UTC, without saying so."""
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))


def _write(table: str, columns: list[str | None], chunk: list[Any]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:  # type: ignore[attr-defined]
                for line in chunk:
                    copy.write_row(line)
            return
        places = ", ".join(["%s"] * len(columns))
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', chunk)  # noqa: S608 – names out of models


def _count_on(model: type[models.Model]) -> None:
    """Let the database number on after the keys that were written."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
