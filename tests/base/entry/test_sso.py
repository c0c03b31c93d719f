"""Single sign-on against providers that sign for real: who is known comes in, nobody else does, no account is opened."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from bastide.base.entry import providers
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry
from tests.base.entry.doors import english, is_in, sign_in
from tests.base.entry.idp import Issuer, Signer, issuer

pytestmark = pytest.mark.django_db


def use(settings: Any, folder: Path, **one: Any) -> None:
    """Let the installation know one provider, through its file."""
    (folder / "client.secret").write_text("the-secret\n")
    (folder / "sso.yaml").write_text(yaml.safe_dump({"providers": [{"id": "group", "name": "Group sign-on", **one}]}))
    settings.SOCIALACCOUNT_PROVIDERS = providers.as_setting(str(folder / "sso.yaml"))


@pytest.fixture
def oidc(settings, tmp_path) -> Iterator[Issuer]:
    with issuer() as one:
        use(settings, tmp_path, kind="oidc", server=one.url, client_id="bastide", client_secret_file="client.secret")
        yield one


def by_oidc(client: Client, one: Issuer, **claims: Any) -> Any:
    """Go to the provider and come back as somebody."""
    one.claims = {"sub": "u-1", "email_verified": True, **claims}
    asked = client.get("/account/oidc/group/login/")
    assert asked["Location"].startswith(f"{one.url}/authorize?")
    state = parse_qs(urlsplit(asked["Location"]).query)["state"][0]
    return client.get("/account/oidc/group/login/callback/", {"code": "c", "state": state})


class TestOidc:
    def test_the_sign_in_page_offers_it(self, oidc: Issuer, db) -> None:
        assert b"Group sign-on" in english().get("/account/login/").content

    def test_who_has_an_account_comes_in_and_is_linked(self, oidc: Issuer, person: Account) -> None:
        client = english()
        by_oidc(client, oidc, email=person.email.upper())
        assert is_in(client)
        assert SocialAccount.objects.get().user == person
        assert Entry.objects.filter(act="people.account.link", account=person).count() == 1
        assert Entry.objects.get(act="people.account.sign_in").changes == {"by": [None, "sso:group"]}

    def test_once_linked_the_identity_counts_not_the_address(self, oidc: Issuer, person: Account) -> None:
        by_oidc(english(), oidc, email=person.email)
        again = english()
        by_oidc(again, oidc, email="changed@elsewhere.example")
        assert is_in(again)

    @pytest.mark.parametrize(
        "claims",
        [
            {"email": "stranger@elsewhere.example"},
            {"email": "person@op-a.example", "email_verified": False},
            {},
        ],
    )
    def test_nobody_else_does_and_no_account_is_opened(
        self, oidc: Issuer, person: Account, claims: dict[str, Any]
    ) -> None:
        client, before = english(), Account.objects.count()
        answer = by_oidc(client, oidc, **claims)
        assert answer.status_code == 403
        assert b"No account for this identity" in answer.content
        assert not is_in(client)
        assert (Account.objects.count(), SocialAccount.objects.count()) == (before, 0)

    def test_a_suspended_account_stays_out(self, oidc: Issuer, person: Account) -> None:
        by_oidc(english(), oidc, email=person.email)
        Account.objects.filter(pk=person.pk).update(is_active=False)
        client = english()
        assert by_oidc(client, oidc, email=person.email).status_code == 403
        assert not is_in(client)

    def test_a_made_up_answer_is_not_believed(self, oidc: Issuer, person: Account) -> None:
        client = english()
        answer = client.get("/account/oidc/group/login/callback/", {"code": "c", "state": "made-up"})
        assert (answer.status_code, is_in(client)) == (401, False)
        assert b"was not completed" in answer.content

    def test_it_vouches_only_for_the_organisations_it_answers_for(
        self, oidc: Issuer, person: Account, officer: Account, settings, tmp_path
    ) -> None:
        use(
            settings, tmp_path, kind="oidc", server=oidc.url, client_id="bastide", client_secret_file="client.secret",
            organisations=["OP-A"],
        )  # fmt: skip
        own, foreign = english(), english()
        by_oidc(own, oidc, email=person.email)
        answer = by_oidc(foreign, oidc, sub="u-2", email=officer.email)
        assert (is_in(own), is_in(foreign), answer.status_code) == (True, False, 403)

    @pytest.mark.parametrize("vouches", [True, False])
    def test_its_second_factor_counts_where_the_file_says_so(
        self, oidc: Issuer, officer: Account, settings, tmp_path, vouches: bool
    ) -> None:
        settings.BASTIDE_MFA = "authority"
        use(
            settings, tmp_path, kind="oidc", server=oidc.url, client_id="bastide", client_secret_file="client.secret",
            second_factor=vouches,
        )  # fmt: skip
        client = english()
        by_oidc(client, oidc, email=officer.email)
        assert is_in(client) is vouches


@pytest.fixture
def saml(settings, tmp_path) -> Signer:
    one = Signer()
    (tmp_path / "idp.xml").write_text(one.metadata())
    use(settings, tmp_path, kind="saml", metadata_file="idp.xml")
    return one


def by_saml(client: Client, one: Signer, change: Any = lambda text: text, **about: Any) -> Any:
    """Go to the provider and come back with its signed answer."""
    asked = client.get("/account/saml/group/login/")
    assert asked["Location"].startswith("https://idp.example/sso?")
    told = base64.b64decode(one.response(asked["Location"], **about)).decode()
    answer = client.post("/account/saml/group/acs/", {"SAMLResponse": base64.b64encode(change(told).encode()).decode()})
    return client.get(answer["Location"])


class TestSaml:
    def test_who_has_an_account_comes_in(self, saml: Signer, person: Account) -> None:
        client = english()
        by_saml(client, saml, mail=person.email)
        assert is_in(client)
        assert SocialAccount.objects.get().user == person

    def test_nobody_else_does(self, saml: Signer, person: Account) -> None:
        client = english()
        assert by_saml(client, saml, mail="stranger@elsewhere.example").status_code == 403
        assert not is_in(client)

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("stranger@elsewhere.example", "person@op-a.example"),
            lambda text: text.replace("Audience>", "Audience>x", 1),
            lambda text: text[: text.index("<ds:Signature")] + text[text.index("</ds:Signature>") + 15 :],
            lambda text: "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + text,
            lambda text: "no xml at all",
        ],
        ids=["another address", "another audience", "no signature", "an entity", "not xml"],
    )
    def test_a_changed_answer_is_not_believed(self, saml: Signer, person: Account, change: Any) -> None:
        client = english()
        answer = by_saml(client, saml, change, mail="stranger@elsewhere.example")
        assert (answer.status_code, is_in(client)) == (401, False)

    def test_an_answer_nobody_asked_for_is_not_believed(self, saml: Signer, person: Account) -> None:
        told = saml.response(english().get("/account/saml/group/login/")["Location"], mail=person.email)
        client = english()
        answer = client.post("/account/saml/group/acs/", {"SAMLResponse": told})
        assert client.get(answer["Location"]).status_code in {401, 403}
        assert not is_in(client)


class TestFile:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("providers: [", "is not YAML"),
            ("providers: [{id: A, kind: oidc, name: x, server: s, client_id: c}]", "providers.0.id"),
            ("providers: [{id: a, kind: oidc, name: x}]", "oidc needs server and client_id"),
            ("providers: [{id: a, kind: ldap, name: x}]", "providers.0.kind"),
            ("providers: [{id: a, kind: saml, name: x, metadata_file: f, colour: red}]", "colour"),
            (
                "providers: [{id: a, kind: saml, name: x, metadata_file: f}, {id: a, kind: saml, name: y, metadata_file: f}]",
                "twice",
            ),
        ],
    )
    def test_a_wrong_file_says_where(self, tmp_path: Path, text: str, words: str) -> None:
        (tmp_path / "sso.yaml").write_text(text)
        with pytest.raises(ValueError, match=words):
            providers.read(str(tmp_path / "sso.yaml"))

    def test_an_absent_file_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="cannot be read"):
            providers.read(str(tmp_path / "none.yaml"))

    def test_passwords_still_work_beside_it(self, oidc: Issuer, person: Account) -> None:
        client = english()
        sign_in(client)
        assert is_in(client)
