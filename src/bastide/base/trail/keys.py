"""The key that seals the trail: made at its first use, of the suite chosen, readable by its owner alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from bastide.base.trail.proof import ED25519, SM2


@dataclass(frozen=True)
class Signer:
    """A private key with its suite; the public key and signatures are hexadecimal."""

    suite: str
    public: str
    sign: Callable[[bytes], str]


def place() -> Path:
    return Path(settings.BASTIDE_TRAIL_KEY or settings.BASTIDE_HOME / "trail.key")


def place_of_next() -> Path:
    """Where a key lies that is announced, or about to be."""
    return place().with_name(f"{place().name}.next")


def signer() -> Signer:
    """The key of this installation."""
    if not place().exists():
        _put(place(), settings.BASTIDE_TRAIL_SUITE)
    return read(place())


def next_signer(suite: str) -> Signer:
    """The key to follow; one that lies ready from a rotation cut short is taken up."""
    path = place_of_next()
    if not path.exists() or read(path).suite != suite:
        path.unlink(missing_ok=True)
        _put(path, suite)
    return read(path)


def read(path: Path) -> Signer:
    pem = path.read_bytes()
    try:
        key = load_pem_private_key(pem, password=None)
    except (UnsupportedAlgorithm, ValueError):
        return _sm2(pem, path)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds neither an Ed25519 nor an SM2 key")
    held = key
    public = held.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return Signer(ED25519, public, lambda data: held.sign(data).hex())


def _sm2(pem: bytes, path: Path) -> Signer:
    ec, hashes, coding = _tongsuo()
    try:
        key = coding.load_pem_private_key(pem, None)
        if key.curve.name != "SM2":
            raise ValueError
    except Exception as problem:
        raise TypeError(f"{path} holds neither an Ed25519 nor an SM2 key") from problem
    public = key.public_key().public_bytes(coding.Encoding.X962, coding.PublicFormat.UncompressedPoint)
    return Signer(SM2, public.hex(), lambda data: key.sign(data, ec.ECDSA(hashes.SM3())).hex())


def _made(suite: str) -> bytes:
    if suite == ED25519:
        return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    ec, _hashes, coding = _tongsuo()
    key = ec.generate_private_key(ec.SM2())
    made: bytes = key.private_bytes(coding.Encoding.PEM, coding.PrivateFormat.PKCS8, coding.NoEncryption())
    return made


def _tongsuo() -> tuple[Any, Any, Any]:
    try:
        from tongsuopy.crypto import hashes, serialization
        from tongsuopy.crypto.asymciphers import ec
    except ImportError as missing:
        raise RuntimeError("the suite sm2-sm3 needs the library tongsuopy: install bastide[sm]") from missing
    return ec, hashes, serialization


def _put(path: Path, suite: str) -> None:
    """Write a new key: whole or not at all, and never over another's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = write_apart(path, _made(suite))
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def write_apart(path: Path, data: bytes) -> Path:
    """A file of its owner alone, on disk beside its place."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return part
