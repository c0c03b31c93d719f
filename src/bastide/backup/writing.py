"""Writing a backup of the running installation."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import zstandard
from django.conf import settings
from django.db import connection

import bastide
from bastide.backup import age, postgresql
from bastide.backup.members import FORMAT, MANIFEST, CannotBackUp, Member, Say, kept_files
from bastide.base.people.models import Account
from bastide.base.trail import ledger


def back_up(target: Path, *, at: datetime, say: Say, locks: age.Locks = age.PLAIN) -> list[Member]:
    """Write the backup of the running installation; the file appears under its name only when it is whole.

    Raises CannotBackUp if the target exists or the database cannot be read.
    """
    if target.exists():
        raise CannotBackUp(f"{target} exists; a backup is never written over another file.")
    members = write(target, say=say, locks=locks)
    ledger.record(
        at=at, by=Account.objects.house(), act="install.backup", thing=Account.objects.house(),
        changes={"file": [None, target.name], "members": [None, len(members)], "bytes": [None, target.stat().st_size]},
    )  # fmt: skip
    return members


def write(target: Path, *, say: Say, locks: age.Locks = age.PLAIN) -> list[Member]:
    """The file alone, without a word in the trail. The plain copy of the database never leaves the data folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    cache = settings.BASTIDE_HOME / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=cache) as folder, open(part, "wb", opener=_for_us) as file:
            say("Copying the database…")
            database = _copy_database(Path(folder))
            say("Copying the data folder…")
            with age.locked(file, locks) as stream:
                members = _pack(stream, database)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return members


def _for_us(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _copy_database(folder: Path) -> Path:
    """A consistent copy of the database as of one moment, taken while others write."""
    if connection.vendor == "sqlite":
        copy = folder / "database.sqlite3"
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as live, closing(sqlite3.connect(copy)) as file:
            live.backup(file)
        return copy
    copy = folder / "database.dump"
    postgresql.run(["pg_dump", "--format=custom", "--no-owner", f"--file={copy}"], CannotBackUp)
    return copy


def _pack(stream: BinaryIO, database: Path) -> list[Member]:
    members = []
    with (
        zstandard.ZstdCompressor(level=6).stream_writer(stream, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, name in [(database, database.name), *kept_files(settings.BASTIDE_HOME)]:
            if (member := _add(archive, path, name)) is not None:
                members.append(member)
        manifest = {
            "format": FORMAT, "version": bastide.__version__, "database": connection.vendor,
            "members": [asdict(member) for member in members],
        }  # fmt: skip
        _add_bytes(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
    return members


def _add(archive: tarfile.TarFile, path: Path, name: str) -> Member | None:
    """Add a file as it is when it is opened; what is appended meanwhile belongs to the next backup.

    A file that is gone by now was under a name for the moment only, or its record was deleted after the listing.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 – closed by the next statement
    except FileNotFoundError:
        return None
    with file:
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
