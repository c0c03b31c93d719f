"""Personal data: what is kept is said, and a person takes their own with them."""

from __future__ import annotations

import json

import pytest
from django.apps import apps

from bastide.base import terms
from bastide.base.entry import flows, personal
from bastide.base.flow.refusals import Forbidden
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry
from tests.base.entry.doors import english, sign_in

pytestmark = pytest.mark.django_db
# Kept for technique alone, or reached by a holding of another name.
ELSEWHERE = {
    "account.emailaddress", "account.emailconfirmation", "socialaccount.socialtoken", "trail.entry", "people.account",
}  # fmt: skip


def test_the_export_holds_every_kind_and_no_secret(person: Account) -> None:
    client = english()
    sign_in(client)
    _token, secret = flows.make_token(person, at=terms.now(), name="feed", scopes=["respond."], days=5)
    answer = client.post("/entry/me/personal/export/")
    text = b"".join(answer.streaming_content).decode()
    held = json.loads(text)
    assert set(held) == {holding.name for holding in personal.holdings()}
    assert held["account"]["rows"][0]["email"] == person.email
    assert held["memberships"]["rows"][0]["organisation__code"] == "OP-A"
    assert held["keys"]["rows"][0]["name"] == "feed"
    assert held["sessions"]["rows"][0]["ip"] == "127.0.0.1"
    for hidden in (secret, person.password, client.session.session_key):
        assert hidden not in text
    assert Entry.objects.filter(act="people.account.export_personal", account=person).count() == 1


def test_every_table_that_names_an_account_as_its_own_is_in_the_register(person: Account) -> None:
    """A table whose rows go when the account goes is about that person: it must be in the register."""
    about_persons = {
        model._meta.label_lower
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.remote_field and field.remote_field.model is Account
        and getattr(field.remote_field, "on_delete", None).__name__ == "CASCADE"
    }  # fmt: skip
    held = {holding.rows(person).model._meta.label_lower for holding in personal.holdings()}
    assert about_persons - held - ELSEWHERE == set()


def test_for_somebody_else_it_takes_the_care_for_them_and_a_reason(person, administrator, other_operator) -> None:
    with pytest.raises(Forbidden):
        personal.export(person, by=other_operator, at=terms.now())
    client = english()
    client.force_login(administrator)
    path = f"/entry/accounts/{person.username}/personal/"
    assert client.post(path, {"reason": ""}).status_code == 422
    answer = client.post(path, {"reason": "Asked for in writing"})
    assert json.loads(b"".join(answer.streaming_content))["account"]["rows"][0]["username"] == "operator"
    assert Entry.objects.get(act="people.account.export_personal").note == "Asked for in writing"


@pytest.mark.parametrize(("language", "words"), [("en", "What is kept about me"), ("zh-hans", "关于我保存了什么")])
def test_the_register_is_a_page_in_both_languages(person: Account, language: str, words: str) -> None:
    client = english()
    sign_in(client)
    client.cookies["django_language"] = language
    assert words in client.get("/entry/me/personal/").content.decode()
