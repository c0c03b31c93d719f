"""Files opened: unpacked where they are packed, with every byte read told for progress."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from pathlib import Path
from typing import IO, Any, Final

import zstandard

from .blocks import Told

START: Final = 4_096
"""Bytes from which the format of a file is told."""
_ROOM: Final = 1 << 17

DAMAGED: Final = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
"""What reading raises where a packed file ends early or is damaged."""


def opened(path: Path, told: Told) -> io.BufferedReader:
    """The content of a file, unpacked if it is packed with gzip or Zstandard; of standard input for `-`."""
    source = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    plain: io.BufferedReader = io.BufferedReader(_Counted(source, told), _ROOM)
    start = plain.peek(4)[:4]
    if start.startswith(b"\x1f\x8b"):
        return io.BufferedReader(_Members(plain), _ROOM)
    if start == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(_Frames(plain), _ROOM)
    return plain


class _Members(io.RawIOBase):
    """The content of a gzip file, piece by piece, so that what comes before damage is given."""

    def __init__(self, source: io.BufferedReader) -> None:
        self.source = source
        self.members = gzip.GzipFile(fileobj=source)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.members.read1(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self.source.close()
        super().close()


class _Frames(io.RawIOBase):
    """The content of Zstandard frames; EOFError where the last one is cut off, after all it holds was given."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.ready = b""
        self.waiting = b""
        self.frame = zstandard.ZstdDecompressor().decompressobj()
        self.begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.ready:
            packed = self.waiting or self.source.read(1 << 14)
            self.waiting = b""
            if not packed:
                if self.begun:
                    raise EOFError("Zstandard frame ended before its end was reached")
                return 0
            self.ready, self.begun = self.frame.decompress(packed), True
            if self.frame.eof:
                self.waiting, self.begun = self.frame.unused_data, False
                self.frame = zstandard.ZstdDecompressor().decompressobj()
        part, self.ready = self.ready[: len(buffer)], self.ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self.source.close()
        super().close()


class _Counted(io.RawIOBase):
    """Passes bytes on and tells how many, for progress."""

    def __init__(self, source: IO[bytes], told: Told) -> None:
        self.source = source
        self.told = told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.source.read(len(buffer))
        buffer[: len(content)] = content
        self.told(len(content))
        return len(content)

    def close(self) -> None:
        if self.source is not sys.stdin.buffer:
            self.source.close()
        super().close()
