"""Counting units as they change: triggers of the database keep `UnitTally`, whoever writes and by whichever way."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count

from bastide.registry.models import NetworkUnit, UnitTally

UNITS, TALLY = "registry_networkunit", "registry_unittally"
COLUMNS = ("operator_id", "area", "state", "grade", "is_cii")
_KEY = ", ".join(COLUMNS)
Counts = dict[tuple[Any, ...], int]


def _more(row: str) -> str:
    values = ", ".join(f"{row}.{column}" for column in COLUMNS)
    return (
        f"INSERT INTO {TALLY} ({_KEY}, n) VALUES ({values}, 1) "  # noqa: S608 – names of our own
        f"ON CONFLICT ({_KEY}) DO UPDATE SET n = {TALLY}.n + 1;"
    )


def _fewer(row: str) -> str:
    same = " AND ".join(f"{column} = {row}.{column}" for column in COLUMNS)
    return f"UPDATE {TALLY} SET n = n - 1 WHERE {same};"  # noqa: S608 – names of our own


EVENTS = {"insert": _more("NEW"), "delete": _fewer("OLD"), "update": _fewer("OLD") + _more("NEW")}


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers anew. Called after every migration: SQLite loses them when it rebuilds the table of units."""
    take_down(connection)
    with connection.cursor() as cursor:
        for event, acts in EVENTS.items():
            name, which = f"{UNITS}_counted_{event}", f" OF {_KEY}" if event == "update" else ""
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                    f"$$ BEGIN {acts} RETURN NULL; END $$"
                )
                cursor.execute(
                    f"CREATE TRIGGER {name} AFTER {event}{which} ON {UNITS} FOR EACH ROW EXECUTE FUNCTION {name}()"
                )
            else:
                cursor.execute(f"CREATE TRIGGER {name} AFTER {event}{which} ON {UNITS} BEGIN {acts} END")


def take_down(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for event in EVENTS:
            place = f" ON {UNITS}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {UNITS}_counted_{event}{place}")


def recounted() -> Counts:
    """What the units themselves say."""
    rows = NetworkUnit.objects.order_by().values_list(*COLUMNS).annotate(number=Count("pk"))
    return {tuple(key): number for *key, number in rows}


def kept() -> Counts:
    """What is kept; what fell to none counts as nothing."""
    return {tuple(key): n for *key, n in UnitTally.objects.exclude(n=0).values_list(*COLUMNS, "n")}


def differences() -> list[tuple[tuple[Any, ...], int, int]]:
    """Where the kept counts and a recount differ: (units, kept, recounted). None, unless triggers were missing."""
    with transaction.atomic():
        held, true = kept(), recounted()
    keys = sorted(held.keys() | true.keys())
    return [(key, held.get(key, 0), true.get(key, 0)) for key in keys if held.get(key, 0) != true.get(key, 0)]


def count_anew() -> None:
    """Replace the kept counts by a recount."""
    with transaction.atomic():
        UnitTally.objects.all().delete()
        UnitTally.objects.bulk_create(
            [UnitTally(**dict(zip(COLUMNS, key, strict=True)), n=n) for key, n in recounted().items()], batch_size=1000
        )
