"""The points at which a process can be killed: before and after every write, commit, fsync and rename it does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

WRITES = ("INSERT", "UPDATE", "DELETE")
CALLS = ("fsync", "replace", "rename", "link", "unlink", "pwrite", "open")


class Points:
    """Counts the points of this process and kills it at the n-th; at none if n is 0."""

    def __init__(self, nth: int) -> None:
        self.nth, self.passed = nth, 0

    def __call__(self) -> None:
        self.passed += 1
        if self.passed == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **more: Any) -> Any:
            self()
            try:
                return call(*args, **more)
            finally:
                self()

        return called

    def set_up(self) -> None:
        """From here on this process meets its points. For a forked child alone: nothing is put back."""
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.backends.utils import CursorWrapper

        base: Any = BaseDatabaseWrapper
        cursor: Any = CursorWrapper
        base._commit = self.around(base._commit)
        cursor.execute = self._around_writes(cursor.execute)
        cursor.executemany = self._around_writes(cursor.executemany)
        for name in CALLS:
            setattr(os, name, self.around(getattr(os, name)))

    def _around_writes(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        counted = self.around(execute)

        def executed(cursor: Any, sql: Any, *args: Any, **more: Any) -> Any:
            is_write = str(sql).lstrip().upper().startswith(WRITES)
            return (counted if is_write else execute)(cursor, sql, *args, **more)

        return executed
