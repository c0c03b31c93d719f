"""Sending a kept file to whoever asked: always as a download, never to be run or guessed by the browser."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import BinaryIO

from django.http import FileResponse


def download(file: BinaryIO, *, name: str, media_type: str, sha256: str) -> FileResponse:
    """The response closes the file when it is sent."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    response["Content-Digest"] = f"sha-256=:{_base64(sha256)}:"
    return response


def download_bytes(content: bytes, *, name: str, media_type: str) -> FileResponse:
    """What was made just now, sent with the same care."""
    return download(io.BytesIO(content), name=name, media_type=media_type, sha256=hashlib.sha256(content).hexdigest())


def _base64(sha256: str) -> str:
    """RFC 9530 writes digests in base64."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()
