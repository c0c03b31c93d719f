"""Logs written as lines of their own kinds: Zeek, Suricata's eve.json, auditd, syslog and CEF, each with the log source
Sigma knows it by. A line that is not of the kind keeps its number and the reason."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from bastide.engines.detect.event import LONGEST, Poison, Trouble
from bastide.engines.detect.parse import parse

from .blocks import ROWS, Block, of_texts
from .opened import DAMAGED

Reader = Callable[[str], dict[str, Any] | None]
"""The event of a line; None where the line is none (a comment), Poison where it should be one."""

_AUDIT: Final = re.compile(
    r"^(?:node=(?P<node>\S+) )?type=(?P<type>\S+) msg=audit\((?P<time>\d{1,11}\.\d{1,9}):(?P<serial>\d{1,18})\):\s*"
)
_SYSLOG: Final = re.compile(
    r"^<(?P<pri>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<proc>\S+) (?P<msgid>\S+) (?P<rest>.*)$",
    re.DOTALL,
)
_OLD_SYSLOG: Final = re.compile(
    r"^(?:<(?P<pri>\d{1,3})>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) "
    r"(?P<app>[^\s:\[]+)(?:\[(?P<proc>\d+)\])?: ?(?P<rest>.*)$",
    re.DOTALL,
)
_CEF: Final = re.compile(r"CEF:\s?\d+\|")


def form(start: bytes) -> str | None:
    """Which of these kinds a file is, told from its first lines; None where it is none of them."""
    lines = [line for line in start.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:3] if line.strip()]
    if not lines:
        return None
    first = lines[0]
    if first.startswith("#separator"):
        return "zeek"
    if first.startswith("{"):
        if '"event_type"' in first and ('"flow_id"' in first or '"src_ip"' in first or '"stats"' in first):
            return "suricata"
        if '"_path"' in first or ('"uid"' in first and '"id.orig_h"' in first and '"sigma_product"' not in first):
            return "zeek"
        return None
    if _AUDIT.match(first):
        return "auditd"
    if _CEF.search(first):
        return "cef"
    return "syslog" if _SYSLOG.match(first) or _OLD_SYSLOG.match(first) else None


def blocks(stream: io.BufferedReader, reader: Reader) -> Iterator[Block]:
    """The lines of a stream as events."""
    number, texts, numbers, troubles = 0, list[bytes](), list[int](), list[Trouble]()
    while True:
        try:
            line = stream.readline(LONGEST + 2)
        except DAMAGED as problem:
            troubles.append(
                Trouble(number, "cut", f"the file is damaged or cut off after line {number - 1}: {problem}")
            )
            line = b""
        if not line:
            yield of_texts(texts, numbers, tuple(troubles))
            return
        try:
            event = _event(stream, line, reader)
            if event is not None:
                texts.append(_written(event))
                numbers.append(number)
        except Poison as problem:
            troubles.append(Trouble(number, problem.code, str(problem)))
        number += 1
        if len(texts) >= ROWS:
            yield of_texts(texts, numbers, tuple(troubles))
            texts, numbers, troubles = [], [], []


def _written(event: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(event)
    except TypeError:  # numbers of more than 64 bits
        return json.dumps(event).encode()


def _event(stream: io.BufferedReader, line: bytes, reader: Reader) -> dict[str, Any] | None:
    if len(line) > LONGEST and not line.endswith(b"\n"):
        length = len(line)
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST)
            length += len(line)
        raise Poison("long", f"{length:,} bytes, at most {LONGEST:,} are read")
    text = line.decode("utf-8", "replace").strip("\r\n").removeprefix("\ufeff")
    return reader(text) if text and not text.isspace() else None


def zeek(start: bytes) -> Reader:
    """Zeek's logs, as JSON (with `_path`, if the writer adds it) or as tab-separated columns with a header."""
    if start.lstrip().startswith(b"{"):
        return lambda line: _declared(_object(line), "zeek", "_path")
    return _ZeekColumns().event


