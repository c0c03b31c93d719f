"""The folder of files by SHA-256: streamed in through a temporary file, hashed on the way, then moved into place."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from bastide.base.flow.refusals import Refused

CHUNK = 1 << 20


@dataclass(frozen=True)
class Kept:
    """What a file turned out to be once it had arrived whole."""

    sha256: str
    size: int
    media_type: str


def root() -> Path:
    return Path(settings.BASTIDE_HOME) / "vault"


def path_of(sha256: str) -> Path:
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    return root() / sha256[:2] / sha256[2:4] / sha256


def keep(chunks: Iterable[bytes], *, name: str, judge: Callable[[BinaryIO], str], limit: int | None = None) -> Kept:
    """Take bytes in as they come. Above the limit, or when `judge` refuses, nothing stays behind."""
    limit = settings.BASTIDE_UPLOAD_LIMIT if limit is None else limit
    incoming = root() / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    part = incoming / f"{secrets.token_hex(12)}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with open(part, "x+b") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise too_large(name, limit)
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            media_type = judge(file)
            os.fsync(file.fileno())
        _settle(part, digest.hexdigest())
    finally:
        part.unlink(missing_ok=True)
    return Kept(digest.hexdigest(), size, media_type)


def too_large(name: str, limit: int) -> Refused:
    return Refused(
        _("“%(name)s” is larger than %(limit)s, the most this installation takes.")
        % {"name": name, "limit": filesizeformat(limit)}
    )


def _settle(part: Path, sha256: str) -> None:
    """Move the arrived file to its place. Content that is there already is touched, so a sweep lets it be.

    What lies there damaged is replaced: these bytes are the ones it should hold.
    """
    place = path_of(sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and rehash(sha256)[0] == sha256:
        os.utime(place)
        return
    part.chmod(0o440)
    os.replace(part, place)
    for folder in (place.parent, place.parent.parent):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def rehash(sha256: str) -> tuple[str, int]:
    """The hash and size of what lies in a file's place now; ("", 0) when nothing does, or nothing that can be read."""
    digest, size = hashlib.sha256(), 0
    try:
        with open(path_of(sha256), "rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError:  # gone, or a disk that fails: as damaged as a changed byte
        return "", 0
    return digest.hexdigest(), size


def kept_hashes() -> Iterable[tuple[str, float]]:
    """Every file in the vault with the time it was last put there."""
    for path in root().glob("??/??/*"):
        yield path.name, path.stat().st_mtime


def sweep_parts(*, before: float) -> int:
    """Remove uploads whose process was killed while they arrived; returns how many."""
    left = [path for path in (root() / "incoming").glob("*.part") if path.stat().st_mtime < before]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def forget(sha256: str, *, before: float) -> None:
    """Remove bytes nobody refers to, unless they were put here again meanwhile."""
    path = path_of(sha256)
    if path.exists() and path.stat().st_mtime < before:
        path.unlink()
