"""Second factors: required where the role asks for one, encrypted at rest, passkeys in a real browser's place."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator

from bastide.base.entry.adapter import KeyAdapter
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry
from tests.base.entry.doors import PASSWORD, english, is_in, sign_in, totp

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _required(settings, _already_proven: None) -> None:
    settings.BASTIDE_MFA = "authority"


def set_up(client) -> str:
    """Set up an authenticator app; its secret."""
    client.post("/account/reauthenticate/?next=/", {"password": PASSWORD})
    page = client.get("/account/2fa/totp/activate/").content.decode()
    (secret,) = set(re.findall(r"\b[A-Z2-7]{32}\b", page))
    assert client.post("/account/2fa/totp/activate/", {"code": totp(secret)}).status_code == 302
    return secret


class TestRequired:
    @pytest.mark.parametrize("path", ["/", "/entry/me/", "/respond/incidents/", "/ui/search/"])
    def test_an_officer_without_one_is_led_to_set_one_up(self, officer: Account, path: str) -> None:
        client = english()
        sign_in(client, "national")
        assert client.get(path)["Location"] == "/account/2fa/"
        assert b"Your role needs a second factor" in client.get("/account/2fa/").content

    def test_the_api_says_so_too(self, officer: Account) -> None:
        client = english()
        sign_in(client, "national")
        answer = client.get("/api/v1/respond/incidents")
        assert (answer.status_code, answer.json()["title"]) == (403, "Second factor required")

    def test_with_one_the_doors_open(self, officer: Account) -> None:
        client = english()
        sign_in(client, "national")
        set_up(client)
        assert is_in(client)

    def test_an_operator_needs_none_unless_everyone_does(self, person: Account, settings) -> None:
        client = english()
        sign_in(client)
        assert is_in(client)
        settings.BASTIDE_MFA = "everyone"
        assert not is_in(client)

    def test_demonstration_accounts_need_none(self, officer: Account, settings) -> None:
        settings.BASTIDE_DEMO = True
        Account.objects.filter(pk=officer.pk).update(is_demo=True)
        client = english()
        sign_in(client, "national")
        assert is_in(client)

    def test_the_last_one_cannot_be_taken_off(self, officer: Account) -> None:
        client = english()
        sign_in(client, "national")
        set_up(client)
        client.post("/account/2fa/totp/deactivate/")
        assert Authenticator.objects.filter(user=officer, type="totp").exists()


class TestAtRest:
    def test_the_secret_is_not_in_the_database(self, officer: Account) -> None:
        client = english()
        sign_in(client, "national")
        secret = set_up(client)
        kept = Authenticator.objects.get(user=officer, type="totp").data["secret"]
        assert secret not in kept
        assert KeyAdapter().decrypt(kept) == secret

    def test_secrets_kept_before_are_still_read(self) -> None:
        assert KeyAdapter().decrypt("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"

    def test_an_older_signing_key_still_opens(self, settings) -> None:
        sealed = KeyAdapter().encrypt("abc")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key" * 5, [settings.SECRET_KEY]
        assert KeyAdapter().decrypt(sealed) == "abc"

    def test_the_trail_keeps_what_came_and_how_people_came_in(self, officer: Account) -> None:
        client = english()
        sign_in(client, "national")
        set_up(client)
        added = Entry.objects.filter(act="people.account.add_factor", thing_id=officer.pk)
        assert [entry.changes["factor"][1] for entry in added.order_by("pk")] == ["totp", "recovery_codes"]
        came = Entry.objects.get(act="people.account.sign_in", thing_id=officer.pk)
        assert came.changes == {"by": [None, "password"]}
