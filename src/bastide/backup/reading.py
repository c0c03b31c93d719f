"""Reading a backup: checking it, restoring it into an empty place, putting it back over what is there."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import zstandard
from django.conf import settings
from django.db import connection, connections

from bastide.backup import age, postgresql
from bastide.backup.members import FORMAT, LEFT_OUT, MANIFEST, NEEDED, CannotRestore, Member, Say

CHUNK = 1 << 20
LONGEST_MANIFEST = 1 << 30
Take = Callable[[tarfile.TarFile, tarfile.TarInfo], IO[bytes] | None]
NO_KEYS = age.Keys()


def check(source: Path, *, keys: age.Keys = NO_KEYS) -> list[Member]:
    """Read a backup to its end and compare every member with the manifest; nothing is written.

    Raises CannotRestore if it is not whole, WrongKey if it cannot be opened.
    """
    found, manifest = _read(source, keys, lambda archive, info: archive.extractfile(info))
    return _compared(found, manifest)


def restore(source: Path, *, say: Say, keys: age.Keys = NO_KEYS) -> list[Member]:
    """Put an installation back from its backup. It takes the place of an empty data folder, whole or not at all.

    Raises CannotRestore if the file is not whole, or the place is not empty; WrongKey if it cannot be opened.
    """
    home = settings.BASTIDE_HOME
    _check_empty(home)
    with _unpacked(source, keys, say) as (waiting, members):
        if connection.vendor == "sqlite":
            (waiting / "database.sqlite3").rename(waiting / "home" / "bastide.sqlite3")
        else:
            postgresql.load(waiting / "database.dump", CannotRestore)
        home.rename(waiting / "before")
        (waiting / "home").rename(home)
    return members


def put_back(source: Path, *, say: Say) -> list[Member]:
    """Take an installation back to one of its own backups; what came since is gone. Nothing else may use it meanwhile.

    It may be cut off and begun again: it ends in the same place.
    """
    home = settings.BASTIDE_HOME
    with _unpacked(source, NO_KEYS, say) as (waiting, members):
        connections.close_all()
        if connection.vendor == "sqlite":
            for name in ("bastide.sqlite3-wal", "bastide.sqlite3-shm"):
                (home / name).unlink(missing_ok=True)
            (waiting / "database.sqlite3").replace(home / "bastide.sqlite3")
        else:
            postgresql.put_in_place(waiting / "database.dump", CannotRestore)
        (waiting / "before").mkdir()
        for old in [entry for entry in home.iterdir() if entry.name not in LEFT_OUT]:
            if (waiting / "home" / old.name).exists():
                old.rename(waiting / "before" / old.name)
        for new in (waiting / "home").iterdir():
            new.rename(home / new.name)
    return members


@contextmanager
def _unpacked(source: Path, keys: age.Keys, say: Say) -> Iterator[tuple[Path, list[Member]]]:
    """The members of a whole backup of this kind of database, in a folder beside the data folder."""
    home = settings.BASTIDE_HOME
    waiting = home.with_name(f"{home.name}.restoring")
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(parents=True, mode=0o700)

    def unpack(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes] | None:
        archive.extract(info, waiting, filter="data")
        return open(waiting / PurePosixPath(info.name), "rb") if info.isfile() else None

    try:
        say("Reading the backup…")
        found, manifest = _read(source, keys, unpack)
        members = _compared(found, manifest)
        if manifest["database"] != connection.vendor:
            raise CannotRestore(
                f"The backup is of a {manifest['database']} database; DATABASE_URL names a {connection.vendor} one."
            )
        say(f"{len(members)} files, all as the manifest says. Putting the database back…")
        (waiting / "home").mkdir(exist_ok=True)
        yield waiting, members
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def _check_empty(home: Path) -> None:
    if home.exists() and any(entry.name not in NEEDED | LEFT_OUT - {"backups"} for entry in home.iterdir()):
        raise CannotRestore(f"{home} is not empty. Set BASTIDE_HOME to a new folder, or move the old one away.")
    if (home / "bastide.sqlite3").exists() or (
        connection.vendor != "sqlite" and connection.introspection.table_names()
    ):
        raise CannotRestore("The database has tables already. A backup is restored into an empty one.")


def _read(source: Path, keys: age.Keys, take: Take) -> tuple[dict[str, Member], dict[str, Any]]:
    """Every member as it was found, and the manifest; read to the end of the file."""
    found: dict[str, Member] = {}
    manifest = b""
    try:
        with (
            open(source, "rb") as file,
            age.unlocked(file, keys) as stream,
            zstandard.ZstdDecompressor().stream_reader(stream, closefd=False) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            for info in archive:
                with take(archive, info) or _nothing(info) as content:
                    if info.name == MANIFEST:
                        manifest = content.read(LONGEST_MANIFEST)
                    else:
                        found[info.name] = Member(info.name, info.size, _sha256(content))
    except (age.CannotDecrypt, OSError, tarfile.TarError, zstandard.ZstdError) as error:
        raise CannotRestore(
            f"{source} cannot be read to its end ({error}). Take another copy of the backup."
        ) from error
    if not manifest:
        raise CannotRestore(f"{source} has no manifest: it is not a backup of Bastide, or was cut off.")
    return found, json.loads(manifest)


def _nothing(info: tarfile.TarInfo) -> IO[bytes]:
    raise CannotRestore(f"{info.name} is no file; a backup holds files only.")


def _sha256(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while part := content.read(CHUNK):
        digest.update(part)
    return digest.hexdigest()


def _compared(found: dict[str, Member], manifest: dict[str, Any]) -> list[Member]:
    """The members the manifest tells of, if they are those that were found."""
    if manifest["format"] != FORMAT:
        raise CannotRestore(f"The backup has format {manifest['format']}; this version reads format {FORMAT}.")
    told = [Member(**member) for member in manifest["members"]]
    wrong = sorted({member.path for member in told} ^ set(found) | {m.path for m in told if found.get(m.path) != m})
    if wrong:
        raise CannotRestore(f"Not as the manifest says: {', '.join(wrong[:5])}. Take another copy of the backup.")
    return told
