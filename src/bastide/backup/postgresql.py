"""PostgreSQL's own programs, run against our database."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django.db import connection

# Everything of ours in the schema; what extensions brought stays.
EMPTY = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one.tablename);
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name);
  END LOOP;
END $$;
"""


def load(dump: Path, trouble: type[Exception]) -> None:
    """Fill an empty database, all or nothing in one transaction."""
    name = str(connection.settings_dict["NAME"])
    words = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", f"--dbname={name}"]
    run([*words, str(dump)], trouble)


def put_in_place(dump: Path, trouble: type[Exception]) -> None:
    """Take the place of what the database holds, all or nothing in one transaction."""
    script = dump.with_suffix(".sql")
    run(["pg_restore", "--no-owner", f"--file={script}", str(dump)], trouble)
    once = ["psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    run([*once, f"--command={EMPTY}", f"--file={script}"], trouble)


def run(words: list[str], trouble: type[Exception]) -> None:
    """Run one of the programs; the password goes by the environment."""
    told = connection.settings_dict
    environment = {
        **os.environ, "PGHOST": str(told["HOST"]), "PGPORT": str(told["PORT"]), "PGUSER": str(told["USER"]),
        "PGPASSWORD": str(told["PASSWORD"]), "PGDATABASE": str(told["NAME"]),
    }  # fmt: skip
    try:
        subprocess.run(words, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise trouble(f"{words[0]} is not installed: install PostgreSQL's client programs.") from error
    except subprocess.CalledProcessError as error:
        raise trouble(f"{words[0]} failed: {error.stderr.strip()}") from error
