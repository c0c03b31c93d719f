"""One file that holds an installation: its database, then everything of its data folder that cannot be made again.

The file is a tar compressed with Zstandard: `database.sqlite3` or `database.dump` (pg_dump's custom format), `home/…`,
and last `manifest.json` with the size and SHA-256 of every member. The database is read first: bytes are always on
disk before the row that names them, so what a row of the copy names is found in the folder afterwards.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import zstandard
from django.conf import settings
from django.db import connection

import bastide
from bastide.base.people.models import Account
from bastide.base.trail import ledger

Say = Callable[[str], None]
FORMAT = 1
CHUNK = 1 << 20
MANIFEST = "manifest.json"
# Made again by themselves, or belonging to the running process.
# The mark of the trail says what must not be lost; a backup is older than it, and begins a new one.
LEFT_OUT = {"cache", "static", "trail-mark.json", "bastide.sqlite3", "bastide.sqlite3-wal", "bastide.sqlite3-shm"}
NEEDED = {"secret.key", "demo-password"}  # may lie in a folder that is otherwise empty


class CannotBackUp(Exception):
    """What must be mended first."""


class CannotRestore(Exception):
    """Why nothing was restored; the installation is as it was."""


@dataclass(frozen=True)
class Member:
    """One file of a backup: its path in it, size in bytes, and SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


def back_up(target: Path, *, at: datetime, say: Say) -> list[Member]:
    """Write the backup of the running installation; the file appears under its name only when it is whole.

    Raises CannotBackUp if the target exists or the database cannot be read.
    """
    if target.exists():
        raise CannotBackUp(f"{target} exists; a backup is never written over another file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, open(part, "wb") as file:
        say("Copying the database…")
        database = _copy_database(Path(folder))
        say("Copying the data folder…")
        members = _write(file, database)
        file.flush()
        os.fsync(file.fileno())
    part.rename(target)
    ledger.record(
        at=at, by=Account.objects.house(), act="install.backup", thing=Account.objects.house(),
        changes={"file": [None, target.name], "members": [None, len(members)], "bytes": [None, target.stat().st_size]},
    )  # fmt: skip
    return members


def restore(source: Path, *, say: Say) -> list[Member]:
    """Put an installation back from its backup. It takes the place of an empty data folder, whole or not at all.

    Raises CannotRestore if the file is not whole, or the place is not empty.
    """
    home = settings.BASTIDE_HOME
    _check_empty(home)
    waiting = home.with_name(f"{home.name}.restoring")
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(parents=True, mode=0o700)
    try:
        say("Reading the backup…")
        members = _read(source, waiting)
        say(f"{len(members)} files, all as the manifest says. Putting the database back…")
        (waiting / "home").mkdir(exist_ok=True)
        _put_database_back(waiting)
        home.rename(waiting / "before")
        (waiting / "home").rename(home)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return members


# ---- writing


def _copy_database(folder: Path) -> Path:
    """A consistent copy of the database as of one moment, taken while others write."""
    if connection.vendor == "sqlite":
        copy = folder / "database.sqlite3"
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as live, closing(sqlite3.connect(copy)) as file:
            live.backup(file)
        return copy
    copy = folder / "database.dump"
    _run(["pg_dump", "--format=custom", "--no-owner", f"--file={copy}"], CannotBackUp)
    return copy


def _write(file: BinaryIO, database: Path) -> list[Member]:
    members = []
    with (
        zstandard.ZstdCompressor(level=6).stream_writer(file, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, name in [(database, database.name), *_kept_files(settings.BASTIDE_HOME)]:
            members.append(_add(archive, path, name))
        manifest = {
            "format": FORMAT, "version": bastide.__version__, "database": connection.vendor,
            "members": [asdict(member) for member in members],
        }  # fmt: skip
        _add_bytes(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
    return members


def _kept_files(home: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if inside.parts[0] not in LEFT_OUT and path.is_file() and not path.is_symlink():
            yield path, f"home/{inside.as_posix()}"


def _add(archive: tarfile.TarFile, path: Path, name: str) -> Member:
    """Add a file as it is when it is opened; what is appended meanwhile belongs to the next backup."""
    with open(path, "rb") as file:
        info = archive.gettarinfo(arcname=name, fileobj=file)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        reader = _Hashing(file, info.size)
        archive.addfile(info, reader)  # type: ignore[arg-type]
    return Member(name, info.size, reader.sha256.hexdigest())


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


class _Hashing:
    """Reads a file and hashes what was read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.left, self.sha256 = file, size, hashlib.sha256()

    def read(self, size: int) -> bytes:
        content = self.file.read(min(size, self.left))
        self.left -= len(content)
        self.sha256.update(content)
        return content


# ---- reading


def _check_empty(home: Path) -> None:
    if home.exists() and any(entry.name not in NEEDED | LEFT_OUT for entry in home.iterdir()):
        raise CannotRestore(f"{home} is not empty. Set BASTIDE_HOME to a new folder, or move the old one away.")
    if (home / "bastide.sqlite3").exists() or (
        connection.vendor != "sqlite" and connection.introspection.table_names()
    ):
        raise CannotRestore("The database has tables already. A backup is restored into an empty one.")


def _read(source: Path, folder: Path) -> list[Member]:
    """Unpack and compare every file with the manifest."""
    found: dict[str, Member] = {}
    try:
        with (
            open(source, "rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            for info in archive:
                archive.extract(info, folder, filter="data")
                path = folder / PurePosixPath(info.name)
                with open(path, "rb") as unpacked:
                    digest = hashlib.file_digest(unpacked, "sha256").hexdigest()
                found[info.name] = Member(info.name, info.size, digest)
    except (OSError, tarfile.TarError, zstandard.ZstdError) as error:
        raise CannotRestore(
            f"{source} cannot be read to its end ({error}). Take another copy of the backup."
        ) from error
    if found.pop(MANIFEST, None) is None:
        raise CannotRestore(f"{source} has no manifest: it is not a backup of Bastide, or was cut off.")
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    told = [Member(**member) for member in manifest["members"]]
    if manifest["format"] != FORMAT:
        raise CannotRestore(f"The backup has format {manifest['format']}; this version reads format {FORMAT}.")
    if manifest["database"] != connection.vendor:
        raise CannotRestore(
            f"The backup is of a {manifest['database']} database; DATABASE_URL names a {connection.vendor} one."
        )
    wrong = sorted({member.path for member in told} ^ set(found) | {m.path for m in told if found.get(m.path) != m})
    if wrong:
        raise CannotRestore(f"Not as the manifest says: {', '.join(wrong[:5])}. Take another copy of the backup.")
    return told


def _put_database_back(folder: Path) -> None:
    """On SQLite a file beside the others; on PostgreSQL all or nothing in one transaction."""
    if connection.vendor == "sqlite":
        (folder / "database.sqlite3").rename(folder / "home" / "bastide.sqlite3")
        return
    name = str(connection.settings_dict["NAME"])
    words = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", f"--dbname={name}"]
    _run([*words, str(folder / "database.dump")], CannotRestore)


def _run(words: list[str], trouble: type[Exception]) -> None:
    """Run one of PostgreSQL's own programs against our database; the password goes by the environment."""
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
