"""Two operators in two provinces: nothing of the one shows in any list, detail, export, search, counter or API call of the other."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import models
from django.test import Client

from bastide.base.people.models import Account, Organisation
from tests.house.cast import make_all
from tests.house.test_doors import filled, routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SECRET = "SECRET-OF-B"
SOUGHT = SECRET[:-2]  # pages repeat what was searched for; only a leak completes it


@pytest.fixture
def own(telco, tmp_path, settings) -> dict[str, models.Model]:
    settings.BASTIDE_HOME = tmp_path
    return make_all(telco)


@pytest.fixture
def foreign(other_telco, tmp_path, settings) -> dict[str, models.Model]:
    """One of everything of the other operator, every free text of it marked."""
    settings.BASTIDE_HOME = tmp_path
    Organisation.objects.filter(pk=other_telco.pk).update(name_zh=SECRET, name_en=SECRET)
    things = make_all(other_telco)
    for thing in things.values():
        _mark(thing)
    return things


def _mark(thing: models.Model) -> None:
    """Put the mark into every free text field of a thing."""
    texts = [
        field.attname
        for field in thing._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not field.unique
        and field.attname
        not in {"sha256", "rules_digest", "area", "grade", "network_type", "severity", "colour", "checklist", "item"}
        and getattr(thing, field.attname)
        and (field.max_length or 1000) >= 60
        and " " in str(getattr(thing, field.attname))
    ]
    if texts:
        type(thing)._default_manager.filter(pk=thing.pk).update(**{name: f"{SECRET} {name}"[:60] for name in texts})


def client_of(account: Account) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def numbers(things: dict[str, models.Model]) -> list[str]:
    """What must not appear: the mark, the numbers and the code of the other."""
    return [
        SECRET,
        "OP-B",
        *(str(getattr(thing, "number", "")) for thing in things.values() if getattr(thing, "number", "")),
    ]


@pytest.mark.parametrize("who", ["operator", "provincial", "stranger", "expert", "contestant"])
def test_nothing_of_another_shows(who: str, own, foreign, request) -> None:
    client, leaks = client_of(request.getfixturevalue(who)), []
    for route in sorted(set(routes())):
        places = filled(route, own)
        for address in [places, f"{places}?export=csv", f"{places}?q={SOUGHT}"] if "<" not in route else [places]:
            response = client.get(address, HTTP_X_PURPOSE="leak test")
            body = b"".join(response.streaming_content) if response.streaming else response.content
            text = body.decode("utf-8", "replace")
            leaks += [f"{address} shows {found}" for found in numbers(foreign) if found in text]
    assert not leaks, "\n".join(leaks[:40])


@pytest.mark.parametrize("who", ["operator", "provincial", "stranger"])
def test_a_foreign_thing_answers_404_in_every_way(who: str, foreign, request) -> None:
    client, wrong = client_of(request.getfixturevalue(who)), []
    for kind, thing in foreign.items():
        if not hasattr(thing, "get_absolute_url"):
            continue
        address = thing.get_absolute_url()
        for path in (address, f"{address}acts/anything/"):
            for status in (client.get(path).status_code, client.post(path).status_code):
                if status not in {404, 403, 405} or (status == 403 and who == "operator" and path == address):
                    wrong.append(f"{kind}: {path} → {status}")
        api = client.get("/api/v1" + address.rstrip("/"), HTTP_X_PURPOSE="test")
        if api.status_code != 404 and not (api.status_code == 403 and who == "stranger"):  # no right to any such thing
            wrong.append(f"{kind}: API {address} → {api.status_code}")
    assert not wrong, "\n".join(wrong)


def test_the_owner_sees_what_is_its_own(operator, own) -> None:
    """The leak test would pass on an empty house; this says the house is not empty."""
    client, seen = client_of(operator), 0
    for thing in own.values():
        if hasattr(thing, "get_absolute_url"):
            seen += client.get(thing.get_absolute_url()).status_code == 200
    assert seen >= len(own) // 2
