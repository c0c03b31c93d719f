"""Whether a trail is as it was sealed: the check of an export, line by line. See docs/trail.md for the format.

This file stands alone: it needs Python and the library `cryptography`, nothing of Bastide, and is kept a second time
as tools/verify_trail.py for whoever checks an export on another machine.

python verify_trail.py FILE [--key HEX] [--last NUMBER:HASH]      exit code 0: whole, 1: not whole, 2: cannot be read
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "bastide-trail 1"
GENESIS = "0" * 64
SEAL_KEYS = {"number", "first", "last", "root", "previous", "sealed_at", "key"}


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, without spaces, in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def leaf_hash(entry: Any) -> str:
    """RFC 9162 2.1.1: a leaf begins with 0x00."""
    return hashlib.sha256(b"\x00" + canonical(entry)).hexdigest()


def merkle_root(leaves: list[str]) -> str:
    """RFC 9162 2.1.1: a node begins with 0x01; the left half is the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = merkle_root(leaves[:half]), merkle_root(leaves[half:])
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def signed_bytes(seal: Any) -> bytes:
    """What the key signs, and what the next seal names: 0x02, then the seal as canonical JSON."""
    return b"\x02" + canonical(seal)


def seal_hash(seal: Any) -> str:
    return hashlib.sha256(signed_bytes(seal)).hexdigest()


