"""Signatures of the Standard Webhooks specification: HMAC-SHA256 over id, time and body, one for each valid secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
SIZE = 32  # bytes; the specification asks for 24 to 64


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SIZE)).decode()


def signature(secret: str, uid: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{uid}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets_in_force: Iterable[str], uid: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers a receiver checks."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": uid,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(one, uid, timestamp, body) for one in secrets_in_force),
    }
