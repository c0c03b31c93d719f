"""Real processes that write and seal at once give one chain that misses nothing, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.base.yard import ROOT, Yard, server, tables, yard  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow
KEPT = 3 * (42 - 42 // 7)  # three writers, every seventh entry rolled back


def test_two_sealers_beside_three_writers_give_one_chain(yard: Yard) -> None:  # noqa: F811
    yard.program = "tests.base.trail.sealers"
    writers = [
        subprocess.Popen([sys.executable, "-m", yard.program, "enter", "42"], env=yard.env, cwd=ROOT) for _ in range(3)
    ]
    yard.workers += writers
    sealers = [yard.hire(str(KEPT)) for _ in range(2)]
    assert [process.wait(120) for process in (*writers, *sealers)] == [0] * 5
    found = json.loads(yard.call("verify"))
    assert found["faults"] == []
    assert found["entries"] == [KEPT, KEPT]
    assert found["seals"][0] == found["seals"][1] > 1
    assert found["mark"][0] == found["mark"][1] != ""
    assert yard.rows("select min(sequence), max(sequence), count(*) from trail_leaf") == [(1, KEPT, KEPT)]


@pytest.mark.parametrize(
    "act", ["update trail_entry set note = 'x'", "delete from trail_entry", "delete from trail_seal"]
)
def test_the_database_refuses(act: str, yard: Yard) -> None:  # noqa: F811
    yard.program = "tests.base.trail.sealers"
    yard.call("enter", "3")
    yard.call("work", "3")
    with pytest.raises(Exception, match="append-only"):
        yard.rows(act)
    assert yard.rows("select count(*) from trail_entry") == [(3,)]


def test_postgresql_refuses_to_empty_the_table(yard: Yard) -> None:  # noqa: F811
    if not yard.env["DATABASE_URL"]:
        pytest.skip("SQLite knows no TRUNCATE")
    with pytest.raises(Exception, match="append-only"):
        yard.rows("truncate trail_entry cascade")
