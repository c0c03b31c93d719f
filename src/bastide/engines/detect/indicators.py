"""Indicators of compromise – a million of them – looked for in every value of an event, in one pass.

What counts as found (a *token* lies between blanks, quotes, brackets, commas, semicolons, bars and backslashes):

* an address or network: a token, or a part of one, reads as an address that equals it or lies in it;
* a domain: a name in a token, or the host of a URL or e-mail address, equals it or is a sub-domain of it;
* a URL: the rest of a token from its scheme on equals it; an e-mail address: the part around an @ equals it;
* a hash: a part of a token equals it (Sysmon's `SHA256=…,MD5=…` is such a value).

Letters A to Z count as a to z everywhere, also in the path of a URL. Numbers that are no texts are not looked at.
"""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from . import native
from .event import Poison, flat
from .native import kernel
from .parse import parse


class Sort(IntEnum):
    """What an indicator is; the numbers are the kernel's."""

    ADDRESS = 0
    NETWORK = 1
    DOMAIN = 2
    URL = 3
    HASH = 4
    EMAIL = 5


_NAMES: Final = {
    "ip": Sort.ADDRESS, "address": Sort.ADDRESS, "ipv4-addr": Sort.ADDRESS, "ipv6-addr": Sort.ADDRESS,
    "network": Sort.NETWORK, "cidr": Sort.NETWORK, "ipv4-cidr": Sort.NETWORK, "ipv6-cidr": Sort.NETWORK,
    "domain": Sort.DOMAIN, "domain-name": Sort.DOMAIN, "hostname": Sort.DOMAIN,
    "url": Sort.URL, "hash": Sort.HASH, "md5": Sort.HASH, "sha1": Sort.HASH, "sha256": Sort.HASH,
    "file-md5": Sort.HASH, "file-sha1": Sort.HASH, "file-sha256": Sort.HASH, "file-sha512": Sort.HASH,
    "email": Sort.EMAIL, "email-addr": Sort.EMAIL,
}  # fmt: skip
_HASH: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}")
_LABEL: Final = r"[a-z0-9_\x80-\U0010ffff](?:[a-z0-9_\x80-\U0010ffff-]{0,62})"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_EMAIL: Final = re.compile(rf"[a-z0-9._%+\x80-\U0010ffff-]+@(?:{_LABEL}\.)*{_LABEL}")
_URL: Final = re.compile(r"[a-z]+://[^\s\"'<>(){}\[\]|,;\\^`]+")


class WrongIndicator(ValueError):
    """A value that is no indicator of its sort; the text says why."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: its value as it is looked for, what it is, and the id others know it by."""

    value: str
    sort: Sort
    id: str = ""

    @classmethod
    def of(cls, value: str, sort: str = "", id: str = "") -> Indicator:
        """From what somebody wrote; without `sort` it is told from the value. Raises WrongIndicator."""
        text = value.strip().rstrip(".").lower()
        known = _NAMES.get(sort.strip().lower()) if sort else _sort_of(text)
        if known is None:
            raise WrongIndicator(f"'{value}' is no {sort or 'address, network, domain, URL, hash or e-mail address'}")
        if known == Sort.ADDRESS and "/" in text:
            known = Sort.NETWORK
        if not _IS[known](text):
            raise WrongIndicator(f"'{value}' is no {known.name.lower()}")
        return cls(text, known, id or value.strip())


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "%" not in text and re.fullmatch(r"[^/]+(/\d{1,3})?", text) is not None


_IS: Final[dict[Sort, Callable[[str], bool]]] = {
    Sort.ADDRESS: _is_network,
    Sort.NETWORK: _is_network,
    Sort.DOMAIN: lambda text: _DOMAIN.fullmatch(text) is not None,
    Sort.URL: lambda text: _URL.fullmatch(text) is not None,
    Sort.HASH: lambda text: _HASH.fullmatch(text) is not None,
    Sort.EMAIL: lambda text: _EMAIL.fullmatch(text) is not None,
}


