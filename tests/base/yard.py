"""Databases of their own and real worker processes in them, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("BASTIDE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
NAME = f"bastide_yard_{os.getpid()}"
SHIFT = "tests.base.jobs.shift"


class Yard:
    """A database of its own, a log of what ran, and the workers in it."""

    def __init__(self, home: Path, database: str, program: str = SHIFT) -> None:
        self.program = program
        self.log = home / "log"
        self.log.touch()
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.base.jobs.ground",
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "BASTIDE_HOME": str(home),
            "DATABASE_URL": database,
            "SHIFT_LOG": str(self.log),
        }
        self.workers: list[subprocess.Popen[bytes]] = []

    def call(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", self.program, *words], env=self.env, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def hire(self, *words: str) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen([sys.executable, "-m", self.program, "work", *words], env=self.env, cwd=ROOT)
        self.workers.append(worker)
        return worker

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Straight from the database."""
        if self.env["DATABASE_URL"]:
            with psycopg.connect(self.env["DATABASE_URL"]) as database:
                return database.execute(query).fetchall()
        with closing(sqlite3.connect(f"{self.env['BASTIDE_HOME']}/bastide.sqlite3", timeout=30)) as file:
            return file.execute(query).fetchall()

    def wait(self, until: Callable[[], bool], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, f"waited {seconds} s in vain; log: {self.log.read_text()}"
            time.sleep(0.05)

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.terminate()
                worker.wait(20)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with its tables, made once and copied for each test."""
    home = tmp_path_factory.mktemp("tables")
    Yard(home, "").call("prepare")
    return home / "bastide.sqlite3"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL server with a database that has its tables, made once and copied for each test."""
    try:
        connection = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {SERVER}: {error}")
    with connection:
        connection.execute(f"drop database if exists {NAME} with (force)")
        connection.execute(f"create database {NAME}")
        Yard(tmp_path_factory.mktemp("server"), _address(NAME)).call("prepare")
        yield connection
        connection.execute(f"drop database {NAME} with (force)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def yard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Yard]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("tables"), tmp_path)
        made = Yard(tmp_path, "")
        yield made
        made.close()
        return
    server, copy = request.getfixturevalue("server"), f"{NAME}_copy"
    server.execute(f"drop database if exists {copy} with (force)")
    server.execute(f"create database {copy} template {NAME}")
    made = Yard(tmp_path, _address(copy))
    yield made
    made.close()
    server.execute(f"drop database {copy} with (force)")


def _address(database: str) -> str:
    return f"{SERVER.rsplit('/', 1)[0]}/{database}"
