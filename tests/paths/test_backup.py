"""A backup of the played story, put back elsewhere, is the same installation; a damaged one changes nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.paths.conftest import Installation, database

pytestmark = pytest.mark.slow
FOLDERS = ("vault", "lake", "papers")


@pytest.fixture(scope="module")
def backup(sqlite: Installation, story: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return back_up(sqlite, tmp_path_factory.mktemp("backup") / "all.tar.zst")


def back_up(installation: Installation, file: Path) -> Path:
    done = installation.run("-m", "bastide.cli", "backup", str(file))
    assert done.returncode == 0, done.stderr
    return file


def refusal(installation: Installation, file: Path) -> str:
    done = installation.run("-m", "bastide.cli", "restore", str(file))
    assert done.returncode == 1
    assert list(installation.home.parent.glob("*.restoring")) == []
    return done.stderr


def files(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (*FOLDERS, "secret.key")
        for path in [home / folder, *(home / folder).rglob("*")]
        if path.is_file()
    }


def test_what_is_put_back_is_the_same(backup: Path, sqlite: Installation, story: object, tmp_path: Path) -> None:
    there = Installation(tmp_path / "there")
    done = there.run("-m", "bastide.cli", "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert files(there.home) == files(sqlite.home)
    assert len(files(there.home)) > 100
    assert there.played() == story


@pytest.mark.postgres
def test_and_on_postgresql(on_postgres: Installation, postgres_story: object, server, tmp_path: Path) -> None:
    file = back_up(on_postgres, tmp_path / "all.tar.zst")
    with database(server) as address:
        there = Installation(tmp_path / "there", address)
        done = there.run("-m", "bastide.cli", "restore", str(file))
        assert done.returncode == 0, done.stderr
        assert files(there.home) == files(on_postgres.home)
        assert there.played() == postgres_story


def test_a_flipped_bit_is_found(backup: Path, tmp_path: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "bad").write_bytes(content)
    there = Installation(tmp_path / "there")
    assert "Take another copy" in refusal(there, tmp_path / "bad")
    assert not (there.home / "bastide.sqlite3").exists()


def test_a_cut_off_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(backup.read_bytes()[:-1000])
    said = refusal(Installation(tmp_path / "there"), tmp_path / "short")
    assert "cannot be read" in said or "no manifest" in said


def test_a_folder_in_use_is_left_alone(backup: Path, sqlite: Installation) -> None:
    before = files(sqlite.home)
    assert "not empty" in refusal(sqlite, backup)
    assert files(sqlite.home) == before


def test_another_file_is_not_written_over(sqlite: Installation, story: object, tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.write_text("mine")
    assert sqlite.run("-m", "bastide.cli", "backup", str(target)).returncode == 1
    assert target.read_text() == "mine"
