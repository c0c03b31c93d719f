"""Organisations, accounts, invitations and one's own keys, as pages in both languages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bastide.base.entry import flows
from bastide.base.people.models import Account, ApiToken, Invitation, Membership, Organisation
from bastide.base.people.roles import Role
from tests.conftest import make_account, make_organisation

pytestmark = pytest.mark.django_db
LANGUAGES = ["zh-hans", "en"]
PASSWORD = "correct-horse-battery"


def signed_in(account: Account, language: str = "en") -> Client:
    client = Client()
    client.force_login(account, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    client.cookies["django_language"] = language
    return client


def english() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def invitation(telco: Organisation, operator: Account, at: datetime) -> Invitation:
    made, secret = flows.invite(telco, by=operator, at=at, email="new@op-a.example", name="New", role=Role.REPORTER)
    made.__dict__["secret"] = secret
    return made


class TestEveryPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(
        "path",
        [
            "organisations/", "organisations/new/", "organisations/OP-A/", "organisations/OP-A/invite/", "accounts/",
            "accounts/operator/", "accounts/operator/roles/new/", "accounts/operator/switch/", "me/",
        ],
    )  # fmt: skip
    def test_it_opens(
        self, invitation: Invitation, administrator: Account, at: datetime, language: str, path: str
    ) -> None:
        response = signed_in(administrator, language).get(f"/entry/{path}")
        assert response.status_code == 200, response.content[:2000]

    @pytest.mark.parametrize("path", ["organisations/?export=csv", "accounts/?export=xlsx", "accounts/?q=oper"])
    def test_lists_export_and_search(self, operator: Account, administrator: Account, at: datetime, path: str) -> None:
        assert signed_in(administrator).get(f"/entry/{path}").status_code == 200

    @pytest.mark.parametrize("path", ["accounts/", "organisations/new/", "organisations/OP-A/invite/"])
    def test_a_role_without_the_right_is_kept_out(self, telco: Organisation, inspector: Account, path: str) -> None:
        assert signed_in(inspector).get(f"/entry/{path}").status_code == 403

    @pytest.mark.parametrize(
        "path", ["organisations/OP-B/", "organisations/OP-B/invite/", "accounts/other_operator/",
                 "accounts/other_operator/roles/new/", "accounts/other_operator/switch/"]
    )  # fmt: skip
    def test_what_is_foreign_is_not_there(
        self, operator: Account, other_operator: Account, at: datetime, path: str
    ) -> None:
        assert signed_in(operator).get(f"/entry/{path}").status_code == 404

    @pytest.mark.parametrize("name", ["organisations", "accounts"])
    def test_a_list_takes_the_same_queries_with_two_rows_and_with_ten(
        self, administrator: Account, at: datetime, name: str
    ) -> None:
        client, taken = signed_in(administrator), []
        for number in range(10):
            organisation = make_organisation(f"X-{number}", "operator", "110000")
            make_account(f"x{number}", organisation, Role.HEAD, Role.REPORTER)
            with CaptureQueriesContext(connection) as captured:
                client.get(f"/entry/{name}/")
            taken.append(len(captured))
        assert len(set(taken[1:])) == 1, taken


class TestOrganisation:
    GIVEN = {"code": "OP-X", "kind": "operator", "name_zh": "新", "area": "110000"}

    def test_it_is_entered_once(self, administrator: Account, at: datetime) -> None:
        client = signed_in(administrator)
        assert client.post("/entry/organisations/new/", self.GIVEN)["Location"] == "/entry/organisations/OP-X/"
        again = client.post("/entry/organisations/new/", self.GIVEN)
        assert again.status_code == 422
        assert b"already exists" in again.content

    def test_a_provincial_office_needs_a_province(self, administrator: Account, at: datetime) -> None:
        given = {**self.GIVEN, "kind": "provincial_office", "area": ""}
        response = signed_in(administrator).post("/entry/organisations/new/", given)
        assert response.status_code == 422
        assert b"Choose its province" in response.content

    def test_what_happened_says_what_was_entered(self, administrator: Account, at: datetime) -> None:
        client = signed_in(administrator)
        client.post("/entry/organisations/new/", self.GIVEN)
        assert b"Organisation added" in client.get("/entry/organisations/OP-X/").content


@pytest.mark.django_db(transaction=True)
class TestInvite:
    GIVEN = {"name": "New Person", "email": "new@op-a.example", "role": "reporter"}

    def invite(self, operator: Account) -> Client:
        client = signed_in(operator)
        assert client.post("/entry/organisations/OP-A/invite/", self.GIVEN).status_code == 302
        return client

    def test_the_link_is_mailed_in_both_languages(self, telco, operator: Account, at: datetime) -> None:
        self.invite(operator)
        (letter,) = mail.outbox
        assert letter.to == ["new@op-a.example"]
        assert "邀请" in letter.subject
        assert "You are invited" in letter.body
        assert len(re.findall(r"http://testserver/entry/welcome/[\w-]{40,}/", letter.body)) == 2

    def test_the_link_is_shown_once_to_who_invited(self, telco, operator: Account, at: datetime) -> None:
        client = self.invite(operator)
        shown = [b"/entry/welcome/" in client.get("/entry/organisations/OP-A/").content for _ in range(2)]
        assert shown == [True, False]

    def test_a_silent_mail_server_leaves_the_link_to_hand_over(
        self, telco, operator: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(*args: Any, **kwargs: Any) -> int:
            raise ConnectionRefusedError

        monkeypatch.setattr(flows, "send_mail", silent)
        page = self.invite(operator).get("/entry/organisations/OP-A/").content
        assert b"could not be sent" in page
        assert b"/entry/welcome/" in page

    def test_a_known_address_is_refused_at_its_field(self, telco, operator: Account, at: datetime) -> None:
        Account.objects.filter(pk=operator.pk).update(email="NEW@op-a.example")
        response = signed_in(operator).post("/entry/organisations/OP-A/invite/", self.GIVEN)
        assert (response.status_code, mail.outbox) == (422, [])
        assert b"give it the role instead" in response.content


class TestWelcome:
    GIVEN = {"username": "new.person", "password": PASSWORD, "again": PASSWORD}

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_link_opens_without_signing_in(self, invitation: Any, language: str) -> None:
        client = Client()
        client.cookies["django_language"] = language
        response = client.get(f"/entry/welcome/{invitation.secret}/")
        assert response.status_code == 200
        assert "New" in response.content.decode()

    def test_accepting_opens_the_account_and_its_owner_signs_in(self, invitation: Any) -> None:
        client = english()
        done = client.post(f"/entry/welcome/{invitation.secret}/", self.GIVEN)
        assert done["Location"] == "/account/login/"
        signed = client.post("/account/login/", {"login": "new.person", "password": PASSWORD})
        assert signed.status_code == 302
        assert client.get("/entry/me/").status_code == 200
        assert Membership.objects.get(account__username="new.person").role == Role.REPORTER

    def test_a_used_link_says_what_to_do(self, invitation: Any) -> None:
        client = english()
        client.post(f"/entry/welcome/{invitation.secret}/", self.GIVEN)
        again = client.get(f"/entry/welcome/{invitation.secret}/")
        assert again.status_code == 404
        assert b"Ask whoever invited you" in again.content

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"again": "other-horse-battery"}, "The two passwords differ"),
            ({"password": "short", "again": "short"}, "at least 12 characters"),
            ({"username": "operator"}, "already exists"),
            ({"username": "New Person"}, "Small letters"),
        ],
    )
    def test_what_does_not_do_is_said_at_its_field_and_the_link_stays_open(
        self, invitation: Any, change: dict[str, str], words: str
    ) -> None:
        response = english().post(f"/entry/welcome/{invitation.secret}/", {**self.GIVEN, **change})
        assert response.status_code == 422
        assert words in response.content.decode()
        field = next(iter(change))
        assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', response.content.decode())
        assert Invitation.find(invitation.secret, at=invitation.created_at) is not None

    def test_a_withdrawn_invitation_is_closed(self, invitation: Any, operator: Account) -> None:
        signed_in(operator).post(f"/entry/invitations/{invitation.pk}/withdraw/")
        assert english().get(f"/entry/welcome/{invitation.secret}/").status_code == 404
        assert signed_in(operator).post(f"/entry/invitations/{invitation.pk}/withdraw/").status_code == 409

    def test_a_foreign_invitation_is_not_there(self, invitation: Any, other_operator: Account) -> None:
        assert signed_in(other_operator).post(f"/entry/invitations/{invitation.pk}/withdraw/").status_code == 404


class TestAccount:
    def test_a_suspended_ones_session_ends_with_the_next_request(
        self, operator: Account, administrator: Account, at: datetime
    ) -> None:
        session, office = signed_in(operator), signed_in(administrator)
        assert session.get("/entry/me/").status_code == 200
        assert office.post("/entry/accounts/operator/switch/", {"reason": ""}).status_code == 422
        office.post("/entry/accounts/operator/switch/", {"reason": "left the company"})
        assert session.get("/entry/me/")["Location"].startswith("/account/login/")
        assert b"left the company" in office.get("/entry/accounts/operator/").content
        office.post("/entry/accounts/operator/switch/", {"reason": "came back"})
        assert session.get("/entry/me/").status_code == 200

    def test_its_keys_end_too(self, operator: Account, administrator: Account, at: datetime) -> None:
        _token, secret = flows.make_token(operator, at=at, name="x", scopes=["monitor."], days=5)
        program = Client(headers={"Authorization": f"Bearer {secret}"})
        assert program.get("/api/v1/monitor/alerts").status_code == 200
        signed_in(administrator).post("/entry/accounts/operator/switch/", {"reason": "left"})
        assert program.get("/api/v1/monitor/alerts").status_code == 401

    def test_a_role_is_given_and_ended(self, operator: Account, telco, administrator: Account, at: datetime) -> None:
        office = signed_in(administrator)
        given = {"organisation": "OP-A", "role": "reporter"}
        assert office.post("/entry/accounts/operator/roles/new/", given).status_code == 302
        assert b"holds that role already" in office.post("/entry/accounts/operator/roles/new/", given).content
        wrong = office.post("/entry/accounts/operator/roles/new/", {**given, "role": "leader"})
        assert (wrong.status_code, b"does not exist in this kind" in wrong.content) == (422, True)
        held = Membership.objects.get(account=operator, role="reporter")
        office.post(f"/entry/roles/{held.pk}/end/")
        held.refresh_from_db()
        assert held.until == at

    def test_a_foreign_role_is_not_there(self, operator: Account, other_operator: Account, at: datetime) -> None:
        held = other_operator.memberships.first()
        assert held is not None
        assert signed_in(operator).post(f"/entry/roles/{held.pk}/end/").status_code == 404


class TestKeys:
    def make(self, client: Client, *scopes: str, days: int = 10) -> Any:
        return client.post("/entry/me/", {"name": "reader", "scopes": scopes, "days": days})

    def test_it_is_shown_once_and_acts_within_its_scopes(self, operator: Account, at: datetime) -> None:
        client = signed_in(operator)
        (secret,) = set(re.findall(r"bst_[\w-]{30,}", self.make(client, "registry.").content.decode()))
        assert secret not in client.get("/entry/me/").content.decode()
        program = Client(headers={"Authorization": f"Bearer {secret}"})
        assert program.get("/api/v1/registry/units").status_code == 200
        assert program.get("/api/v1/monitor/alerts").json().get("items", []) == []
        assert program.get("/entry/me/").status_code == 302  # keys open the API, no pages

    def test_a_scope_says_which_part_of_the_console_it_opens(self, operator: Account, at: datetime) -> None:
        assert b"Monitoring (monitor.*)" in signed_in(operator).get("/entry/me/").content

    @pytest.mark.parametrize(("scopes", "days"), [((), 10), (("nothing.",), 10), (("registry.",), 400)])
    def test_what_does_not_do_is_refused(self, operator: Account, at, scopes: tuple[str, ...], days: int) -> None:
        assert self.make(signed_in(operator), *scopes, days=days).status_code == 422
        assert not ApiToken.objects.exists()

    def test_it_ends_at_once_and_by_its_owner_only(self, operator: Account, other_operator: Account, at) -> None:
        token, secret = flows.make_token(operator, at=at, name="x", scopes=["monitor."], days=5)
        assert signed_in(other_operator).post(f"/entry/keys/{token.pk}/revoke/").status_code == 404
        assert signed_in(operator).post(f"/entry/keys/{token.pk}/revoke/").status_code == 302
        program = Client(headers={"Authorization": f"Bearer {secret}"})
        assert program.get("/api/v1/monitor/alerts").status_code == 401

    def test_it_expires(self, operator: Account, at: datetime) -> None:
        _token, secret = flows.make_token(operator, at=at, name="x", scopes=["monitor."], days=5)
        assert ApiToken.find(secret, at=at + timedelta(days=6)) is None

    def test_a_contestant_has_none(self, contestant: Account, at: datetime) -> None:
        assert b"Keys for programs" not in signed_in(contestant).get("/entry/me/").content
