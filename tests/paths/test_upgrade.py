"""An upgrade keeps what the version before wrote; one that fails or is killed leaves nothing of itself behind."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import zstandard

from tests.paths.conftest import ROOT, Installation, database

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
EARLIER: dict[str, Any] = json.loads((HERE / "earlier.json").read_text())
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def earlier(tmp_path: Path) -> Installation:
    """What the version before left behind, as its own commands wrote it (tools/keep_version.py)."""
    home = tmp_path / "home"
    with (
        open(HERE / "earlier.tar.zst", "rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as plain,
        tarfile.open(fileobj=plain, mode="r|") as archive,
    ):
        archive.extractall(home, filter="data")
    with closing(sqlite3.connect(home / "bastide.sqlite3")) as connection:
        connection.executescript((home / "bastide.sql").read_text())
    (home / "bastide.sql").unlink()
    return Installation(home)


def bastide(there: Installation, *words: object, ending: str = "") -> Done:
    """A command of this version, or of the later one whose migration ends so."""
    environment = {
        **os.environ, "BASTIDE_HOME": str(there.home), "DATABASE_URL": there.database, "BASTIDE_DEMO": "0",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "BASTIDE_TEST_ENDING": ending, "BASTIDE_PORT": "8179",
        "DJANGO_SETTINGS_MODULE": "tests.paths.later.settings" if ending else "bastide.settings",
    }  # fmt: skip
    words = ("-m", "bastide.cli", *words)
    return subprocess.run(
        [sys.executable, *map(str, words)], env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )


def rows(there: Installation) -> dict[str, int]:
    with closing(sqlite3.connect(there.home / "bastide.sqlite3")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in EARLIER["rows"]
            if name in tables
        }


def dump(there: Installation) -> list[str]:
    with closing(sqlite3.connect(there.home / "bastide.sqlite3")) as connection:
        return list(connection.iterdump())


class TestFromTheVersionBefore:
    def test_all_is_kept_and_proven_and_the_pages_open(self, earlier: Installation) -> None:
        assert rows(earlier) == EARLIER["rows"]
        done = bastide(earlier, "upgrade")
        assert done.returncode == 0, done.stderr
        after = rows(earlier)
        grown = {"trail_entry", "norms_packload", "trail_fact", "trail_hearing"}  # what an upgrade itself records
        shrunk = {
            name: (count, after.get(name)) for name, count in EARLIER["rows"].items() if after.get(name, 0) < count
        }
        assert shrunk == {}
        changed = {name for name, count in EARLIER["rows"].items() if after[name] != count}
        assert {name for name in changed if not name.startswith("norms_")} <= grown

        verified = bastide(earlier, "trail", "verify")
        assert verified.returncode == 0, verified.stdout
        opened = earlier.run(str(HERE / "open_pages.py"))
        assert opened.returncode == 0, opened.stderr[-3000:]
        pages = json.loads(opened.stdout.splitlines()[-1])
        assert len(pages) > 15
        assert {path: status for path, status in pages.items() if status != 200} == {}

    def test_the_backup_made_before_is_whole(self, earlier: Installation, tmp_path: Path) -> None:
        assert bastide(earlier, "upgrade", "--backup", tmp_path / "kept").returncode == 0
        assert bastide(earlier, "backup", "--check", tmp_path / "kept").returncode == 0
        there = Installation(tmp_path / "there")
        assert bastide(there, "restore", tmp_path / "kept").returncode == 0
        assert rows(there) == EARLIER["rows"]


class TestToALaterVersion:
    def test_what_is_not_migrated_does_not_serve(self, earlier: Installation) -> None:
        assert bastide(earlier, "upgrade").returncode == 0
        for command in ("serve", "up", "work", "init"):
            words = ("--name-zh", "测试部", "--password", "correct-horse-77") if command == "init" else ()
            done = bastide(earlier, command, *words, ending="well")
            assert (done.returncode, "Run `bastide upgrade`" in done.stderr) == (1, True), (command, done.stderr)

    def test_it_migrates_and_says_so_in_the_trail(self, earlier: Installation) -> None:
        done = bastide(earlier, "upgrade", ending="well")
        assert done.returncode == 0, done.stderr
        with closing(sqlite3.connect(earlier.home / "bastide.sqlite3")) as connection:
            query = "SELECT changes FROM trail_entry WHERE act = 'install.upgrade'"
            changes = json.loads(connection.execute(query).fetchone()[0])
        assert "later.0002_ending" in changes["migrations"][1]
        assert (earlier.home / "backups" / changes["backup"][1]).exists()

    def test_an_earlier_version_does_not_touch_it(self, earlier: Installation) -> None:
        assert bastide(earlier, "upgrade", ending="well").returncode == 0
        with closing(sqlite3.connect(earlier.home / "bastide.sqlite3")) as connection:
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('trail', '9999_later', '2030-01-01')"
            )
            connection.commit()
        for command in ("serve", "upgrade"):
            done = bastide(earlier, command)
            assert (done.returncode, "trail.9999_later" in done.stderr) == (1, True), done.stderr


class TestAnUpgradeThatFails:
    def test_it_is_taken_back_whole_with_the_reason(self, earlier: Installation) -> None:
        assert bastide(earlier, "upgrade").returncode == 0
        before = dump(earlier)
        done = bastide(earlier, "upgrade", ending="badly")
        assert done.returncode == 3
        assert "a row that no column fits" in done.stderr
        assert "as it was" in done.stderr
        assert dump(earlier) == before
        assert not (earlier.home / "papers" / "half-done").exists()
        assert bastide(earlier, "trail", "verify").returncode == 0
        assert "wait" in bastide(earlier, "serve", ending="badly").stderr

    def test_killed_in_the_middle_it_does_not_serve_until_it_is_put_back(self, earlier: Installation) -> None:
        assert bastide(earlier, "upgrade").returncode == 0
        before = dump(earlier)
        assert bastide(earlier, "upgrade", ending="killed").returncode == 137
        assert dump(earlier) != before
        refused = bastide(earlier, "serve")
        assert (refused.returncode, "cut off" in refused.stderr) == (1, True)
        again = bastide(earlier, "upgrade")
        assert again.returncode == 0, again.stderr
        assert "later_mark" not in "\n".join(dump(earlier))
        urls = [line for line in dump(earlier) if "/changed/" in line]
        assert urls == []

    def test_without_a_backup_it_says_that_nothing_can_be_put_back(self, earlier: Installation) -> None:
        assert bastide(earlier, "upgrade", "--no-backup", "yes").returncode == 2
        done = bastide(earlier, "upgrade", "--no-backup", "i-have-one", ending="badly")
        assert (done.returncode, "your own backup" in done.stderr) == (4, True)
        assert bastide(earlier, "serve").returncode == 1

    def test_a_backup_that_cannot_be_written_stops_it_before_anything(self, earlier: Installation) -> None:
        before = dump(earlier)
        done = bastide(earlier, "upgrade", "--backup", "/proc/nowhere/kept", ending="well")
        assert (done.returncode, "No backup could be made" in done.stderr) == (1, True)
        assert dump(earlier) == before

    @pytest.mark.postgres
    def test_and_on_postgresql(self, server: psycopg.Connection[Any], tmp_path: Path) -> None:
        with database(server) as address:
            there = Installation(tmp_path / "home", address)
            (there.home / "papers").mkdir(parents=True)
            made = bastide(there, "init", "--name-zh", "测试部", "--password", "correct-horse-77")
            assert made.returncode == 0, made.stderr
            before = everything(address)
            assert "trail_entry" in before
            done = bastide(there, "upgrade", ending="badly")
            assert done.returncode == 3, done.stderr
            assert everything(address) == before
            done = bastide(there, "upgrade", ending="well")
            assert done.returncode == 0, done.stderr
            assert "later_mark" in everything(address)
            assert bastide(there, "trail", "verify").returncode == 0


def everything(address: str) -> str:
    """Every row and every table; the definitions are left out, for the server words some anew when it reads them."""
    done = subprocess.run(["pg_dump", "--data-only", address], capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("--", "\\restrict", "\\unrestrict"))]
    with psycopg.connect(address) as connection:
        triggers = connection.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname").fetchall()
    return "\n".join([*sorted(lines), *(name for (name,) in triggers)])


def test_while_the_installation_runs_it_is_not_upgraded(earlier: Installation) -> None:
    with open(earlier.home / "running", "w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # as `bastide serve` and `bastide work` hold it
        done = bastide(earlier, "upgrade")
    assert (done.returncode, "Stop `bastide serve`" in done.stderr) == (1, True)


def test_an_empty_place_is_not_upgraded(tmp_path: Path) -> None:
    done = bastide(Installation(tmp_path / "new"), "upgrade")
    assert (done.returncode, "bastide init" in done.stderr) == (1, True)
