"""A time-stamping authority of our own: certificates by `cryptography`, tokens by `openssl ts`, asked over HTTP."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
ess_cert_id_alg = sha256
"""
DAY = timedelta(days=1)


class Authority:
    """Root and signer in a folder; `lasting` is for how long the signer's certificate held, from which day."""

    def __init__(self, folder: Path, *, begun: datetime | None = None, lasting: timedelta = 30 * DAY) -> None:
        folder.mkdir()
        self.folder, now = folder, datetime.now(UTC)
        root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root_name, name = self._name("Root"), self._name("Stamps")
        root = self._begun(root_name, root_name, root_key, now - 3650 * DAY, now + 3650 * DAY)
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        since = begun or now - DAY
        one = self._begun(name, root_name, key, since, since + lasting)
        one = one.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        one = one.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        for file, signed in (("root.pem", root), ("tsa.pem", one)):
            (folder / file).write_bytes(signed.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / "serial").write_text("01\n")
        self.takes("sha256")

    def takes(self, digests: str) -> None:
        (self.folder / "tsa.cnf").write_text(CONFIG.format(folder=self.folder, digests=digests))

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def _name(self, words: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{words} {self.folder.name}")])

    def _begun(
        self, name: x509.Name, by: x509.Name, key: rsa.RSAPrivateKey, since: datetime, until: datetime
    ) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(by, name, key.public_key(), x509.random_serial_number(), since, until)

    def answer(self, request: bytes) -> bytes:
        (self.folder / "request.tsq").write_bytes(request)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "ours", "-queryfile", "request.tsq",
             "-out", "answer.tsr"],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        return (self.folder / "answer.tsr").read_bytes()

    def token(self, sha256: str) -> bytes:
        """A token over any hash, without asking by HTTP."""
        subprocess.run(
            ["openssl", "ts", "-query", "-digest", sha256, "-sha256", "-cert", "-out", "own.tsq"],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        (self.folder / "own.tsr").write_bytes(self.answer((self.folder / "own.tsq").read_bytes()))
        subprocess.run(
            ["openssl", "ts", "-reply", "-in", "own.tsr", "-token_out", "-out", "own.tst"],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        return (self.folder / "own.tst").read_bytes()


class Desk:
    """What the server does with a request; tests put another answer in."""

    def __init__(self, authority: Authority) -> None:
        self.authority, self.asked, self.leave = authority, 0, threading.Event()
        self.reply = authority.answer
        self.status = 200


@contextmanager
def open_desk(authority: Authority) -> Iterator[tuple[str, Desk]]:
    desk = Desk(authority)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            desk.asked += 1
            body = desk.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(desk.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsa", desk
    finally:
        desk.leave.set()
        server.shutdown()
        thread.join()
        server.server_close()
