"""Files dropped and syslog heard become batches; what is killed in between is taken up, what is refused is kept."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bastide.monitor import listening
from bastide.monitor.models import Batch, Source
from tests.monitor.makers import event, make_source, ndjson

ONE = b"<34>1 2026-06-16T02:14:15.003Z host1 sshd 8710 ID47 - Failed password for root"
TWO = b"<34>1 2026-06-16T02:14:16.003Z host2 sshd 8711 ID47 - two\nlines"


def heard(content: bytes) -> list[bytes]:
    found: list[bytes] = []

    async def hear(message: bytes) -> None:
        found.append(message)

    async def go() -> None:
        reader = asyncio.StreamReader(limit=listening.LONGEST)
        reader.feed_data(content)
        reader.feed_eof()
        await listening.messages(reader, hear)

    # In a thread of its own: the browser's tests leave a loop running in this one.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, go()).result()
    return found


class TestFraming:
    @pytest.mark.parametrize(
        ("content", "messages"),
        [
            (b"%d %s%d %s" % (len(ONE), ONE, len(TWO), TWO), [ONE, TWO]),
            (ONE + b"\n" + ONE + b"\r\n", [ONE + b"\n", ONE + b"\r\n"]),
            (ONE, [ONE]),
            (b"\n\n" + ONE + b"\n%d %s" % (len(TWO), TWO), [ONE + b"\n", TWO]),
            (b"", []),
        ],
    )
    def test_counted_and_by_line(self, content: bytes, messages: list[bytes]) -> None:
        assert heard(content) == messages

    @pytest.mark.parametrize("content", [b"999999 x", b"12x " + ONE, b"<34>" + b"x" * 100_000 + b"\n", b"50 short"])
    def test_what_is_too_long_or_broken_ends_the_connection(self, content: bytes) -> None:
        with pytest.raises((ValueError, asyncio.LimitOverrunError, asyncio.IncompleteReadError)):
            heard(content)


class TestDropped:
    def test_files_are_taken_once_and_refused_ones_say_why(self, telco, house, at, tmp_path: Path) -> None:
        source, folder, said = make_source(telco), tmp_path / "in", []
        folder.mkdir()
        (folder / "a.ndjson").write_bytes(ndjson(event()))
        (folder / "b.parquet").write_bytes(b"PAR1nonsense")
        (folder / "c.ndjson.part").write_bytes(b"half")
        (folder / ".hidden").write_bytes(b"no")
        assert listening.take_dropped(folder, source, at=at, say=said.append, settled=0) == 1
        assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
            ".hidden", "c.ndjson.part", "done/a.ndjson", "refused/b.parquet", "refused/b.parquet.why",
        ]  # fmt: skip
        (folder / "a.ndjson").write_bytes(ndjson(event()))  # dropped again, as after a crash before the move
        listening.take_dropped(folder, source, at=at, say=said.append, settled=0)
        assert Batch.objects.count() == 1
        assert (folder / "done/a-1.ndjson").exists()

    def test_a_file_that_is_still_written_waits(self, telco, house, at, tmp_path: Path) -> None:
        (tmp_path / "a.ndjson").write_bytes(ndjson(event()))
        assert listening.take_dropped(tmp_path, make_source(telco), at=at, say=lambda _text: None) == 0


class TestSpool:
    def test_what_a_killed_process_heard_is_taken_by_the_next(self, telco, house, at) -> None:
        source = make_source(telco)
        first = listening.Spool(source)
        first.add(ONE)
        first.add(TWO)
        first._file.flush()  # then it is killed
        second = listening.Spool(source)
        listening._take_spool(second, source, lambda _text: None)
        batch = Batch.objects.get()
        assert (batch.accepted, second.waiting) == (2, 0)
        assert b"two#012lines" in _raw(batch)


def _raw(batch: Batch) -> bytes:
    from bastide.monitor import lake

    return b"\n".join(text.encode() for text in lake.events_of(batch.lies_at, batch.sha256).column("raw").to_pylist())


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_secured", [False, True])
def test_syslog_over_tcp_and_tls_becomes_batches(telco: Any, house: Any, certificate: Any, is_secured: bool) -> None:
    source = make_source(telco)
    tls = listening.secured(*certificate, None) if is_secured else None
    port, loop = threading.Event(), asyncio.new_event_loop()
    numbers: list[int] = []

    def ready(number: int) -> None:
        numbers.append(number)
        port.set()

    async def serve() -> None:
        await listening.listen(
            source, bind="127.0.0.1", port=0, tls=tls, every=0.2, say=lambda _text: None, ready=ready
        )

    task = loop.create_task(serve())
    thread = threading.Thread(target=_until_cancelled, args=(loop, task))
    thread.start()
    try:
        assert port.wait(20)
        with socket.create_connection(("127.0.0.1", numbers[0]), timeout=10) as plain:
            if is_secured:
                context = ssl.create_default_context(cafile=str(certificate[0]))
                with context.wrap_socket(plain, server_hostname="localhost") as wrapped:
                    wrapped.sendall(ONE + b"\n%d %s" % (len(TWO), TWO))
            else:
                plain.sendall(ONE + b"\n%d %s" % (len(TWO), TWO))
        end = datetime.now(UTC) + timedelta(seconds=30)
        while sum(Batch.objects.values_list("accepted", flat=True)) < 2 and datetime.now(UTC) < end:
            port.wait(0.1) if not port.is_set() else threading.Event().wait(0.1)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(30)
    assert sum(Batch.objects.values_list("accepted", flat=True)) == 2
    assert Source.objects.get().last_batch_at is not None


def _until_cancelled(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    from django.db import connections

    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        pass
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        connections.close_all()
