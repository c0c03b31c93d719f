"""Signing in: password, second factor, demonstration accounts, and nobody comes in alone."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from bastide.base.people.models import Account
from tests.base.entry.doors import PASSWORD, english, is_in, sign_in, totp

pytestmark = pytest.mark.django_db


class TestPassword:
    @pytest.mark.parametrize("login", ["operator", "person@op-a.example"])
    def test_name_or_mail_opens(self, person: Account, login: str) -> None:
        client = english()
        assert sign_in(client, login).status_code == 302
        assert is_in(client)

    @pytest.mark.parametrize(("login", "password"), [("operator", "wrong"), ("nobody", PASSWORD)])
    def test_a_wrong_one_gives_nothing_away(self, person: Account, login: str, password: str) -> None:
        client = english()
        answer = sign_in(client, login, password)
        assert not is_in(client)
        assert b"not correct" in answer.content

    def test_a_suspended_account_stays_out(self, person: Account) -> None:
        Account.objects.filter(pk=person.pk).update(is_active=False)
        client = english()
        sign_in(client)
        assert not is_in(client)

    def test_the_house_itself_never_signs_in(self, person: Account) -> None:
        house = Account.objects.house()
        house.set_password(PASSWORD)
        house.save()
        client = english()
        sign_in(client, "bastide")
        assert not is_in(client)

    def test_guessing_is_slowed_down(self, person: Account) -> None:
        client = english()
        answers = [sign_in(client, "operator", f"wrong-{number}").content for number in range(12)]
        assert b"Too many" in answers[-1]

    def test_nobody_opens_an_account_alone(self, db: None) -> None:
        client = english()
        given = {"username": "me", "email": "me@x.example", "password1": PASSWORD, "password2": PASSWORD}
        client.post("/account/signup/", given)
        assert not Account.objects.filter(username="me").exists()

    def test_signing_out_takes_a_form_not_a_link(self, person: Account) -> None:
        client = english()
        sign_in(client)
        assert (client.get("/account/logout/").status_code, is_in(client)) == (200, True)
        client.post("/account/logout/")
        assert not is_in(client)


class TestDemo:
    @pytest.mark.parametrize("demo", [True, False])
    def test_demo_accounts_come_in_only_in_the_demonstration(self, person: Account, settings, demo: bool) -> None:
        Account.objects.filter(pk=person.pk).update(is_demo=True)
        settings.BASTIDE_DEMO = demo
        client = english()
        sign_in(client)
        assert is_in(client) is demo

    def test_their_sessions_end_when_it_is_switched_off(self, person: Account, settings) -> None:
        Account.objects.filter(pk=person.pk).update(is_demo=True)
        settings.BASTIDE_DEMO = True
        client = english()
        sign_in(client)
        settings.BASTIDE_DEMO = False
        assert not is_in(client)


class TestSecondFactor:
    def enrol(self, client: Client) -> str:
        sign_in(client)
        asked = client.get("/account/2fa/totp/activate/")["Location"]
        assert asked.startswith("/account/reauthenticate/")  # a session left open does not change how one signs in
        client.post(asked, {"password": PASSWORD})
        page = client.get("/account/2fa/totp/activate/")
        (secret,) = set(re.findall(r"\b[A-Z2-7]{32}\b", page.content.decode()))
        wrong = client.post("/account/2fa/totp/activate/", {"code": "000000"})
        assert b"Incorrect code" in wrong.content
        assert client.post("/account/2fa/totp/activate/", {"code": totp(secret)}).status_code == 302
        return secret

    def test_after_enrolment_the_password_alone_no_longer_opens(self, person: Account) -> None:
        secret = self.enrol(english())
        client = english()
        assert sign_in(client)["Location"].startswith("/account/2fa/authenticate/")
        assert not is_in(client)
        assert b"Incorrect code" in client.post("/account/2fa/authenticate/", {"code": "000000"}).content
        client.post("/account/2fa/authenticate/", {"code": totp(secret, steps=1)})
        assert is_in(client)

    def test_a_code_works_once(self, person: Account) -> None:
        secret = self.enrol(english())
        code = totp(secret, steps=1)
        for expected in (True, False):
            client = english()
            sign_in(client)
            client.post("/account/2fa/authenticate/", {"code": code})
            assert is_in(client) is expected

    def test_a_recovery_code_opens_once(self, person: Account) -> None:
        owner = english()
        self.enrol(owner)
        page = owner.get("/account/2fa/recovery-codes/").content.decode()
        code = re.findall(r"\b[0-9a-f]{4,5}-?[0-9a-f]{4,5}\b|\b\d{8}\b", page)[0]
        for expected in (True, False):
            client = english()
            sign_in(client)
            client.post("/account/2fa/authenticate/", {"code": code})
            assert is_in(client) is expected

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize(
        "path", ["2fa/", "2fa/totp/activate/", "2fa/recovery-codes/generate/", "password/change/", "logout/"]
    )
    def test_its_pages_open_in_both_languages(self, person: Account, language: str, path: str) -> None:
        client = english()
        sign_in(client)
        client.cookies["django_language"] = language
        page = client.get(f"/account/{path}", follow=True)
        assert page.status_code == 200
        assert (f'lang="{"zh-Hans" if language == "zh-hans" else "en"}"') in page.content.decode()
