"""Keeps what a landed version wrote, for the test that upgrades from it (tests/paths/test_upgrade.py).

    python tools/keep_version.py COMMIT

Takes the code of that commit, lets it play its demonstration story into a folder of its own and seal the trail, and
packs the database as SQL with keys and papers into tests/paths/earlier.tar.zst, its commit and row counts into
earlier.json. Evidence bytes and the lake stay out: they are large, and an upgrade does not touch them.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

import zstandard

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "tests" / "paths"
BUNDLE = Path("src/bastide/base/ui/static/ui/dist")  # not under version control, and not looked at by the story
KEPT = ("secret.key", "trail.key", "trail-mark.json", "papers")


def main(commit: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        code, home = Path(folder) / "code", Path(folder) / "home"
        code.mkdir()
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(code, filter="data")
        shutil.copytree(ROOT / BUNDLE, code / BUNDLE)
        run(code, home, "tests/paths/play_story.py")
        run(code, home, "-m", "bastide.cli", "trail", "export", str(Path(folder) / "trail.jsonl"))
        database = home / "bastide.sqlite3"
        pack(home, database)
        full = subprocess.run(["git", "rev-parse", commit], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        told = {"commit": full.strip(), "rows": rows(database)}
        (TARGET / "earlier.json").write_text(json.dumps(told, indent=1) + "\n")


def run(code: Path, home: Path, *words: str) -> None:
    environment = {
        **os.environ, "BASTIDE_HOME": str(home), "BASTIDE_DEMO": "1", "DATABASE_URL": "",
        "PYTHONPATH": str(code / "src"),
    }  # fmt: skip
    subprocess.run([sys.executable, *words], cwd=code, env=environment, check=True, stdout=subprocess.DEVNULL)


def pack(home: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        dump = "\n".join(connection.iterdump()).encode()
    with (
        open(TARGET / "earlier.tar.zst", "wb") as file,
        zstandard.ZstdCompressor(level=19).stream_writer(file) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        info = tarfile.TarInfo("bastide.sql")
        info.size = len(dump)
        archive.addfile(info, io.BytesIO(dump))
        for name in KEPT:
            if (home / name).exists():
                archive.add(home / name, name, filter=nobody)


def nobody(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def rows(database: Path) -> dict[str, int]:
    """How many rows each table of ours has."""
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = sorted(name for name in tables if not name.startswith(("sqlite_", "django_", "auth_")))
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in ours}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/keep_version.py COMMIT")
    main(sys.argv[1])