def _span(first: Any, last: Any) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the sequence number at which it shows."""

    sequence: int
    words: str

    def __str__(self) -> str:
        return f"{self.sequence}: {self.words}"


@dataclass
class Check:
    """Reads the lines of an export in their order; `faults` tells what is not as it was sealed."""

    key: str = ""  # the public key that must have signed; empty: the one the header names
    last: str = ""  # "NUMBER:HASH" of a seal that must be there, known from outside
    faults: list[Fault] = field(default_factory=list)
    entries: int = 0
    seals: int = 0
    tip: str = ""  # "NUMBER:HASH" of the last seal read
    _expected: int = 1
    _leaves: list[str] = field(default_factory=list)
    _first: int = 1
    _named: bool = False
    _previous: str = GENESIS
    _header: dict[str, Any] | None = None
    _seen_last: bool = False

    def fault(self, sequence: int, words: str) -> None:
        self._named = True
        self.faults.append(Fault(sequence, words))

    def read(self, line: Any) -> None:
        if self._header is None:
            self._read_header(line)
        elif isinstance(line, dict) and line.keys() == {"entry", "leaf"} and isinstance(line["entry"], dict):
            self._read_entry(line["entry"], line["leaf"])
        elif isinstance(line, dict) and line.keys() == {"seal", "signature"} and isinstance(line["seal"], dict):
            self._read_seal(line["seal"], line["signature"])
        else:
            self.fault(self._expected, "a line is neither an entry nor a seal")

    def end(self) -> Check:
        header = self._header
        if header is None:
            self.fault(1, "the header is missing")
            return self
        if self._leaves:
            self.fault(self._first, f"entries {self._first} to {self._expected - 1} have no seal")
        told = (header["entries"], header["seals"], header["last"])
        if told != (self.entries, self.seals, self.tip):
            found = (self.entries, self.seals, self.tip)
            self.fault(self._expected, f"cut off or drawn out: the header says {told}, found {found}")
        if self.last and not self._seen_last:
            self.fault(self._expected, f"seal {self.last} is not here: an older or another copy was put in place")
        return self

    def _read_header(self, line: Any) -> None:
        self._header = {"entries": None, "seals": None, "last": None, "key": ""}
        if not isinstance(line, dict) or line.keys() != {"format", "key", "entries", "seals", "last"}:
            self.fault(1, "the first line is not a header")
            return
        self._header = line
        if line["format"] != FORMAT:
            self.fault(1, f"the format is not '{FORMAT}'")
        if self.key and line["key"] != self.key:
            self.fault(1, "another key than expected is named in the header")
        self.key = self.key or str(line["key"])

    def _read_entry(self, entry: dict[str, Any], leaf: Any) -> None:
        sequence = entry.get("sequence")
        self.entries += 1
        if type(sequence) is not int:
            self.fault(self._expected, "an entry has no sequence number")
            sequence = self._expected
        elif sequence > self._expected:
            self.fault(self._expected, f"deleted or moved: {_span(self._expected, sequence - 1)}")
        elif sequence < self._expected:
            self.fault(sequence, "inserted or moved: comes after later entries")
        made = leaf_hash(entry)
        if made != leaf:
            self.fault(sequence, "changed: the entry does not have the hash kept for it")
        self._leaves.append(made)
        self._expected = max(self._expected, sequence + 1)

    def _read_seal(self, seal: dict[str, Any], signature: Any) -> None:
        self.seals += 1
        first = self._first
        if seal.keys() != SEAL_KEYS:
            self.fault(first, "a seal does not have the fields of a seal")
            seal = {name: seal.get(name) for name in SEAL_KEYS}
        name = f"seal {seal['number']}"
        if seal["number"] != self.seals:
            self.fault(first, f"{name} stands where seal {self.seals} belongs: deleted, inserted or moved")
        if not self._is_signed(seal, signature):
            self.fault(first, f"{name} is not signed by the key")
        if seal["previous"] != self._previous:
            self.fault(first, f"{name} does not follow the seal before it")
        found = self._expected - 1
        if type(seal["last"]) is int and seal["last"] > found:
            self.fault(found + 1, f"deleted or moved: {_span(found + 1, seal['last'])}")
        elif (seal["first"], seal["last"]) != (first, found) or not self._leaves:
            self.fault(first, f"{name} covers {_span(seal['first'], seal['last'])}, found {_span(first, found)}")
        if merkle_root(self._leaves) != seal["root"] and not self._named:
            self.fault(first, f"changed together with their hashes: one or more of entries {first} to {seal['last']}")
        self._previous = seal_hash(seal)
        self.tip = f"{seal['number']}:{self._previous}"
        self._seen_last = self._seen_last or self.tip == self.last
        self._leaves, self._named = [], False
        # What follows is judged by what the seal says, so that one fault is told once.
        if type(seal["last"]) is int:
            self._expected = max(self._expected, seal["last"] + 1)
        self._first = self._expected

    def _is_signed(self, seal: dict[str, Any], signature: Any) -> bool:
        if seal["key"] != self.key or not all(
            isinstance(part, str) and re.fullmatch(f"[0-9a-f]{{{size}}}", part)
            for part, size in ((self.key, 64), (signature, 128))
        ):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key)).verify(
                bytes.fromhex(signature), signed_bytes(seal)
            )
        except (InvalidSignature, ValueError):
            return False
        return True


def check_lines(lines: Iterable[Any], *, key: str = "", last: str = "") -> Check:
    """Check lines that are at hand as values, such as those of a database."""
    check = Check(key=key, last=last)
    for line in lines:
        check.read(line)
    return check.end()


def check_bytes(lines: Iterable[bytes], *, key: str = "", last: str = "") -> Check:
    """Check the lines of a file; each must be canonical to the byte and end with a line feed."""
    check = Check(key=key, last=last)
    for raw in lines:
        try:
            value = json.loads(raw)
            exact = canonical(value) + b"\n" == raw
        except (ValueError, RecursionError):
            exact = False
        if exact:
            check.read(value)
        else:
            check.fault(check._expected, "a line is cut off or not as it was written")
    return check.end()


def told(check: Check) -> Iterator[str]:
    """The verdict in lines, the same wherever it is asked."""
    for fault in check.faults:
        yield f"NOT WHOLE at entry {fault}"
    if not check.faults:
        yield f"WHOLE: {check.entries} entries under {check.seals} seals"
        yield f"last seal {check.tip or 'none'}"
        yield f"key {check.key}"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Checks an export of a Bastide trail.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", default="", help="public key in hexadecimal, known from elsewhere")
    parser.add_argument("--last", default="", help="NUMBER:HASH of a seal known from elsewhere")
    given = parser.parse_args(words)
    try:
        with open(given.file, "rb") as file:
            check = check_bytes(file, key=given.key, last=given.last)
    except OSError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write("\n".join(told(check)) + "\n")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
