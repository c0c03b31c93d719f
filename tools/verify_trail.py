"""Whether a trail is as it was sealed: the check of an export, line by line. See docs/trail.md for the format.

This file stands alone: it needs Python and the library `cryptography`, nothing of Bastide, and is kept a second time
as tools/verify_trail.py for whoever checks an export on another machine.

python verify_trail.py FILE [--key HEX] [--last NUMBER:HASH] [--tsa PEM]      exit code 0: whole, 1: not whole,
2: cannot be read, 3: whole, but some signatures (SM2, time stamps) could not be checked on this machine
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import load_pem_x509_certificates

FORMAT, FORMAT_2, FORMAT_1 = "bastide-trail 3", "bastide-trail 2", "bastide-trail 1"
ED25519, SM2 = "ed25519-sha256", "sm2-sm3"
GENESIS = "0" * 64
HEADER_KEYS = {"format", "key", "entries", "seals", "last"}
# How far the clock of the installation and that of a time-stamping authority may be apart.
SLACK = timedelta(minutes=5)
SHA256, SIGNED_DATA, TST_INFO = "608648016503040201", "2a864886f70d010702", "2a864886f70d0109100104"  # OIDs
SEAL_KEYS = {"number", "first", "last", "root", "previous", "sealed_at", "key"}
# What stands before the point in an SM2 public key in DER.
SM2_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
# Hexadecimal digits of a public key and of a signature, shortest and longest.
SIZES = {ED25519: ((64, 64), (128, 128)), SM2: ((130, 130), (16, 144))}


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, without spaces, in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def digest(data: bytes, suite: str) -> str:
    """SHA-256, or SM3 (GB/T 32905)."""
    if suite != SM2:
        return hashlib.sha256(data).hexdigest()
    made = hashes.Hash(hashes.SM3())
    made.update(data)
    return made.finalize().hex()


def leaf_hash(entry: Any, suite: str = ED25519) -> str:
    """RFC 9162 2.1.1: a leaf begins with 0x00."""
    return digest(b"\x00" + canonical(entry), suite)


def merkle_root(leaves: list[str], suite: str = ED25519) -> str:
    """RFC 9162 2.1.1: a node begins with 0x01; the left half is the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    if not leaves:
        return digest(b"", suite)
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = merkle_root(leaves[:half], suite), merkle_root(leaves[half:], suite)
    return digest(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right), suite)


def signed_bytes(seal: Any) -> bytes:
    """What the key signs, and what the next seal names: 0x02, then the seal as canonical JSON."""
    return b"\x02" + canonical(seal)


def seal_hash(seal: Any) -> str:
    return digest(signed_bytes(seal), seal.get("suite") or ED25519)


def is_signed(suite: str, key: Any, signature: Any, data: bytes) -> bool | None:
    """Does a key stand behind data? None where this machine cannot check the suite."""
    for part, (least, most) in zip((key, signature), SIZES[suite], strict=True):
        if not isinstance(part, str) or not re.fullmatch(f"(?:[0-9a-f][0-9a-f]){{{least // 2},{most // 2}}}", part):
            return False
    if suite == SM2:
        return _is_signed_by_sm2(bytes.fromhex(key), bytes.fromhex(signature), data)
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_signed_by_sm2(key: bytes, signature: bytes, data: bytes) -> bool | None:
    """SM2 (GB/T 32918) with the usual identity, by the library tongsuopy or the program openssl 3."""
    try:
        from tongsuopy.crypto import hashes as sm_hashes
        from tongsuopy.crypto.asymciphers import ec
    except ImportError:
        return _asked_openssl(key, signature, data)
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), key)
        point.verify(signature, data, ec.ECDSA(sm_hashes.SM3()))
    except Exception:
        return False
    return True


