"""What a backup holds and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]
FORMAT = 1
MANIFEST = "manifest.json"
# Made again by themselves, or belonging to the running process.
# The mark of the trail says what must not be lost; a backup is older than it, and begins a new one.
LEFT_OUT = {
    "backups", "cache", "static", "running", "trail-mark.json", "upgrade-mark.json",
    "bastide.sqlite3", "bastide.sqlite3-wal", "bastide.sqlite3-shm",
}  # fmt: skip
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


def kept_files(home: Path) -> Iterator[tuple[Path, str]]:
    """The files of a data folder that belong into a backup, with their names in it."""
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if inside.parts[0] not in LEFT_OUT and path.is_file() and not path.is_symlink():
            yield path, f"home/{inside.as_posix()}"
