"""One file that holds an installation: its database, then everything of its data folder that cannot be made again.

The file is a tar compressed with Zstandard: `database.sqlite3` or `database.dump` (pg_dump's custom format), `home/…`,
and last `manifest.json` with the size and SHA-256 of every member. The database is read first: bytes are always on
disk before the row that names them, so what a row of the copy names is found in the folder afterwards. On request the
whole is encrypted in the format of age. It is written and read as a stream, in constant memory.
"""

from __future__ import annotations

from bastide.backup.age import Keys, Locks, WrongKey, keys_of, locks_of
from bastide.backup.members import CannotBackUp, CannotRestore, Member
from bastide.backup.reading import check, put_back, restore
from bastide.backup.writing import back_up, write

__all__ = [
    "CannotBackUp",
    "CannotRestore",
    "Keys",
    "Locks",
    "Member",
    "WrongKey",
    "back_up",
    "check",
    "keys_of",
    "locks_of",
    "put_back",
    "restore",
    "write",
]
