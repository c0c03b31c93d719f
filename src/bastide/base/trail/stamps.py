"""Time stamps of a third party (RFC 3161) over the newest seal, which stands on all before it. Nothing waits for them.

A seal that was followed by another before the authority answered goes without: the next token covers it.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import httpx
from django.conf import settings
from django.db import IntegrityError, transaction
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from bastide.base.trail import proof
from bastide.base.trail.models import Seal, Stamp

SECONDS = 20.0  # for the whole answer
LARGEST = 64 * 1024


class NoStampError(Exception):
    """No token came, or one that proves nothing; the words are for the administrator."""


def is_on() -> bool:
    return bool(settings.BASTIDE_TSA_URL)


def certificates() -> bytes:
    """The certificates (PEM) of the authority that is believed; empty if none is named or they cannot be read."""
    try:
        return Path(settings.BASTIDE_TSA_CERTIFICATES).read_bytes() if settings.BASTIDE_TSA_CERTIFICATES else b""
    except OSError:
        return b""


def waiting() -> Seal | None:
    """The newest seal, if it has no token."""
    last = Seal.objects.order_by("-number").first()
    return None if last is None or Stamp.objects.filter(seal=last).exists() else last


def stamp_newest(*, at: datetime) -> Stamp | None:
    """Ask for a token over the newest seal, check it and keep it."""
    seal = waiting()
    if seal is None:
        return None
    if not (believed := certificates()):
        raise NoStampError("BASTIDE_TSA_CERTIFICATES names no certificates of the authority that can be read")
    token = ask(settings.BASTIDE_TSA_URL, proof.signed_bytes(seal.signed))
    told = judge(token, seal, believed)
    after = Seal.objects.filter(number=seal.number + 1).first()
    if after is not None and told.at > after.sealed_at + proof.SLACK:
        return None
    try:
        with transaction.atomic():
            return Stamp.objects.create(seal=seal, token=token, stamped_at=told.at, kept_at=at)
    except IntegrityError:  # another worker was quicker
        return None


def judge(token: bytes, seal: Seal, believed: bytes) -> proof.Told:
    """What a token says of a seal, if it is one that the check of the trail will accept."""
    try:
        told = proof.read_token(token)
    except ValueError as problem:
        raise NoStampError(f"the answer holds no token: {problem}") from problem
    if told.hash != proof.sha256_of(seal.signed):
        raise NoStampError("the token is over something else")
    if not proof.is_stamped(token, told.hash, believed):
        raise NoStampError("the token is not signed by the authority named, or its certificate had ended")
    if told.at < seal.sealed_at - proof.SLACK:
        raise NoStampError(f"the authority says {told.at}, the seal was made at {seal.sealed_at}: compare the clocks")
    return told


def ask(url: str, data: bytes) -> bytes:
    """The token a time-stamping authority gives over data."""
    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = _post(url, request.as_bytes())
    try:
        response = decode_timestamp_response(answer)
        if response.status != 0:
            words = ", ".join(map(str, response.status_string or [])) or f"status {response.status}"
            raise NoStampError(f"the authority refused: {words}")
        nonce, token = response.tst_info.nonce, response.time_stamp_token()
    except ValueError as problem:
        raise NoStampError(f"the answer is no answer of RFC 3161: {problem}") from problem
    if nonce != request.nonce:
        raise NoStampError("the answer is to another question")
    return token


def _post(url: str, body: bytes) -> bytes:
    """The answer, if it came whole, in time, and is not larger than a token can be."""
    headers, until, answer = {"Content-Type": "application/timestamp-query"}, time.monotonic() + SECONDS, b""
    try:
        with httpx.stream("POST", url, content=body, headers=headers, timeout=SECONDS / 2) as response:
            response.raise_for_status()
            for part in response.iter_bytes():
                answer += part
                if len(answer) > LARGEST or time.monotonic() > until:
                    raise NoStampError("the answer is too long, or too slow")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise NoStampError(f"{url}: {type(problem).__name__} {problem}".strip()) from problem
    return answer