def _sort_of(text: str) -> Sort | None:
    order = (Sort.URL, Sort.EMAIL, Sort.HASH, Sort.NETWORK, Sort.DOMAIN)
    return next((sort for sort in order if _IS[sort](text)), None)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row of a list that is no indicator: where it stands, and why."""

    path: str
    line: int  # from 1
    reason: str


def read_list(path: Path) -> Iterator[Indicator | Wrong]:
    """Indicators of a file: CSV with a column `value` (and `type`, `id`), or one value a line; # begins a remark."""
    with path.open(encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        first = file.readline()
        file.seek(0)
        names = [name.strip().lower() for name in first.split(",")]
        columns = names if "value" in names else ["value"]
        rows = csv.reader(file) if "value" in names else ([line] for line in file)
        for number, row in enumerate(rows, start=1):
            if (number == 1 and "value" in names) or not row or not row[0].strip() or row[0].startswith("#"):
                continue
            given = dict(zip(columns, row, strict=False))
            try:
                yield Indicator.of(given.get("value", ""), given.get("type", ""), given.get("id", ""))
            except WrongIndicator as problem:
                yield Wrong(str(path), number, str(problem))


class Indicators:
    """A set of indicators that may grow while it is used; nothing is built anew when some are added."""

    def __init__(self, given: Iterable[Indicator] = ()) -> None:
        self.all: list[Indicator] = []
        self._index: _Index = _Compiled() if native.available() else _Plain()
        self._places = np.empty(0, np.int64)  # number in the index → place in `all`, -1: dropped
        self.add(given)

    def __len__(self) -> int:
        return int((self._places >= 0).sum())

    def add(self, given: Iterable[Indicator]) -> None:
        """Takes indicators in. One that is known already gets the newer id."""
        new = list(given)
        numbers = np.array(self._index.add(new), np.int64)
        if (wrong := np.flatnonzero(numbers < 0)).size:
            one = new[int(wrong[0])]
            raise WrongIndicator(f"'{one.value}' is no {one.sort.name.lower()}")
        if numbers.size:
            more = int(numbers.max()) + 1 - len(self._places)
            self._places = np.concatenate([self._places, np.full(max(more, 0), -1, np.int64)])
            self._places[numbers] = np.arange(len(self.all), len(self.all) + len(new))
            self.all += new

    def drop(self, given: Iterable[Indicator]) -> None:
        """Looks for these no more."""
        gone = list(given)
        self.add(gone)  # so that each has a number
        for number in self._index.add(gone):
            self._index.drop(number)
            self._places[number] = -1

    def look(self, values: pa.Array | pa.ChunkedArray | Sequence[str], *, json: bool = False) -> NDArray[np.int64]:
        """What is found in some texts; of JSON objects (`json`) in every string value, names left out.

        Pairs (row, place in `all`) as an array of shape (n, 2), sorted, each once.
        """
        found, begun = [np.empty((0, 2), np.int64)], 0
        for part in _parts(values):
            pairs = self._index.look(part, json=json).astype(np.int64)
            found.append(np.stack([pairs[:, 0] + begun, self._places[pairs[:, 1]]], axis=1))
            begun += len(part)
        pairs = np.concatenate(found)
        return np.unique(pairs[pairs[:, 1] >= 0], axis=0)

    def fields(self, event: dict[str, Any], place: int) -> dict[str, Any]:
        """The fields of an event in which an indicator is found."""
        try:
            texts = {name: value for name, value in flat(event).items() if isinstance(value, str)}
        except Poison:
            return {}
        rows = {row for row, found in self.look(list(texts.values())).tolist() if found == place}
        return {name: value for row, (name, value) in enumerate(texts.items()) if row in rows}


class _Index:
    """Numbers of indicators, and where they are found."""

    def add(self, given: Sequence[Indicator]) -> list[int]:
        raise NotImplementedError

    def drop(self, number: int) -> None:
        raise NotImplementedError

    def look(self, values: pa.Array, *, json: bool) -> NDArray[np.uint32]:
        raise NotImplementedError


class _Compiled(_Index):
    """The kernel's: a hash table of texts by their ends, one of addresses, and ranges for networks."""

    def __init__(self) -> None:
        self._kernel = kernel.KernelIndicators()

    def add(self, given: Sequence[Indicator]) -> list[int]:
        texts = [one.value.encode() for one in given]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        sorts = np.fromiter((one.sort for one in given), np.uint8, len(texts))
        numbers: list[int] = self._kernel.add(sorts, b"".join(texts), offsets).tolist()
        return numbers

    def drop(self, number: int) -> None:
        self._kernel.drop(number)

    def look(self, values: pa.Array, *, json: bool) -> NDArray[np.uint32]:
        if values.null_count:
            values = values.fill_null(pa.scalar(b"").cast(values.type))
        wide = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
        _valid, offsets, data = values.buffers()
        if data is None or not len(values):
            return np.empty((0, 2), np.uint32)
        at = offsets.address + values.offset * (8 if wide else 4)
        pairs, odd = self._kernel.look(data.address, at, wide=wide, count=len(values), json=json)
        parts = [pairs]
        for row in odd.tolist():
            inner = _texts_of(values[row].as_py())
            numbers = self.look(pa.array(inner, pa.string()), json=False)[:, 1]
            parts.append(np.stack([np.full(len(numbers), row, np.uint32), numbers], axis=1))
        return np.concatenate(parts)


class _Plain(_Index):
    """The same in Python, for machines without a compiler; also the judge of the kernel in the tests."""

    _TOKEN: Final = re.compile(r"[A-Za-z0-9._\-:/@%?&=+~#$!*\x80-\U0010ffff]+")
    _RUN: Final = re.compile(r"[A-Za-z0-9._\-\x80-\U0010ffff]+")
    _MAIL: Final = re.compile(r"(?=@([A-Za-z0-9._\-\x80-\U0010ffff]+))")
    _LOCAL: Final = re.compile(r"[A-Za-z0-9._\-+%\x80-\U0010ffff]+\Z")
    _SCHEME: Final = re.compile(r"[A-Za-z]+\Z")
    _FOUR: Final = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)")
    _SIX: Final = re.compile(r"[0-9a-fA-F:.]{2,45}")

    def __init__(self) -> None:
        self._numbers: dict[tuple[Sort, str], int] = {}
        self._texts: dict[str, list[tuple[Sort, int]]] = {}
        self._networks: dict[tuple[int, int], dict[int, int]] = {}  # version, size → network → number
        self._dropped: set[int] = set()

    def add(self, given: Sequence[Indicator]) -> list[int]:
        return [self._add(one) for one in given]

    def _add(self, one: Indicator) -> int:
        sort = Sort.NETWORK if one.sort == Sort.ADDRESS else one.sort
        text = one.value.removesuffix("/32") if sort == Sort.NETWORK and ":" not in one.value else one.value
        key = (sort, text)
        number = self._numbers.setdefault(key, len(self._numbers))
        self._dropped.discard(number)
        if sort == Sort.NETWORK:
            network = ipaddress.ip_network(text, strict=False)
            self._networks.setdefault((network.version, network.prefixlen), {}).setdefault(
                int(network.network_address), number
            )
        elif (sort, number) not in self._texts.setdefault(text, []):
            self._texts[text].append((sort, number))
        return number

    def drop(self, number: int) -> None:
        self._dropped.add(number)

    def look(self, values: pa.Array, *, json: bool) -> NDArray[np.uint32]:
        found = []
        for row, value in enumerate(values.to_pylist()):
            texts = [] if value is None else _texts_of(value) if json else [_decoded(value)]
            numbers = {number for text in texts for number in self._in_value(text)} - self._dropped
            found += [(row, number) for number in sorted(numbers)]
        return np.array(found, np.uint32).reshape(-1, 2)

    def _in_value(self, value: str) -> Iterator[int]:
        for token in self._TOKEN.findall(value):
            if ":" in token and self._SIX.fullmatch(token) and _is_six(token):
                yield from self._address(ipaddress.IPv6Address(token))
                continue
            for at in (match.start() for match in re.finditer("@", token)):
                local, domain = self._LOCAL.search(token[:at]), self._RUN.match(token, at + 1)
                if local and domain and (name := domain[0].rstrip(".")):
                    yield from self._text(f"{local[0]}@{name}")
            for match in re.finditer("://", token):
                if scheme := self._SCHEME.search(token[: match.start()]):
                    yield from self._text(scheme[0] + token[match.start() :])
            for run in self._RUN.findall(token):
                yield from self._run(run.strip("."))

    def _run(self, run: str) -> Iterator[int]:
        if len(run.encode()) < 3:
            return
        if self._FOUR.fullmatch(run):
            yield from self._address(ipaddress.IPv4Address(run))
            return
        yield from self._text(run)
        for match in re.finditer(r"\.", run):
            yield from self._text(run[match.end() :], part=True)

    def _text(self, text: str, *, part: bool = False) -> Iterator[int]:
        for sort, number in self._texts.get(_lower(text), ()):
            if not part or sort == Sort.DOMAIN:
                yield number

    def _address(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterator[int]:
        width = address.max_prefixlen
        for (version, size), known in self._networks.items():
            if version == address.version:
                network = int(address) >> (width - size) << (width - size)
                if network in known:
                    yield known[network]


def _is_six(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


_CAPITALS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def _lower(text: str) -> str:
    return text.translate(_CAPITALS)


def _decoded(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _texts_of(value: str | bytes) -> list[str]:
    """Every string value of a JSON text; the text as a whole where it is none."""
    try:
        return list(_strings(parse(value)))
    except Poison:
        return []


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.encode("utf-8", "replace").decode()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _parts(values: pa.Array | pa.ChunkedArray | Sequence[str]) -> Iterator[pa.Array]:
    """Arrays of texts; other columns as texts."""
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.array(values, pa.string())
    for part in values.chunks if isinstance(values, pa.ChunkedArray) else [values]:
        yield part if texts(part.type) else part.cast(pa.string())


def texts(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts as the kernel reads them."""
    known = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(is_one(kind) for is_one in known)
