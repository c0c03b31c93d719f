"""Windows event logs (EVTX): each record becomes a flat event under the names rules use."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import orjson
from evtx import PyEvtxParser

from bastide.engines.detect.event import Trouble

from .blocks import ROWS, Block, Unreadable, of_texts

_SYSTEM: Final = ("Channel", "EventID", "Computer", "EventRecordID", "Version", "Level", "Task", "Opcode", "Keywords")


def blocks(stream: io.BufferedReader) -> Iterator[Block]:
    """The records of a log; their numbers count records. A record that cannot be read is named and left out."""
    try:
        with tempfile.TemporaryFile() as log:  # the parser goes back and forth in it
            shutil.copyfileobj(stream, log)
            log.seek(0)
            records = enumerate(_records(PyEvtxParser(log)))
            while some := list(islice(records, ROWS)):
                good = [(number, record) for number, record in some if isinstance(record, bytes)]
                troubles = tuple(
                    Trouble(number, "cut", f"the record is damaged: {record}")
                    for number, record in some
                    if isinstance(record, Exception)
                )
                yield of_texts([record for _, record in good], [number for number, _ in good], troubles)
    except (OSError, RuntimeError, ValueError) as problem:
        raise Unreadable(f"not an event log: {problem}") from problem


def _records(parser: Any) -> Iterator[bytes | Exception]:
    """The events of a log as JSON, or what is wrong with a record."""
    each = iter(parser.records_json())
    while True:
        try:
            yield orjson.dumps(flat(orjson.loads(next(each)["data"])["Event"]))
        except StopIteration:
            return
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as problem:
            yield problem


def flat(event: Mapping[str, Any]) -> dict[str, Any]:
    """One record as a flat event: what Windows says of every event, then the event's own data under their own names."""
    system = event.get("System") or {}
    made: dict[str, Any] = {}
    _put(made, "SystemTime", _attribute(system, "TimeCreated", "SystemTime"))
    _put(made, "Channel", system.get("Channel"))
    _put(made, "EventID", _text(system.get("EventID")))
    _put(made, "Provider_Name", _attribute(system, "Provider", "Name"))
    _put(made, "ProviderGuid", _attribute(system, "Provider", "Guid"))
    for name in _SYSTEM[2:]:
        _put(made, name, _text(system.get(name)))
    _put(made, "UserID", _attribute(system, "Security", "UserID"))
    _put(made, "ExecutionProcessID", _attribute(system, "Execution", "ProcessID"))
    _data(made, event.get("EventData"))
    for own in (event.get("UserData") or {}).values():
        _data(made, own)
    return made


def _data(made: dict[str, Any], data: Any) -> None:
    """The members of EventData or of an element of UserData; nested ones under their own names too."""
    if not isinstance(data, Mapping):
        return
    for name, value in data.items():
        if name == "#attributes":
            continue
        if isinstance(value, Mapping):
            if "#text" in value:
                _put(made, name, value["#text"])
            else:
                _data(made, value)
        else:
            _put(made, name, value)


def _put(made: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        made.setdefault(name, value)


def _attribute(system: Mapping[str, Any], element: str, name: str) -> Any:
    return ((system.get(element) or {}).get("#attributes") or {}).get(name)


def _text(value: Any) -> Any:
    return value.get("#text") if isinstance(value, Mapping) else value