class _ZeekColumns:
    """Follows the header lines (#separator, #path, #fields, ...), which may come again in a joined file."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {
            "separator": "\t",
            "set_separator": ",",
            "empty_field": "(empty)",
            "unset_field": "-",
        }
        self.fields: list[str] = []
        self.types: list[str] = []

    def event(self, line: str) -> dict[str, Any] | None:
        if line.startswith("#"):
            self._head(line[1:])
            return None
        values = line.split(self.words["separator"])
        if not self.fields:
            raise Poison("text", "a Zeek log says its #fields before its first row")
        if len(values) != len(self.fields):
            raise Poison("text", f"{len(values)} columns, the header names {len(self.fields)}")
        event: dict[str, Any] = {"sigma_product": "zeek", "sigma_service": self.words.get("path", "")}
        for name, kind, value in zip(self.fields, self.types, values, strict=False):
            if value != self.words["unset_field"]:
                event[name] = self._value(kind, value)
        return event

    def _head(self, line: str) -> None:
        if line.startswith("separator "):
            written = line.split(" ", 1)[1]
            known = re.fullmatch(r"\\x([0-9a-fA-F]{2})|(.)", written)
            if known is None:
                raise Poison(
                    "text", f"the separator of a Zeek log is one character or \\x and two digits, not {written!r}"
                )
            self.words["separator"] = chr(int(known[1], 16)) if known[1] else known[2]
            return
        name, *rest = line.split(self.words["separator"])
        if name == "fields":
            self.fields, self.types = rest, self.types if len(self.types) == len(rest) else ["string"] * len(rest)
        elif name == "types":
            self.types = rest
        elif rest:
            self.words[name] = rest[0]

    def _value(self, kind: str, value: str) -> Any:
        if kind.startswith(("set[", "vector[")):
            return [] if value == self.words["empty_field"] else value.split(self.words["set_separator"])
        if value == self.words["empty_field"]:
            return ""
        if kind in ("count", "int", "port") and re.fullmatch(r"-?\d{1,18}", value):
            return int(value)
        return value == "T" if kind == "bool" and value in "TF" else value


def suricata(start: bytes) -> Reader:
    """Suricata's eve.json: the log source is `suricata`, its service the kind of event."""
    return lambda line: _declared(_object(line), "suricata", "event_type")


def _object(line: str) -> dict[str, Any]:
    event = parse(line)
    if not isinstance(event, dict):
        raise Poison("object", "an event is a JSON object")
    return event


def _declared(event: dict[str, Any], product: str, service: str) -> dict[str, Any]:
    event.setdefault("sigma_product", product)
    if isinstance(event.get(service), str):
        event.setdefault("sigma_service", event[service])
    return event


def auditd(start: bytes) -> Reader:
    """Linux audit records, one a line: their keys and values under their own names, encoded texts written out."""
    return _audit


_ENCODED: Final = re.compile(r"^(?:proctitle|exe|comm|cwd|name|cmd|acct|key|data|path|a\d+(?:\[\d+\])?)$")
_PAIR: Final = re.compile(r"""([\w\[\]-]+)=("[^"]*"|'[^']*'|\S*)""")


def _audit(line: str) -> dict[str, Any]:
    head = _AUDIT.match(line)
    if head is None:
        raise Poison("text", "an audit record begins with type=... msg=audit(time:serial):")
    kind = head["type"]
    event: dict[str, Any] = {
        "sigma_product": "linux", "sigma_service": "auditd", "type": kind, "serial": int(head["serial"]),
        "SystemTime": datetime.fromtimestamp(float(head["time"]), UTC).isoformat(),
    }  # fmt: skip
    if head["node"]:
        event["node"] = head["node"]
    for name, value in _PAIR.findall(line[head.end() :].replace("\x1d", " ")):
        if value.startswith("'"):
            for inner, own in _PAIR.findall(value.strip("'")):
                event.setdefault(inner, _audited(kind, inner, own))
        event.setdefault(name, _audited(kind, name, value))
    return event


def _audited(kind: str, name: str, value: str) -> str:
    """A value without its quotes; one the kernel wrote in hexadecimal, because of spaces in it, written out."""
    if value[:1] in "\"'" and value:
        return value[1:-1]
    numbers = kind == "SYSCALL" and re.fullmatch(r"a\d", name)
    if not numbers and _ENCODED.match(name) and len(value) >= 4 and re.fullmatch(r"(?:[0-9A-F]{2})+", value):
        return bytes.fromhex(value).rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
    return value


