"""Who uses the data folder: any number of running processes together, or one upgrade alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


class InUse(Exception):
    """Others use the data folder; the message says what to do."""


@contextmanager
def together() -> Iterator[None]:
    """Keeps an upgrade out while the installation runs. The lock ends with the process, however that ends."""
    with _held(fcntl.LOCK_SH, "An upgrade is under way. Wait until it has ended, then start again."):
        yield


@contextmanager
def alone() -> Iterator[None]:
    """Keeps the installation from running meanwhile."""
    words = (
        "The installation is running. Stop `bastide serve` and every `bastide work` first "
        "(Ctrl-C, or through what supervises them), then try again."
    )
    with _held(fcntl.LOCK_EX, words):
        yield


@contextmanager
def _held(kind: int, words: str) -> Iterator[None]:
    settings.BASTIDE_HOME.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.BASTIDE_HOME / "running", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(words) from error
        yield
    finally:
        os.close(handle)
