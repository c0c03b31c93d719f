"""Deciding acts ask again who acts; what was typed comes back."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from bastide.base import terms
from bastide.base.entry import flows
from bastide.base.entry.stepup import DECIDE
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, ApiToken, Invitation
from tests.base.entry.doors import PASSWORD, english, sign_in
from tests.rectify.makers import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked(settings, _already_proven: None) -> None:
    settings.BASTIDE_STEP_UP_MINUTES = 15


def grow_old(client, minutes: int = 16) -> None:
    """Let the last proof of this session be so many minutes old."""
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": time.time() - minutes * 60} for record in session["account_authentication_methods"]
    ]
    session.save()


class TestPages:
    def test_a_fresh_sign_in_is_proof_enough(self, person: Account) -> None:
        client = english()
        sign_in(client)
        assert client.get("/entry/organisations/OP-A/invite/").status_code == 200

    def test_an_old_one_is_asked_again_and_the_form_goes_through_as_typed(self, person: Account) -> None:
        client = english()
        sign_in(client)
        grow_old(client)
        typed = {"name": "A colleague", "email": "colleague@op-a.example", "role": "reporter"}
        asked = client.post("/entry/organisations/OP-A/invite/", typed)
        assert asked["Location"] == "/account/reauthenticate/?next=%2Fentry%2Forganisations%2FOP-A%2Finvite%2F"
        assert not Invitation.objects.exists()
        client.post(asked["Location"], {"password": PASSWORD})
        assert Invitation.objects.get().email == typed["email"]

    def test_a_wrong_password_there_decides_nothing(self, person: Account) -> None:
        client = english()
        sign_in(client)
        grow_old(client)
        asked = client.post(
            "/entry/organisations/OP-A/invite/", {"name": "N", "email": "n@op-a.example", "role": "reporter"}
        )
        assert client.post(asked["Location"], {"password": "wrong"}).status_code == 200
        assert not Invitation.objects.exists()

    def test_looking_asks_nothing(self, person: Account) -> None:
        client = english()
        sign_in(client)
        grow_old(client, 600)
        assert client.get("/entry/organisations/OP-A/").status_code == 200

    def test_zero_minutes_never_asks(self, person: Account, settings) -> None:
        settings.BASTIDE_STEP_UP_MINUTES = 0
        client = english()
        sign_in(client)
        grow_old(client)
        assert client.get("/entry/organisations/OP-A/invite/").status_code == 200


class TestPrograms:
    def answer(self, account: Account, scopes: list[str], path: str) -> int:
        _key, secret = ApiToken.make(account, name="t", scopes=scopes, expires_at=terms.now() + timedelta(days=1))
        client = english()
        return client.post(
            path,
            {"reason": "No longer needed"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", "X-Purpose": "test"},
        ).status_code

    def test_a_key_decides_only_with_its_scope(self, national: Account, telco, tmp_path, settings) -> None:
        settings.BASTIDE_HOME = tmp_path
        order = make_order(telco)
        path = f"/api/v1/rectify/orders/{order.number}/acts/revoke"
        assert self.answer(national, ["rectify."], path) == 403
        assert self.answer(national, ["rectify.", DECIDE], path) != 403

    def test_making_such_a_key_takes_the_scope_of_a_room_as_well(self, person: Account) -> None:
        with pytest.raises(Refused):
            flows.make_token(person, at=terms.now(), name="x", scopes=[DECIDE], days=1)
        token, _secret = flows.make_token(person, at=terms.now(), name="x", scopes=["respond.", DECIDE], days=1)
        assert token.scopes == ["respond.", DECIDE]
