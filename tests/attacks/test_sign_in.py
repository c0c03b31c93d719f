"""Where a sign-in leads: into the house, whatever address it was given, by each way of signing in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.utils.http import url_has_allowed_host_and_scheme

from bastide.base.people.models import Account
from tests.attacks.test_doors import OUTSIDE
from tests.base.entry.conftest import officer, person
from tests.base.entry.doors import PASSWORD, english, is_in, sign_in, totp
from tests.base.entry.idp import Issuer
from tests.base.entry.test_factors import set_up
from tests.base.entry.test_sso import oidc

__all__ = ["officer", "oidc", "person"]
pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("where", OUTSIDE)]


def is_inside(answer: Any) -> bool:
    return answer.status_code != 302 or url_has_allowed_host_and_scheme(answer["Location"], {"testserver"})


def test_by_password(where: str, person: Account) -> None:
    for more in ("", f"?next={quote(where)}"):
        client = english()
        sent = {"login": "operator", "password": PASSWORD, **({} if more else {"next": where})}
        answer = client.post(f"/account/login/{more}", sent)
        assert (answer.status_code, is_inside(answer)) == (302, True), answer["Location"]
        assert is_in(client)
        again = client.get(f"/account/login/?next={quote(where)}")  # who is in already
        assert (again.status_code, is_inside(again)) == (302, True), again["Location"]
        proof = client.post(f"/account/reauthenticate/?next={quote(where)}", {"password": PASSWORD, "next": where})
        assert (proof.status_code, is_inside(proof)) == (302, True), proof["Location"]


def test_by_second_factor(where: str, officer: Account, settings: Any) -> None:
    settings.BASTIDE_MFA = "authority"
    client = english()
    sign_in(client, "national")
    secret = set_up(client)
    out = client.post("/account/logout/", {"next": where})
    assert is_inside(out), out["Location"]
    asked = client.post(f"/account/login/?next={quote(where)}", {"login": "national", "password": PASSWORD})
    assert is_inside(asked), asked["Location"]
    answer = client.post(asked["Location"], {"code": totp(secret, 1), "next": where})
    assert (answer.status_code, is_inside(answer)) == (302, True), answer.content[:500]
    assert is_in(client)


def test_by_single_sign_on(where: str, oidc: Issuer, person: Account) -> None:
    client = english()
    oidc.claims = {"sub": "u-1", "email_verified": True, "email": person.email}
    asked = client.get("/account/oidc/group/login/", {"next": where})
    state = parse_qs(urlsplit(asked["Location"]).query)["state"][0]
    answer = client.get("/account/oidc/group/login/callback/", {"code": "c", "state": state, "next": where})
    assert (answer.status_code, is_inside(answer)) == (302, True), answer.content[:500]
    assert is_in(client)
