"""Every error, brought about through a real door: a page in both languages that says what to do, and its problem+json."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, ProgrammingError, connection
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext

from bastide.base.flow.models import Remembered
from bastide.base.people.models import Account
from bastide.base.ui.errors import EXPIRED, TELLINGS, Telling

pytestmark = pytest.mark.django_db
LANGUAGES = ["zh-hans", "en"]
THEME = "/ui/theme/"


def visitor(account: Account | None, language: str, *, csrf: bool = False) -> Client:
    client = Client(raise_request_exception=False, enforce_csrf_checks=csrf, headers={"accept-language": language})
    if account is not None:
        client.force_login(account)
    return client


@contextmanager
def failing(error: type[Exception], words: str = "the connection is closed") -> Iterator[None]:
    """Every query fails, as when the database is gone."""

    def fail(*_call: Any) -> Any:
        raise error(words)

    with connection.execute_wrapper(fail):
        yield


def malformed(client: Client, _by: Account, _settings: Any) -> Any:
    return client.get("/desk/", headers={"host": "not a host"})


def forbidden(client: Client, _by: Account, _settings: Any) -> Any:
    return client.get("/papers/documents/")


def absent(client: Client, _by: Account, _settings: Any) -> Any:
    return client.get("/no/such/page/")


def wrong_verb(client: Client, _by: Account, _settings: Any) -> Any:
    return client.delete("/papers/documents/RO-2026-000001/")


def running_already(client: Client, by: Account, _settings: Any) -> Any:
    client.post(THEME, {"theme": "dark", "_key": "k-1"})
    assert Remembered.objects.filter(account=by).update(status=0) == 1
    return client.post(THEME, {"theme": "dark", "_key": "k-1"})


def too_large(client: Client, _by: Account, settings: Any) -> Any:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    return client.post("/papers/documents/check/", {"note": "x" * 100})


def key_used(client: Client, by: Account, _settings: Any) -> Any:
    client.post(THEME, {"theme": "dark", "_key": "k-2"})
    return client.post(THEME, {"theme": "dark", "_key": "k-2", "other": "1"})


def too_many(client: Client, _by: Account, settings: Any) -> Any:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    cache.clear()
    client.logout()
    answer = None
    for _attempt in range(3):
        answer = client.post("/account/login/", {"login": "a", "password": "b"})
    cache.clear()
    return answer


def fault_of_ours(client: Client, _by: Account, _settings: Any) -> Any:
    with failing(ProgrammingError):
        return client.get("/desk/")


def database_gone(client: Client, _by: Account, _settings: Any) -> Any:
    with failing(OperationalError):
        return client.get("/desk/")


def disk_full(client: Client, _by: Account, _settings: Any) -> Any:
    with failing(OperationalError, "database or disk is full"):
        return client.get("/desk/")


DOORS: dict[int, Callable[[Client, Account, Any], Any]] = {
    400: malformed, 403: forbidden, 404: absent, 405: wrong_verb, 409: running_already, 413: too_large, 422: key_used,
    429: too_many, 500: fault_of_ours, 503: database_gone,
    507: disk_full,
}  # fmt: skip


def tells(answer: HttpResponse, telling: Telling, language: str) -> None:
    """The page says what it is, what to do, under which number – in the language, and as a page of its own."""
    page = answer.content.decode()
    with translation.override(language):
        assert escape(str(telling.heading)) in page
        assert escape(str(telling.next)) in page
        assert escape(gettext("What to do next:")) in page
    assert f"<code>{answer.headers['X-Request-Id']}</code>" in page
    assert f'<html lang="{language}"' in page.lower()
    assert "Traceback" not in page


class TestPages:
    def test_each_error_has_a_door_here(self) -> None:
        assert DOORS.keys() == TELLINGS.keys()

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("status", sorted(DOORS))
    def test_it_says_what_happened_and_what_to_do(
        self, status: int, language: str, contestant: Account, settings: Any
    ) -> None:
        answer = DOORS[status](visitor(contestant, language), contestant, settings)
        assert answer.status_code == status
        tells(answer, TELLINGS[status], language)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_an_expired_form_is_told_as_that(self, language: str, operator: Account) -> None:
        answer = visitor(operator, language, csrf=True).post(THEME, {"theme": "dark"})
        assert answer.status_code == 403
        tells(answer, EXPIRED, language)

    @pytest.mark.parametrize("status", [400, 404, 429])
    def test_nobody_signed_in_gets_a_page_too(self, status: int, contestant: Account, settings: Any) -> None:
        tells(DOORS[status](visitor(None, "en"), contestant, settings), TELLINGS[status], "en")

    def test_a_database_that_is_away_says_when_to_come_back(self, contestant: Account) -> None:
        assert database_gone(visitor(contestant, "en"), contestant, None).headers["Retry-After"] == "30"

    def test_a_part_of_a_page_gets_a_note_at_its_place(self, contestant: Account) -> None:
        answer = visitor(contestant, "en").get("/no/such/page/", headers={"HX-Request": "true"})
        assert answer.headers["HX-Retarget"] == "#messages"
        assert "<html" not in answer.content.decode()
        assert "Check the number, or find the record" in answer.content.decode()

    def test_what_may_be_asked_instead_stays_said(self, contestant: Account) -> None:
        assert "GET" in wrong_verb(visitor(contestant, "en"), contestant, None).headers["Allow"]


class TestProblems:
    """The same for programs, who read application/problem+json."""

    def asked(self, client: Client, status: int) -> Any:
        documents = "/api/v1/papers/documents"
        if status in {500, 503}:
            with failing(OperationalError if status == 503 else ProgrammingError):
                return client.get(documents)
        if status == 400:
            return client.get(documents, headers={"host": "not a host"})
        if status == 405:
            return client.delete(documents)
        return client.get("/api/v1/no/such/thing" if status == 404 else f"{documents}?limit=many")

    @pytest.mark.parametrize("status", [400, 404, 405, 422, 500, 503])
    def test_each_is_a_problem_with_the_number_of_the_request(self, status: int, operator: Account) -> None:
        answer = self.asked(visitor(operator, "en"), status)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        told = answer.json()
        assert (told["status"], told["request_id"]) == (status, answer.headers["X-Request-Id"])
        assert told["title"]
        assert told["detail"]

    def test_without_a_token_it_says_how_to_come_in(self) -> None:
        answer = visitor(None, "en").get("/api/v1/papers/documents")
        assert (answer.status_code, answer.json()["title"]) == (401, "Not signed in")