def syslog(start: bytes) -> Reader:
    """Syslog messages of RFC 5424 and the older form; a message in CEF is read as such."""
    return _syslog


_SERVICES: Final = ("sshd", "sudo", "cron", "vsftpd", "clamav", "guacamole", "auth")


def _syslog(line: str) -> dict[str, Any]:
    if (cef := _CEF.search(line)) and (cef.start() == 0 or _head(line[: cef.start()])):
        return {**_head(line[: cef.start()]), **_cef(line[cef.start() :])}
    head = _SYSLOG.match(line)
    if head is None:
        return _old_syslog(line)
    event = _message(head, *_structured(head["rest"]))
    return {name: value for name, value in event.items() if value not in (None, "-")}


def _old_syslog(line: str) -> dict[str, Any]:
    head = _OLD_SYSLOG.match(line)
    if head is None:
        raise Poison("text", "not a syslog message: <priority>1 time host app ... or Mon dd hh:mm:ss host app: text")
    return {name: value for name, value in _message(head, {}, head["rest"]).items() if value is not None}


def _message(head: re.Match[str], data: dict[str, str], text: str) -> dict[str, Any]:
    priority = int(head["pri"]) if head["pri"] else None
    app = head["app"]
    return {
        "sigma_product": "linux",
        "sigma_service": app.lower() if app.lower() in _SERVICES else "syslog",
        "facility": priority >> 3 if priority is not None else None,
        "severity": priority & 7 if priority is not None else None,
        "timestamp": head["time"],
        "host": head["host"],
        "app": app,
        "process": head["proc"],
        **({"msgid": head["msgid"]} if "msgid" in head.groupdict() else {}),
        **data,
        "message": text,
    }


def _head(prefix: str) -> dict[str, Any]:
    """What stands before a CEF message in its syslog line."""
    words = prefix.split()
    return {"host": words[-1]} if words and not words[-1].startswith("<") and words[-1] != "-" else {}


_ELEMENT: Final = re.compile(r'\[([^\s=\]"]*)')
_PARAM: Final = re.compile(r'\s*([^\s=\]"]+)="((?:[^"\\\]]|\\.)*)"')


def _structured(rest: str) -> tuple[dict[str, str], str]:
    """Structured data as `id.name` fields, and the message behind it."""
    data: dict[str, str] = {}
    if rest.startswith("-"):
        return data, rest[1:].lstrip().removeprefix("\ufeff")
    at = 0
    while ident := _ELEMENT.match(rest, at):
        at = ident.end()
        while found := _PARAM.match(rest, at):
            data[f"{ident[1]}.{found[1]}"] = re.sub(r'\\(["\\\]])', r"\1", found[2])
            at = found.end()
        if not rest.startswith("]", at):
            raise Poison("text", "structured data of syslog is not closed")
        at += 1
    return data, rest[at:].lstrip().removeprefix("\ufeff")


_CEF_HEAD: Final = (
    "cefVersion", "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity",
)  # fmt: skip
_CEF_KEY: Final = re.compile(r"(?:^|\s)([\w.\[\]-]+)=")


def _cef(line: str) -> dict[str, Any]:
    """The seven words of the head, and the extension's keys (ArcSight Common Event Format, version 0 and 1)."""
    parts = re.split(r"(?<!\\)\|", line.split(":", 1)[1].lstrip(), maxsplit=7)
    if len(parts) < 7:
        raise Poison("text", f"CEF has seven parts before its extension, this has {len(parts)}")
    words = [re.sub(r"\\([|\\])", r"\1", part) for part in parts[:7]]
    event: dict[str, Any] = dict(zip(_CEF_HEAD, words, strict=True))
    event["sigma_product"] = words[2].lower()
    extension = parts[7] if len(parts) > 7 else ""
    keys = list(_CEF_KEY.finditer(extension))
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        value = extension[key.end() : following.start() if following else len(extension)].strip()
        event[key[1]] = re.sub(r"\\(.)", lambda one: {"n": "\n", "r": "\r"}.get(one[1], one[1]), value)
    return event
