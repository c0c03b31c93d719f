"""Signing in as a browser does, for the tests of entry."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from typing import Any

from django.test import Client

PASSWORD = "correct-horse-battery"


def english() -> Client:
    client = Client(headers={"Host": "testserver"})
    client.cookies["django_language"] = "en"
    return client


def sign_in(client: Client, login: str = "operator", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/account/login/", {"login": login, "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get("/entry/me/").status_code == 200


def totp(secret: str, steps: int = 0) -> str:
    """The code an authenticator app shows (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