def _asked_openssl(key: bytes, signature: bytes, data: bytes) -> bool | None:
    if not (program := shutil.which("openssl")):
        return None
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, content in (("key", SM2_HEAD + key), ("signature", signature), ("data", data)):
            (place / name).write_bytes(content)
        done = subprocess.run(
            [program, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin", "-digest", "sm3",
             "-pkeyopt", "distid:1234567812345678", "-sigfile", "signature", "-in", "data"],
            cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode == 0:
        return True
    return False if "Verification Failure" in done.stdout else None


# ---- time stamps (RFC 3161)


@dataclass(frozen=True)
class Told:
    """What a token says: the hash that was there, and when. Read without asking whose signature is on it."""

    hash: str
    at: datetime


def read_token(token: bytes) -> Told:
    """The imprint and the time in a token; ValueError where it is none."""
    try:
        kind, (_tag, wrapped) = _der(_der(token)[0][1])[:2]
        signed = _der(_der(wrapped)[0][1])
        inner, (_tag, content) = _der(signed[2][1])[:2]
        if (kind[1].hex(), inner[1].hex()) != (SIGNED_DATA, TST_INFO):
            raise ValueError("no time stamp")
        stated = _der(_der(_der(content)[0][1])[0][1])
        (_tag, algorithm), (_tag, imprint) = _der(stated[2][1])[:2]
        if _der(algorithm)[0][1].hex() != SHA256:
            raise ValueError("not over SHA-256")
        words = stated[4][1].decode("ascii")
        form = "%Y%m%d%H%M%S.%fZ" if "." in words else "%Y%m%d%H%M%SZ"
        return Told(imprint.hex(), datetime.strptime(words, form).replace(tzinfo=UTC))
    except (IndexError, UnicodeDecodeError) as problem:
        raise ValueError("no time stamp") from problem


def _der(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each element."""
    found, place = [], 0
    while place < len(data):
        tag, size, place = data[place], data[place + 1], place + 2
        if size & 0x80:
            count = size & 0x7F
            size, place = int.from_bytes(data[place : place + count], "big"), place + count
        if place + size > len(data):
            raise ValueError("cut off")
        found.append((tag, data[place : place + size]))
        place += size
    return found


def is_stamped(token: bytes, sha256: str, tsa: bytes) -> bool | None:
    """Is a token signed by an authority whose certificates (PEM) these are? None where the library is not there."""
    try:
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
    except ImportError:
        return None
    granted = b"\x30\x03\x02\x01\x00" + token
    size = len(granted).to_bytes((len(granted).bit_length() + 7) // 8, "big")
    head = bytes([0x30, len(granted)]) if len(granted) < 0x80 else bytes([0x30, 0x80 | len(size)]) + size
    try:
        checker = VerifierBuilder(roots=load_pem_x509_certificates(tsa)).build()
        return bool(checker.verify(decode_timestamp_response(head + granted), bytes.fromhex(sha256)))
    except (VerificationError, ValueError):
        return False


def sha256_of(seal: Any) -> str:
    """What an authority is asked to stamp: in the usual suite this is the hash of the seal itself."""
    return hashlib.sha256(signed_bytes(seal)).hexdigest()


def _moment(words: Any) -> datetime | None:
    try:
        return datetime.strptime(words, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return None


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

    key: str = ""  # a public key that must have signed, known from outside; empty: whichever the header names
    last: str = ""  # "NUMBER:HASH" of a seal that must be there, known from outside
    tsa: bytes = b""  # certificates (PEM) of the authority whose time stamps are believed
    faults: list[Fault] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # what is whole, and says a time that cannot be
    entries: int = 0
    seals: int = 0
    stamps: int = 0
    stamped: str = ""  # what the last time stamp says, in words
    unproven: int = 0  # time stamps whose signature was not checked
    unchecked: list[str] = field(default_factory=list)  # seals whose signature this machine cannot check
    tip: str = ""  # "NUMBER:HASH" of the last seal read
    _expected: int = 1
    _leaves: list[str] = field(default_factory=list)
    _first: int = 1
    _named: bool = False
    _previous: str = GENESIS
    _header: dict[str, Any] | None = None
    _seen_last: bool = False
    _suite: str = ED25519
    _signer: str = ""  # the key that must sign the next seal
    _signed_by: set[str] = field(default_factory=set)
    _seal: dict[str, Any] = field(default_factory=dict)  # the last one read
    _stamped: tuple[Any, datetime] | None = None  # number of the seal stamped last, and when

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
        elif isinstance(line, dict) and line.keys() == {"stamp", "token"}:
            self._read_stamp(line["stamp"], line["token"])
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
        if header.get("stamps", 0) != self.stamps:
            self.fault(self._expected, f"the header says {header.get('stamps', 0)} time stamps, found {self.stamps}")
        if self.key and self.key not in (self._signed_by if self.seals else {self._signer}):
            self.fault(1, "the key expected has signed nothing here")
        self.key = self.key or self._signer
        if self.last and not self._seen_last:
            self.fault(self._expected, f"seal {self.last} is not here: an older or another copy was put in place")
        return self

    def _read_header(self, line: Any) -> None:
        self._header = {"entries": None, "seals": None, "last": None}
        named = {FORMAT: HEADER_KEYS | {"suite", "stamps"}, FORMAT_2: HEADER_KEYS | {"suite"}, FORMAT_1: HEADER_KEYS}
        if not isinstance(line, dict) or line.keys() != named.get(str(line.get("format"))):
            self.fault(1, f"the first line is not a header of the format '{FORMAT}'")
            return
        self._header, self._signer = line, str(line["key"])
        self._suite = str(line.get("suite", ED25519))
        if self._suite not in SIZES:
            self.fault(1, "the suite is not known")
            self._suite = ED25519

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
        made = leaf_hash(entry, self._suite)
        if made != leaf:
            self.fault(sequence, "changed: the entry does not have the hash kept for it")
        self._leaves.append(made)
        self._expected = max(self._expected, sequence + 1)

    def _read_seal(self, seal: dict[str, Any], signature: Any) -> None:
        self.seals += 1
        first = self._first
        if seal.keys() - {"suite", "next"} != SEAL_KEYS:
            self.fault(first, "a seal does not have the fields of a seal")
            seal = {name: seal.get(name) for name in SEAL_KEYS}
        name = f"seal {seal['number']}"
        if seal["number"] != self.seals:
            self.fault(first, f"{name} stands where seal {self.seals} belongs: deleted, inserted or moved")
        self._judge_signature(seal, signature, name)
        if seal["previous"] != self._previous:
            self.fault(first, f"{name} does not follow the seal before it")
        found = self._expected - 1
        if type(seal["last"]) is int and seal["last"] > found:
            self.fault(found + 1, f"deleted or moved: {_span(found + 1, seal['last'])}")
        elif (seal["first"], seal["last"]) != (first, found) or not self._leaves:
            self.fault(first, f"{name} covers {_span(seal['first'], seal['last'])}, found {_span(first, found)}")
        if merkle_root(self._leaves, self._suite) != seal["root"] and not self._named:
            self.fault(first, f"changed together with their hashes: one or more of entries {first} to {seal['last']}")
        self._previous, self._seal = seal_hash(seal), seal
        self._doubt_time(seal)
        self.tip = f"{seal['number']}:{self._previous}"
        self._seen_last = self._seen_last or self.tip == self.last
        self._leaves, self._named = [], False
        self._take_over(seal)
        # What follows is judged by what the seal says, so that one fault is told once.
        if type(seal["last"]) is int:
            self._expected = max(self._expected, seal["last"] + 1)
        self._first = self._expected

    def _judge_signature(self, seal: dict[str, Any], signature: Any, name: str) -> None:
        """The key in force must have signed, in the suite in force; then the one it announces is in force."""
        if seal.get("suite", ED25519) != self._suite:
            self.fault(self._first, f"{name} is of another suite than was announced")
            signed: bool | None = False
        else:
            right = seal["key"] == self._signer
            signed = is_signed(self._suite, self._signer, signature, signed_bytes(seal)) if right else False
        if signed is None:
            self.unchecked.append(name)
        elif not signed:
            self.fault(self._first, f"{name} is not signed by the key")
        if signed is not False:
            self._signed_by.add(self._signer)

    def _doubt_time(self, seal: dict[str, Any]) -> None:
        """What follows a stamped seal was not sealed before it was stamped."""
        at = _moment(seal["sealed_at"])
        if at is None:
            self.fault(self._first, f"seal {seal['number']} does not say when it was made")
        elif self._stamped is not None and at < self._stamped[1] - SLACK:
            number, since = self._stamped
            self.doubts.append(f"seal {seal['number']} says {at:%Y-%m-%d %H:%M:%S}Z, seal {number} before it was "
                               f"stamped at {since:%Y-%m-%d %H:%M:%S}Z")  # fmt: skip

    def _read_stamp(self, number: Any, token: Any) -> None:
        """A token stands behind its seal, is over its hash, by the authority, and not from before it was made."""
        self.stamps += 1
        seal, name, first = self._seal, f"the time stamp of seal {number}", self._first
        if not seal or number != seal["number"] or (self._stamped is not None and self._stamped[0] == number):
            self.fault(first, f"{name} does not stand behind its seal: moved or inserted")
            return
        first = seal["first"]
        try:
            data = base64.b64decode(token, validate=True)
            told = read_token(data)
        except (TypeError, ValueError):
            self.fault(first, f"{name} cannot be read")
            return
        if told.hash != sha256_of(seal):
            self.fault(first, f"{name} is over something else")
            return
        signed = is_stamped(data, told.hash, self.tsa) if self.tsa else None
        if signed is False:
            self.fault(first, f"{name} is not signed by the authority")
            return
        self.unproven += signed is None
        made = _moment(seal["sealed_at"])
        if (made and told.at < made - SLACK) or (self._stamped is not None and told.at < self._stamped[1]):
            self.doubts.append(f"{name} is from before it was made: {told.at:%Y-%m-%d %H:%M:%S}Z")
        self._stamped = number, told.at
        self.stamped = f"seal {number}, entries up to {seal['last']}, were there at {told.at:%Y-%m-%d %H:%M:%S}Z"

    def _take_over(self, seal: dict[str, Any]) -> None:
        """A new key is in force from the next seal on."""
        if "next" not in seal:
            return
        told = seal["next"]
        if not isinstance(told, dict) or told.keys() != {"key", "suite"} or told["suite"] not in SIZES:
            self.fault(self._first, f"seal {seal['number']} announces a key that is none")
            return
        self._signer, self._suite = str(told["key"]), told["suite"]


def check_lines(lines: Iterable[Any], *, key: str = "", last: str = "", tsa: bytes = b"") -> Check:
    """Check lines that are at hand as values, such as those of a database."""
    check = Check(key=key, last=last, tsa=tsa)
    for line in lines:
        check.read(line)
    return check.end()


def check_bytes(lines: Iterable[bytes], *, key: str = "", last: str = "", tsa: bytes = b"") -> Check:
    """Check the lines of a file; each must be canonical to the byte and end with a line feed."""
    check = Check(key=key, last=last, tsa=tsa)
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
    for doubt in check.doubts:
        yield f"TIME DOUBTFUL: {doubt}"
    if check.unchecked:
        yield f"NOT CHECKED: {len(check.unchecked)} signatures; install tongsuopy or openssl 3 to check SM2"
    if check.unproven:
        how = "install rfc3161-client" if check.tsa else "name the certificates of the authority"
        yield f"NOT CHECKED: the signatures of {check.unproven} time stamps; {how}"
    if not check.faults:
        yield f"WHOLE: {check.entries} entries under {check.seals} seals"
        yield f"last seal {check.tip or 'none'}"
        if check.stamps:
            yield f"time stamps: {check.stamps}; {check.stamped}"
        yield f"key {check.key}"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Checks an export of a Bastide trail.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", default="", help="public key in hexadecimal, known from elsewhere")
    parser.add_argument("--last", default="", help="NUMBER:HASH of a seal known from elsewhere")
    parser.add_argument("--tsa", type=Path, help="certificates (PEM) of the authority that stamped the time")
    given = parser.parse_args(words)
    try:
        tsa = given.tsa.read_bytes() if given.tsa else b""
        with open(given.file, "rb") as file:
            check = check_bytes(file, key=given.key, last=given.last, tsa=tsa)
    except OSError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write("\n".join(told(check)) + "\n")
    return code_of(check)


def code_of(check: Check) -> int:
    """The exit code: 1 not whole, or of doubtful time; 3 whole, but signatures could not be checked; 0 whole."""
    return 1 if check.faults or check.doubts else 3 if check.unchecked or check.unproven else 0


if __name__ == "__main__":
    sys.exit(main())
