"""Signatures as the Standard Webhooks specification wants them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bastide.base.hooks import signing
from tests.base.hooks.receiver import is_signed

# The example that implementations of the specification test themselves with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
UID, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_the_example_of_the_specification() -> None:
    assert signing.signature(SECRET, UID, TIMESTAMP, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_has_the_size_the_specification_asks_for() -> None:
    first, second = signing.new_secret(), signing.new_secret()
    assert first != second
    assert 24 <= len(base64.b64decode(first.removeprefix("whsec_"))) <= 64


def test_two_secrets_give_two_signatures_and_each_verifies() -> None:
    at, other = datetime.fromtimestamp(TIMESTAMP, UTC), signing.new_secret()
    headers = signing.headers([other, SECRET], UID, at, BODY)
    for secret in (other, SECRET):
        assert is_signed(headers, BODY, secret, now=TIMESTAMP)
    assert not is_signed(headers, BODY + b" ", SECRET, now=TIMESTAMP)
    assert not is_signed(headers, BODY, signing.new_secret(), now=TIMESTAMP)
    assert not is_signed(headers, BODY, SECRET, now=TIMESTAMP + 301)


def test_the_receiver_printed_in_the_documents_works() -> None:
    page = (Path(__file__).parents[3] / "docs/integrate.md").read_text()
    program = page.split("```python\n")[1].split("```")[0]
    place: dict[str, Any] = {}
    exec(program, place)
    at, secret = datetime.now(UTC), signing.new_secret()
    headers = signing.headers([signing.new_secret(), secret], UID, at, BODY)
    assert place["is_genuine"](headers, BODY, secret)
    assert not place["is_genuine"](headers, BODY + b" ", secret)
    assert not place["is_genuine"](headers, BODY, signing.new_secret())
    old = signing.headers([secret], UID, at - timedelta(minutes=6), BODY)
    assert not place["is_genuine"](old, BODY, secret)
