"""What the machine below cannot do just now – a full disk, a database that is away – told apart from our own faults."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PATIENCE = 30  # seconds after which asking again is worth while
LEAST_FREE = 1 << 20  # bytes; with less a disk counts as full


@dataclass(frozen=True)
class Outage:
    """What a program is told (the HTTP status) and what a person is told."""

    status: int
    heading: Promise
    text: Promise


DISK_FULL = Outage(
    507, _("The disk of this installation is full"),
    _("Nothing was changed. Tell the administrator to make room, then send it again."),
)  # fmt: skip
DATABASE_AWAY = Outage(
    503, _("The database does not answer"),
    _("Nothing half-done was kept. Wait half a minute and try again; if it stays, tell the administrator the time."),
)  # fmt: skip


def outage(error: BaseException | None) -> Outage | None:
    """The outage behind an error; None if the error is our own."""
    causes = list(_causes(error))
    if any(_is_full(cause) for cause in causes):
        return DISK_FULL
    if any(isinstance(cause, OperationalError | InterfaceError) and not _is_ours(cause) for cause in causes):
        return DATABASE_AWAY
    return None


def _is_ours(error: BaseException) -> bool:
    """A table or column that is not there is a fault of the program."""
    return "no such" in str(error)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    # SQLite says less when it cannot even make its shared memory, so the disk itself is asked.
    if "disk I/O error" in str(error):
        return shutil.disk_usage(settings.BASTIDE_HOME).free < LEAST_FREE
    # SQLite's words, and PostgreSQL's code for a full disk.
    return "disk is full" in str(error) or getattr(error, "sqlstate", "") == "53100"
