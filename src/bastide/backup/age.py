"""Files encrypted in the format of age (age-encryption.org/v1), written and read as streams.

Locked for recipients, a file is one that the program `age` opens. Locked with a passphrase, it begins with a key made
for this file alone, which the passphrase protects (an age file too, in letters), and goes on with what that key opens:
the passphrase is asked once, and the bytes behind it stream.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyrage

BEGIN, END = b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----\n"
BINARY = b"age-encryption.org/v1\n"
LONGEST = 64 * 1024  # bytes of the key in letters, of a passphrase and of a file of identities


class WrongKey(Exception):
    """What was given does not open the file, or is no key at all."""


class CannotDecrypt(Exception):
    """The file was changed or cut off since it was encrypted."""


@dataclass(frozen=True)
class Locks:
    """For whom a file is encrypted: public keys, or a passphrase; nothing is plain."""

    recipients: tuple[str, ...] = ()
    passphrase: str = ""

    def __post_init__(self) -> None:
        if self.recipients and self.passphrase:
            raise WrongKey("Encrypt for recipients or with a passphrase, not both.")
        for one in self.recipients:
            _recipient(one)

    @property
    def given(self) -> bool:
        return bool(self.recipients or self.passphrase)


PLAIN = Locks()


@dataclass(frozen=True)
class Keys:
    """What may open a file: secret keys, or a passphrase."""

    identities: tuple[str, ...] = ()
    passphrase: str = ""


def locks_of(recipients: Iterable[str], passphrase_file: Path | None) -> Locks:
    """What the command line says of how to encrypt."""
    return Locks(tuple(recipients), _passphrase_in(passphrase_file) if passphrase_file else "")


def keys_of(identity_file: Path | None, passphrase_file: Path | None) -> Keys:
    """What the command line says of how to open; a file of identities is one that `age-keygen` writes."""
    identities = _identities_in(identity_file) if identity_file else ()
    return Keys(identities, _passphrase_in(passphrase_file) if passphrase_file else "")


def _passphrase_in(file: Path) -> str:
    lines = _short(file).splitlines()
    if not lines or not lines[0].strip():
        raise WrongKey(f"{file} holds no passphrase in its first line.")
    return lines[0].strip()


def _identities_in(file: Path) -> tuple[str, ...]:
    found = tuple(line.strip() for line in _short(file).splitlines() if line.strip() and not line.startswith("#"))
    if not found:
        raise WrongKey(f"{file} holds no key; a line beginning with AGE-SECRET-KEY-1 is expected.")
    return found


def _short(file: Path) -> str:
    with open(file, "rb") as opened:
        content = opened.read(LONGEST)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise WrongKey(f"{file} is not text.") from error


# ---- writing


@contextmanager
def locked(file: BinaryIO, locks: Locks) -> Iterator[BinaryIO]:
    """A file to write to; what is written arrives in `file`, encrypted if locks are given."""
    if not locks.given:
        yield file
        return
    recipients = [_recipient(one) for one in locks.recipients]
    if locks.passphrase:
        identity = pyrage.x25519.Identity.generate()
        file.write(pyrage.passphrase.encrypt(f"{identity}\n".encode(), locks.passphrase, armored=True))
        recipients = [identity.to_public()]
    with _piped(lambda end: pyrage.encrypt_io(end, file, recipients), "rb") as writer:
        yield writer


def _recipient(words: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(words)
    except pyrage.RecipientError as error:
        raise WrongKey(f"'{words[:80]}' is no recipient ({error}); one begins with age1.") from error


# ---- reading


@contextmanager
def unlocked(file: BinaryIO, keys: Keys) -> Iterator[BinaryIO]:
    """A file to read from; what comes is plain. Raises WrongKey before, CannotDecrypt after what could be read."""
    start = file.read(len(BEGIN))
    file.seek(0)
    if not start.startswith((BEGIN, BINARY)):
        yield file
        return
    identities = _own_key(file, keys.passphrase) if start == BEGIN else _identities(keys.identities)
    with _piped(lambda end: pyrage.decrypt_io(file, end, identities), "wb") as reader:
        yield reader


def _own_key(file: BinaryIO, passphrase: str) -> list[pyrage.x25519.Identity]:
    """The key at the head of a file that a passphrase locks; the file then stands behind it."""
    if not passphrase:
        raise WrongKey("The file is encrypted with a passphrase: give --passphrase-file.")
    head = b""
    while not head.endswith(END):
        line = file.readline(LONGEST)
        head += line
        if not line or len(head) > LONGEST:
            raise CannotDecrypt("The key at the head of the file is cut off.")
    try:
        return _identities((pyrage.passphrase.decrypt(head, passphrase).decode().strip(),))
    except pyrage.DecryptError as error:
        raise WrongKey("The passphrase does not open the file.") from error


def _identities(words: tuple[str, ...]) -> list[pyrage.x25519.Identity]:
    if not words:
        raise WrongKey("The file is encrypted for recipients: give --identity with the file of one's secret key.")
    try:
        return [pyrage.x25519.Identity.from_str(one) for one in words]
    except pyrage.IdentityError as error:
        raise WrongKey(f"A line of the identity file is no secret key of age ({error}).") from error


# ---- the stream


@contextmanager
def _piped(work: Callable[[BinaryIO], None], mode: str) -> Iterator[BinaryIO]:
    """Our end of a pipe whose other end a thread works on; what goes wrong there is raised here."""
    reading, writing = os.pipe()
    ours, theirs = (writing, reading) if mode == "rb" else (reading, writing)
    trouble: list[Exception] = []

    def run() -> None:
        try:
            with open(theirs, mode) as end:
                work(end)  # type: ignore[arg-type]
        except Exception as error:  # every error is carried over to the caller
            trouble.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        with open(ours, "wb" if mode == "rb" else "rb") as end:
            yield end
            if mode == "wb":
                while end.read(1 << 20):  # to the end, so that the last block is proven too
                    pass
    except Exception as error:
        thread.join()
        # The first to fail says why; the other end then only finds its pipe broken.
        if trouble and "Broken pipe" not in str(trouble[0]):
            raise _told(trouble[0]) from error
        raise
    thread.join()
    if trouble:
        raise _told(trouble[0]) from trouble[0]


def _told(error: Exception) -> Exception:
    if isinstance(error, pyrage.DecryptError):
        if "No matching keys" in str(error):
            return WrongKey("None of the keys given opens the file: it was encrypted for others.")
        return CannotDecrypt(f"the head of the encrypted file cannot be read: {error}")
    if "decryption error" in str(error):
        return CannotDecrypt("the encrypted file was changed or cut off")
    return error if isinstance(error, OSError) else OSError(str(error))
