"""Which process carries a request out, and whether it still lives: each holds a lock that the kernel lets go with it.

The locks lie in the data folder, so every process of an installation that shares it can ask, also from another
container or machine whose file system knows flock(2). A name nobody here knows counts as alive.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import uuid
from pathlib import Path

from django.conf import settings

KEPT = 24 * 3600.0  # seconds; the locks of the dead are swept after this
_making = threading.Lock()
_own: tuple[int, str, int] | None = None  # process number, name, handle of the lock


def own() -> str:
    """The name of this process, with its lock held; a forked child gets its own."""
    global _own
    with _making:
        if _own is None or _own[0] != os.getpid() or not _lock(_own[1]).exists():
            name = uuid.uuid4().hex
            _folder().mkdir(parents=True, exist_ok=True)
            handle = os.open(_lock(name), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            _own = (os.getpid(), name, handle)
        return _own[1]


def is_gone(name: str) -> bool:
    """Has the process of this name ended? False also where nothing is known of it."""
    return bool(name) and (_own is None or name != _own[1]) and _is_free(_lock(name))


def sweep() -> int:
    """Remove the locks of processes long gone; says how many."""
    gone = 0
    for lock in _folder().glob("*"):
        try:
            old = time.time() - lock.stat().st_mtime > KEPT
        except FileNotFoundError:
            continue
        if old and is_gone(lock.name):
            lock.unlink(missing_ok=True)
            gone += 1
    return gone


def _is_free(lock: Path) -> bool:
    try:
        handle = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _folder() -> Path:
    return Path(settings.BASTIDE_HOME) / "cache" / "carriers"


def _lock(name: str) -> Path:
    return _folder() / name
