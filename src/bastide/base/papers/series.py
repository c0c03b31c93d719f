"""Numbers of documents. Two counters must agree to forget a number before it could be given twice.

The row in the database is locked while a number is given, and undone with the act. The mark in the data folder is
written before the number is used and never goes back: an act that was undone, a restored database or a crash leaves a
gap.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from django.conf import settings
from django.db import transaction

from bastide.base.flow.models import Series


def give(series: str, year: int) -> int:
    """The next ordinal of a series in a year. Call it inside the transaction that uses it."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a document number is given inside the transaction of its document")
    name = f"paper:{series}"
    Series.objects.get_or_create(name=name, year=year)
    row = Series.objects.select_for_update().get(name=name, year=year)
    row.last = _raise_mark(series, year, row.last)
    row.save(update_fields=["last"])
    return row.last


def _raise_mark(series: str, year: int, known: int) -> int:
    """One more than both counters, written to disk before anyone sees it."""
    path = _mark(series, year)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        marked = int(os.pread(handle, 20, 0).decode() or 0)
        ordinal = max(known, marked) + 1
        if os.pwrite(handle, f"{ordinal:020d}".encode(), 0) != 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)
    return ordinal


def _mark(series: str, year: int) -> Path:
    return Path(settings.BASTIDE_HOME) / "papers" / f"{series}-{year}"
