"""Installations in which the demonstration story was played, one on SQLite and one on PostgreSQL; played once for the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("BASTIDE_TEST_POSTGRES", "postgresql://bastide_test:bastide_test@127.0.0.1:5432/postgres")
EVERYTHING = os.environ.get("BASTIDE_TEST_ALL") == "1"


@dataclass(frozen=True)
class Installation:
    """A data folder, a database ("" is SQLite), and processes in them."""

    home: Path
    database: str = ""

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A Python program of this repository."""
        environment = {
            **os.environ, "BASTIDE_HOME": str(self.home), "DATABASE_URL": self.database, "BASTIDE_DEMO": "1",
            "PYTHONPATH": str(ROOT / "src"),
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, check=False, cwd=ROOT
        )

    def played(self) -> dict[str, Any]:
        """Play the story, unless it was, and read what it left behind."""
        done = self.run(str(Path(__file__).with_name("play_story.py")))
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def story(sqlite: Installation) -> dict[str, Any]:
    return sqlite.played()


@pytest.fixture(scope="session")
def server() -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(SERVER, autocommit=True)
    except psycopg.OperationalError as error:
        if EVERYTHING:
            raise
        pytest.skip(f"no PostgreSQL at BASTIDE_TEST_POSTGRES: {error}")
    with closing(connection):
        yield connection


@pytest.fixture(scope="session")
def on_postgres(server: psycopg.Connection[Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with database(server) as address:
        yield Installation(tmp_path_factory.mktemp("postgres"), address)


@pytest.fixture(scope="session")
def postgres_story(on_postgres: Installation) -> dict[str, Any]:
    return on_postgres.played()


@contextmanager
def database(server: psycopg.Connection[Any]) -> Iterator[str]:
    """The address of an empty database that is dropped afterwards."""
    name = f"bastide_story_{uuid.uuid4().hex[:8]}"
    server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{SERVER.rsplit('/', 1)[0]}/{name}"
    finally:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
