"""Calling a door in-process as somebody, and undoing it: each call signs in, asks and is rolled back.

Nothing a call writes stays: no session, no entry of a look, no read mark, no job. What leaves the database (mail,
files) hangs on the commit that does not come. On SQLite a call holds the write lock while it runs, a few hundredths of
a second.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from django.db.models import Model
from django.test import Client, override_settings

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry
from bastide.base.ui import purpose

PURPOSE = "leak self-test"
QUIET = ("django.request", "bastide", "django.security")
# What differs from one answer to the next without saying anything.
NOISE = re.compile(r"<time.*?</time>|[0-9a-f]{16,}|[A-Za-z0-9_-]{32,}", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """What came back. `text` is what a reader could find in it, workbooks unpacked."""

    status: int
    text: str
    kind: str
    # What else the call did before it was rolled back: entries of the trail that are no reads.
    wrote: int = 0
    changed: bool = False

    @property
    def is_file(self) -> bool:
        return not self.kind.startswith(("text/html", "application/json", "application/problem+json"))

    def bare(self, said: str = "", instead: str = "") -> str:
        """The answer without times and tokens, to compare two answers; what one asked for is put as the other did."""
        return NOISE.sub("~", self.text.replace(said, instead) if said else self.text)


@contextmanager
def quiet() -> Iterator[None]:
    """No log lines of refusals that are meant; nobody is asked for a factor or a fresh proof in this process."""
    hosts = settings.ALLOWED_HOSTS
    host = next((one.lstrip(".") for one in hosts if one != "*"), "localhost")
    loggers = [(logging.getLogger(name), logging.getLogger(name).level) for name in QUIET]
    for logger, _level in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with override_settings(
            BASTIDE_MFA="nobody", BASTIDE_STEP_UP_MINUTES=0, SECURE_SSL_REDIRECT=False, SESSION_COOKIE_SECURE=False,
            ALLOWED_HOSTS=[*hosts, host, "selftest.invalid"],
        ):  # fmt: skip
            yield
    finally:
        for logger, level in loggers:
            logger.setLevel(level)


class Caller:
    """One account at the doors of this installation."""

    def __init__(self, account: Account) -> None:
        self.account, self.calls = account, 0
        self.client = Client(raise_request_exception=False, SERVER_NAME="selftest.invalid")

    def get(self, path: str, *, about: Model | None = None, fragment: bool = False) -> Answer:
        return self._call("get", path, about, {"HTTP_HX_REQUEST": "true"} if fragment else {})

    def post(self, path: str, *, about: Model | None = None, body: Any = None) -> Answer:
        """Send an empty form, or to a program's door a body of the shape it asks for."""
        is_api = path.startswith("/api/")
        more = {"content_type": "application/json", "data": json.dumps(body or {})} if is_api else {}
        return self._call("post", path, about, more)

    def _call(self, method: str, path: str, about: Model | None, more: dict[str, Any]) -> Answer:
        self.calls += 1
        with transaction.atomic():
            client = self.client
            client.cookies.clear()
            client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
            client.cookies[settings.SESSION_COOKIE_NAME] = self._session(about)
            last, was = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0, _state(about)
            response = getattr(client, method)(path, HTTP_X_PURPOSE=PURPOSE, **more)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            kind = response.headers.get("Content-Type", "")
            answer = Answer(
                response.status_code, _text(body, kind), kind,
                Entry.objects.filter(pk__gt=last, is_read=False).count(), _state(about) != was,
            )  # fmt: skip
            response.close()
            transaction.set_rollback(True)
        return answer

    def _session(self, about: Model | None) -> str:
        """The key of a session of this person, in which was said what for: else a classified page shows nothing."""
        from bastide.selftest.oracle import KINDS

        keys = {purpose.key_of_list(kind.model._meta.label_lower) for kind in KINDS}
        keys |= {purpose.key_of(about)} if about is not None else set()
        until = (terms.now() + timedelta(days=1)).isoformat()
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(self.account.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = self.account.get_session_auth_hash()
        session[purpose.SESSION] = {key: {"purpose": PURPOSE, "until": until} for key in keys}
        session.save()
        return str(session.session_key)


def _state(thing: Model | None) -> Any:
    return None if thing is None else type(thing)._base_manager.filter(pk=thing.pk).values().first()


def _text(body: bytes, kind: str) -> str:
    """What can be read in an answer: text, or the parts of a workbook or a Word file."""
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return (
        body.decode("utf-8", "replace") if kind.startswith(("text/", "application/json", "application/problem")) else ""
    )
