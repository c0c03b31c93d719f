"""Triggers of the database that refuse to change or delete rows of the trail, whoever asks."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

# Custody belongs to the vault; its rows are as little to be changed as those of the trail.
TABLES = ("trail_entry", "trail_seal", "trail_leaf", "trail_stamp", "vault_custody")
WORDS = "the trail is append-only"


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers; those that are there are made anew."""
    take_down(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'restrict_violation'; END $$"
            )
        for table in _there(connection):
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse()"
                )
            else:
                for verb in ("update", "delete"):
                    cursor.execute(
                        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
                    )


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers: only for the way back of a migration, and for tests that empty their tables."""
    with connection.cursor() as cursor:
        for table in _there(connection):
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_kept ON {table}")
            else:
                for verb in ("update", "delete"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


def _there(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables that exist: a migration that put the guards up may be older than a table."""
    known = set(connection.introspection.table_names())
    return [table for table in TABLES if table in known]
