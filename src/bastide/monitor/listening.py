"""Events that come by other ways than HTTP: files dropped into a folder, and syslog over TCP or TLS.

Both end in the same act, `flows.take_batch`. A file is moved away only after its receipt is written; what a listener
heard lies in a spool on disk first. So a process that is killed takes the rest up when it is begun again, and the same
content twice changes nothing.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import close_old_connections

from bastide.base import terms
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account
from bastide.monitor import flows
from bastide.monitor.jobs import evaluate_later
from bastide.monitor.models import Source

Say = Callable[[str], None]
SETTLED: Final = 2.0  # seconds since a file was last written to
DONE, REFUSED = "done", "refused"
LONGEST: Final = 64 * 1024
"""Bytes of a syslog message; a longer one ends its connection (RFC 5425 asks for 8,192 at least)."""
SPOOL: Final = 64 * 1024 * 1024
"""Bytes heard and not yet taken in; beyond, listeners stop reading, and senders wait."""


def take_dropped(folder: Path, source: Source, *, at: datetime, say: Say, settled: float = SETTLED) -> int:
    """Take in every settled file of a folder, the oldest first; it goes to `done/`, or to `refused/` with the reason
    beside it. Names that begin with a dot or end in `.part` are still being written. Returns how many were taken."""
    taken = 0
    waiting = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".part" and path.name[0] != "."]
    for path in sorted(waiting, key=lambda one: (one.stat().st_mtime, one.name)):
        if time.time() - path.stat().st_mtime >= settled:
            taken += _take(path, source, at=at, say=say)
    return taken


def _take(path: Path, source: Source, *, at: datetime, say: Say) -> bool:
    house = Account.objects.house()
    try:
        receipt = flows.take_batch(source, path.read_bytes(), by=house, at=at, file=path.name)
    except Refused as refusal:
        _moved(path, REFUSED).with_suffix(path.suffix + ".why").write_text(f"{refusal}\n", encoding="utf-8")
        say(f"{path.name}: refused: {refusal}")
        return False
    evaluate_later(receipt, by=house, at=at)
    _moved(path, DONE)
    batch = receipt.batch
    say(f"{path.name}: {batch.number}: {batch.accepted} accepted, {batch.quarantined} quarantined")
    return True


def _moved(path: Path, where: str) -> Path:
    """The file under its new place; a name that is taken there gets a number."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    goal, number = folder / path.name, 0
    while goal.exists():
        number += 1
        goal = folder / f"{path.stem}-{number}{path.suffix}"
    os.replace(path, goal)
    return goal


class Spool:
    """What was heard, as lines of a file that is closed now and then and taken in."""

    def __init__(self, source: Source) -> None:
        self.folder = Path(settings.BASTIDE_HOME) / "spool" / source.name
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob("*.part"):  # of a process that was killed
            os.replace(left, left.with_suffix(".log"))
        self.waiting = sum(path.stat().st_size for path in self.folder.glob("*.log"))
        self._begin()

    def _begin(self) -> None:
        self._path = self.folder / f"{time.time_ns()}.part"
        self._file = self._path.open("ab")

    @property
    def is_full(self) -> bool:
        return self.waiting >= SPOOL

    def add(self, message: bytes) -> None:
        """Keep one message; line breaks within it become #012, as rsyslog writes them."""
        line = message.rstrip(b"\r\n\0").replace(b"\n", b"#012") + b"\n"
        self._file.write(line)
        self.waiting += len(line)

    def close(self) -> None:
        """Let what is there be taken in."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._path.stat().st_size:
            os.replace(self._path, self._path.with_suffix(".log"))
        else:
            self._path.unlink()
        self._begin()

    def taken(self) -> None:
        """Forget what was taken in; its batch is in the lake."""
        for path in (self.folder / DONE).glob("*"):
            path.unlink()
        self.waiting = sum(path.stat().st_size for path in self.folder.glob("*.log"))


async def messages(reader: asyncio.StreamReader, hear: Callable[[bytes], Awaitable[None]]) -> None:
    """Every message of a connection: octet-counted or ended by a line break (RFC 6587), told by its beginning."""
    while True:
        try:
            first = await reader.readexactly(1)
        except asyncio.IncompleteReadError:
            return
        if first.isdigit() and first != b"0":
            size = int(first + (await reader.readuntil(b" "))[:-1])
            if size > LONGEST:
                raise ValueError(f"a message of {size} bytes; {LONGEST} are the most")
            await hear(await reader.readexactly(size))
            continue
        if first in b"\r\n\0":
            continue
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:  # the last one, without a line break
            await hear(first + end.partial)
            return
        await hear(first + line)


async def listen(
    source: Source, *, bind: str, port: int, tls: ssl.SSLContext | None, every: float, say: Say,
    ready: Callable[[int], None] = lambda port: None,
) -> None:  # fmt: skip
    """Hear syslog until stopped, and take it in every few seconds as batches of the source."""
    spool = Spool(source)
    room = asyncio.Event()
    room.set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def hear(message: bytes) -> None:
            spool.add(message)
            if spool.is_full:
                room.clear()
            await room.wait()

        try:
            await messages(reader, hear)
        except (ValueError, asyncio.LimitOverrunError, asyncio.IncompleteReadError, OSError) as problem:
            say(f"{writer.get_extra_info('peername')}: connection ended: {problem}")
        finally:
            writer.close()

    server = await asyncio.start_server(connected, bind, port, ssl=tls, limit=LONGEST)
    ready(server.sockets[0].getsockname()[1])
    try:
        async with server:
            while True:
                await asyncio.sleep(every)
                spool.close()
                await asyncio.to_thread(_take_spool, spool, source, say)
                if not spool.is_full:
                    room.set()
    finally:
        spool.close()
        await asyncio.to_thread(_take_spool, spool, source, say)


def _take_spool(spool: Spool, source: Source, say: Say) -> None:
    close_old_connections()
    take_dropped(spool.folder, source, at=terms.now(), say=say, settled=0)
    spool.taken()


def secured(certificate: Path, key: Path, authority: Path | None) -> ssl.SSLContext:
    """TLS for a listener; with an authority, senders must show a certificate of it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if authority is not None:
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
