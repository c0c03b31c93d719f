"""Structured logs: one JSON object a line on standard error, and nothing of persons in it.

What people typed, their names and addresses can stand in a path, in the arguments of a message and in the text of an
exception. So a line has the message as the programmer wrote it, the fields named below, and of an exception its kind
and the places it came through; its text only where the system wrote it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from django.db import OperationalError

from bastide.base.trail.request import request_id

# What may be told beside the message: numbers of rows, names of kinds.
FIELDS = {
    "route", "method", "status", "ms", "job", "kind", "attempt", "attempts", "seconds", "outcome",
    "hearing", "reminder", "reminders", "doing",
}  # fmt: skip
Line = MutableMapping[str, Any]


def as_written(logger: Any, name: str, line: Line) -> Line:
    """The message without its arguments; of another's message without arguments only where it was written."""
    record: logging.LogRecord | None = line.get("_record")
    arguments = line.pop("positional_args", ())
    if record is not None:
        ours = record.name.startswith("bastide") or bool(arguments)
        line["event"] = str(record.msg) if ours else f"{record.module}.{record.funcName}:{record.lineno}"
    return line


def with_request(logger: Any, name: str, line: Line) -> Line:
    if known := request_id.get():
        line["request_id"] = known
    return line


def with_places(logger: Any, name: str, line: Line) -> Line:
    """An exception as kinds and places, the first cause last."""
    told = line.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if not isinstance(error, BaseException):
        return line
    chain: list[dict[str, Any]] = []
    while error is not None and len(chain) < 5:
        chain.append({"kind": _kind(error), "text": _text(error), "at": _places(error.__traceback__)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    line["exception"] = chain
    return line


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _text(error: BaseException) -> str:
    """Only what the operating system or the database server says of itself; anything else may quote what was typed."""
    if isinstance(error, OSError):
        return error.strerror or ""
    return str(error).strip() if isinstance(error, OperationalError) else ""


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-12:]]


PRE_CHAIN = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(allow=FIELDS),
    as_written,
    with_request,
]
PROCESSORS = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    with_places,
    structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
]
