"""The log names each request and each job, and no person: neither what was typed nor who typed it."""

from __future__ import annotations

import io
import json
import logging
import re
import smtplib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import structlog
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client

from bastide.base import jobs
from bastide.base.entry import flows
from bastide.base.jobs import kinds
from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.base.trail.models import Entry

pytestmark = pytest.mark.django_db
PASSWORD, WORDS = "a-secret-of-mine-7", "密云水库 outage"
NAME, EMAIL, ADDRESS = "Ouyang Xiadan", "ouyang@op-a.example", "203.0.113.77"


class Lines:
    """What was written to the log, as a machine reads it."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.read if line["event"] == event]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The formatter of the installation on a stream of our own; every level, so that nothing hides behind one."""
    root, stream = logging.getLogger(), io.StringIO()
    kept = next(h.formatter for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter))
    handler = logging.StreamHandler(stream)
    handler.setFormatter(kept)
    root.addHandler(handler)
    yield Lines(stream)
    root.removeHandler(handler)


@pytest.fixture
def person(operator: Account) -> Account:
    operator.name, operator.email = NAME, EMAIL
    operator.set_password(PASSWORD)
    operator.save()
    return operator


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False, REMOTE_ADDR=ADDRESS)


def sign_in(browser: Client, account: Account) -> None:
    browser.force_login(account, backend=django_settings.AUTHENTICATION_BACKENDS[0])


class TestNothingOfPersons:
    def test_whatever_people_do_and_whatever_fails(
        self, lines: Lines, person: Account, browser: Client, telco: Organisation, at: datetime,
        monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any,
    ) -> None:  # fmt: skip
        browser.post("/account/login/", {"login": person.username, "password": "wrong-guess-of-mine"})
        browser.post("/account/login/", {"login": person.username, "password": PASSWORD})
        browser.get("/ui/search/", {"q": WORDS})

        def refuse(*_arguments: Any, **_named: Any) -> int:
            raise smtplib.SMTPRecipientsRefused({"guest@op-a.example": (550, b"guest@op-a.example unknown")})

        with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
            patch.setattr(mail.EmailMessage, "send", refuse)
            _invitation, secret = flows.invite(
                telco, by=person, at=at, email="guest@op-a.example", name="Guest Sima", role=Role.REPORTER,
                url_of="https://bastide.example.org/entry/welcome/{secret}/",
            )  # fmt: skip
        browser.get(f"/entry/welcome/{secret}/")
        browser.get(f"/entry/welcome/{secret}x/")
        browser.get("/entry/accounts/ouyang.nobody/")
        browser.get("/ui/search/", {"q": WORDS}, headers={"host": "ouyang.example"})
        browser.post("/api/v1/respond/incidents", {"title": WORDS}, headers={"Authorization": "Bearer bst_ouyang-key"})

        def break_off(*_arguments: Any, **_named: Any) -> Any:
            raise ValueError(f"{NAME} <{EMAIL}> typed {WORDS}")

        with monkeypatch.context() as patch:
            patch.setattr(Account, "can", break_off)
            assert browser.get("/ui/search/", {"q": WORDS}).status_code == 500

        assert len(lines.of("request")) >= 9
        assert {line["status"] for line in lines.of("request")} >= {200, 302, 400, 404, 500}
        assert lines.of("an invitation could not be mailed")
        forbidden = (
            NAME, "Ouyang", "ouyang", EMAIL, "guest", "Guest Sima", ADDRESS, PASSWORD, "wrong-guess", secret, "bst_",
            WORDS, "密云", "%E5%AF%86", "sessionid", telco.code,
        )  # fmt: skip
        assert [word for word in forbidden if word in lines.text] == []
        assert not re.search(rf'"{re.escape(person.username)}"', lines.text)

    def test_an_exception_is_told_by_its_kind_and_its_places(self, lines: Lines) -> None:
        try:
            try:
                raise KeyError(EMAIL)
            except KeyError as error:
                raise OSError(28, "No space left on device", f"/{EMAIL}") from error
        except OSError:
            logging.getLogger("bastide.somewhere").exception("it went wrong for %s", NAME)
        (line,) = lines.read
        assert line["event"] == "it went wrong for %s"
        assert [one["kind"] for one in line["exception"]] == ["builtins.OSError", "builtins.KeyError"]
        assert [one["text"] for one in line["exception"]] == ["No space left on device", ""]
        assert "test_logs.py" in line["exception"][0]["at"][-1]
        assert EMAIL not in lines.text

    def test_another_library_that_formats_early_is_told_by_its_place(self, lines: Lines) -> None:
        logging.getLogger("somebody.else").warning(f"no such user {EMAIL}")
        (line,) = lines.read
        assert line["event"].startswith("test_logs.test_another_library")


class TestRequests:
    def test_each_has_one_line(self, lines: Lines, person: Account, browser: Client) -> None:
        sign_in(browser, person)
        answer = browser.get("/entry/accounts/operator/")
        (line,) = lines.of("request")
        assert line["route"] == "entry:account_detail"
        assert (line["method"], line["status"]) == ("GET", answer.status_code)
        assert line["ms"] > 0
        assert line["request_id"] == answer["X-Request-Id"]

    @pytest.mark.parametrize("said", ["proxy-1234567890", "0af7651916cd43dd8448eb211c80319c"])
    def test_a_well_formed_identifier_is_taken_over(self, lines: Lines, browser: Client, db: None, said: str) -> None:
        assert browser.get("/healthz", headers={"X-Request-Id": said})["X-Request-Id"] == said
        assert lines.of("request")[0]["request_id"] == said

    @pytest.mark.parametrize(
        "said", ["short", "x" * 41, 'a","b":"12345678', "zhang@example.cn", "密云水库密云水库", "12345678 x"]
    )
    def test_any_other_is_replaced(self, lines: Lines, browser: Client, db: None, said: str) -> None:
        told = browser.get("/healthz", headers={"X-Request-Id": said})["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{32}", told)
        assert said not in lines.text

    def test_the_trail_keeps_the_same_identifier(
        self, person: Account, telco: Organisation, browser: Client, at: datetime
    ) -> None:
        made, _secret = flows.invite(
            telco, by=person, at=at, email="guest@op-a.example", name="Guest", role=Role.REPORTER
        )
        sign_in(browser, person)
        said = "from-the-proxy-1"
        browser.post(f"/entry/invitations/{made.pk}/withdraw/", headers={"X-Request-Id": said})
        assert Entry.objects.get(request_id=said).act == "people.account.withdraw_invitation"


class TestJobs:
    def test_each_is_named_by_number_and_kind(
        self, lines: Lines, person: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def body(held: Any, **_arguments: Any) -> None:
            if held.attempts == 1:
                raise ValueError(EMAIL)

        monkeypatch.setitem(
            kinds._kinds, "test.once_wrong", kinds.Kind("test.once_wrong", body, "x", 3, kinds.Lane.LONG)
        )
        wish = jobs.enqueue("test.once_wrong", by=person, at=at, address=EMAIL)
        jobs.work_once(at)
        jobs.Job.objects.filter(pk=wish.pk).update(not_before=at)
        jobs.work_once(at)
        wrong, done = lines.of("a job went wrong"), lines.of("a job is done")
        assert [(line["job"], line["kind"], line["attempt"]) for line in (*wrong, *done)] == [
            (wish.pk, "test.once_wrong", 1),
            (wish.pk, "test.once_wrong", 2),
        ]
        assert EMAIL not in lines.text
