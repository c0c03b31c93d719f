"""The frame of pages: sign-in, fragments, refusals, classified things, errors, language and theme."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from bastide.base import terms
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from bastide.base.ui import purpose
from bastide.base.ui.pages import back_of, next_of, page
from tests.base.ui.makers import a_request

pytestmark = pytest.mark.django_db


def shown(account: Account, answer: Any, path: str = "/x/", **headers: str) -> HttpResponse:
    """What a page whose view gives `answer` (or raises it) says."""

    @page("ui/refused.html", fragment="ui/_refused.html")
    def view(request: HttpRequest) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    request = a_request(account, path, **headers)
    request.htmx = _Htmx() if headers.get("HTTP_HX_REQUEST") else None  # type: ignore[attr-defined]
    response = view(request)
    assert isinstance(response, HttpResponse)
    return response


class _Htmx:
    boosted = history_restore_request = False

    def __bool__(self) -> bool:
        return True


class TestAnswers:
    def test_a_dict_is_rendered_with_its_status(self, stranger: Account) -> None:
        assert shown(stranger, {"status": 422}).status_code == 422

    def test_htmx_gets_the_fragment(self, stranger: Account) -> None:
        whole, part = shown(stranger, {}), shown(stranger, {}, HTTP_HX_REQUEST="true")
        assert b"<html" in whole.content
        assert b"<html" not in part.content

    @pytest.mark.parametrize(
        ("refusal", "status"), [(Refused("No."), 409), (Stale("Late."), 409), (Forbidden("Not you."), 403)]
    )
    def test_a_refusal_is_a_page_with_words(self, stranger: Account, refusal: Refused, status: int) -> None:
        response = shown(stranger, refusal)
        assert response.status_code == status
        assert str(refusal) in response.content.decode()

    def test_a_refusal_to_htmx_goes_to_the_messages(self, stranger: Account) -> None:
        response = shown(stranger, Refused("No."), HTTP_HX_REQUEST="true")
        assert response["HX-Retarget"] == "#messages"

    def test_nothing_private_is_kept_by_caches(self, stranger: Account) -> None:
        assert shown(stranger, {})["Cache-Control"] == "private, no-store"


class Secret(Organisation):
    """An organisation that is classified, for these tests."""

    class Meta:
        proxy = True
        app_label = "people"

    is_classified = True


class TestClassified:
    @pytest.fixture
    def secret(self, telco: Organisation) -> Secret:
        return Secret.objects.get(pk=telco.pk)

    def test_the_purpose_is_asked_first(self, stranger: Account, secret: Secret) -> None:
        response = shown(stranger, {"thing": secret})
        assert b'name="purpose"' in response.content
        assert not Entry.objects.exists()

    def test_with_a_purpose_it_opens_and_the_look_is_recorded(
        self, stranger: Account, secret: Secret, at: datetime
    ) -> None:
        request = a_request(stranger)
        purpose.state(request, purpose.key_of(secret), "Night review", at)
        assert purpose.looks_at(request, stranger, secret, at=at)
        entry = Entry.objects.get()
        assert (entry.purpose, entry.is_read, entry.account) == ("Night review", True, stranger)

    def test_a_purpose_runs_out(self, stranger: Account, secret: Secret, at: datetime, settings: Any) -> None:
        request = a_request(stranger)
        purpose.state(request, purpose.key_of(secret), "Night review", at)
        later = at + timedelta(minutes=settings.BASTIDE_PURPOSE_MINUTES)
        assert not purpose.looks_at(request, stranger, secret, at=later)

    def test_a_purpose_opens_one_thing_only(self, stranger: Account, secret: Secret, other_telco: Organisation) -> None:
        request, now = a_request(stranger), terms.now()
        purpose.state(request, purpose.key_of(secret), "Night review", now)
        assert not purpose.looks_at(request, stranger, Secret.objects.get(pk=other_telco.pk), at=now)

    def test_too_short_a_purpose_is_sent_back(self, client: Any, stranger: Account) -> None:
        client.force_login(stranger)
        response = client.post("/ui/purpose/", {"purpose": "x", "key": "k", "next": "/desk/"})
        assert response.status_code == 422
        assert b'value="/desk/"' in response.content


class TestAddresses:
    @pytest.mark.parametrize("evil", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
    def test_a_form_returns_only_to_us(self, stranger: Account, evil: str) -> None:
        assert next_of(a_request(stranger, post={"next": evil})) == "/"

    def test_back_is_where_one_came_from(self, stranger: Account) -> None:
        assert back_of(a_request(stranger, HTTP_REFERER="http://testserver/desk/")) == "http://testserver/desk/"
        assert back_of(a_request(stranger, HTTP_REFERER="https://elsewhere.example/")) == "/"


class TestShell:
    def test_a_stranger_to_the_house_is_asked_to_sign_in(self, client: Any) -> None:
        assert client.get("/desk/").status_code == 302

    def test_nothing_there_is_told_in_both_languages(self, client: Any, stranger: Account) -> None:
        client.force_login(stranger)
        for language, words in (("zh-hans", "未找到"), ("en", "Not found")):
            client.cookies["django_language"] = language
            response = client.get("/nowhere/")
            assert response.status_code == 404
            assert words in response.content.decode()

    def test_the_language_switch_is_kept_in_the_account(self, client: Any, stranger: Account) -> None:
        client.force_login(stranger)
        response = client.post("/ui/language/", {"language": "en", "next": "/desk/"})
        assert response["Location"] == "/desk/"
        stranger.refresh_from_db()
        assert stranger.language == "en"
        assert 'lang="en"' in client.get("/desk/").content.decode()

    def test_the_theme_is_printed_by_the_server(self, client: Any, stranger: Account) -> None:
        client.force_login(stranger)
        assert "data-bs-theme" not in client.get("/desk/").content.decode()
        client.post("/ui/theme/", {"theme": "dark"})
        assert 'data-bs-theme="dark"' in client.get("/desk/").content.decode()

    def test_no_page_carries_inline_script_or_style(self, client: Any, stranger: Account) -> None:
        client.force_login(stranger)
        text = client.get("/desk/").content.decode()
        assert " style=" not in text
        assert "onclick" not in text
        assert "<script>" not in text

    def test_the_demonstration_says_so(self, client: Any, stranger: Account, settings: Any) -> None:
        client.force_login(stranger)
        settings.BASTIDE_DEMO = True
        assert "demo-line" in client.get("/desk/").content.decode()
        settings.BASTIDE_DEMO = False
        assert "demo-line" not in client.get("/desk/").content.decode()
