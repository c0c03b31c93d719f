"""Several offices issuing at once: every number is given once, and what was undone leaves a gap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.base.yard import SERVER, Yard

OFFICES, EACH = 3, 3
PROGRAM = "tests.base.papers.office"

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("chinese")]


def office(home: Path, database: str) -> Yard:
    made = Yard(home, database, PROGRAM)
    made.env["DJANGO_SETTINGS_MODULE"] = "tests.base.papers.ground"
    return made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def yard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Yard]:
    if request.param == "sqlite":
        made = office(tmp_path, "")
        made.call("prepare")
        yield made
        made.close()
        return
    name = "bastide_papers_at_once"
    try:
        server: psycopg.Connection[Any] = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {SERVER}: {error}")
    with server:
        server.execute(f"drop database if exists {name} with (force)")
        server.execute(f"create database {name}")
        made = office(tmp_path, f"{SERVER.rsplit('/', 1)[0]}/{name}")
        made.call("prepare")
        yield made
        made.close()
        server.execute(f"drop database {name} with (force)")


class TestAtOnce:
    def test_no_number_is_given_twice(self, yard: Yard) -> None:
        workers = [yard.hire(str(EACH)) for _ in range(OFFICES)]
        assert [worker.wait(120) for worker in workers] == [0] * OFFICES
        numbers = sorted(number for _word, number in yard.lines())
        assert len(numbers) == len(set(numbers)) == OFFICES * EACH
        assert numbers == [f"RO-2026-{n:06d}" for n in range(1, OFFICES * EACH + 1)]
        kept = sorted(row[0] for row in yard.rows("select number from papers_document"))
        assert kept == sorted(number for word, number in yard.lines() if word == "issued")
        assert len(kept) == OFFICES * EACH * 2 // 3
