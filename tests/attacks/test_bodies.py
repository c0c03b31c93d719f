"""JSON made to harm, and fields nobody asked for, sent to every act of the API and to the act pages."""

from __future__ import annotations

import json
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.conf import settings as house
from django.core import serializers

from bastide.base.people.models import Account, Membership, Organisation
from bastide.base.ui.doors import Acts
from bastide.registry.models import NetworkUnit
from tests.attacks.test_doors import signed_in
from tests.attacks.test_schema import OPERATIONS, everyone, headers, number_of
from tests.house.cast import make_all

__all__ = ["everyone", "headers"]
pytestmark = pytest.mark.django_db
ENTER = "/api/v1/registry/units/acts/enter"
# What would be worth forging: none of it is a field of any act's form under these names with these meanings.
FORGED = {
    "id": 1, "pk": 1, "number": "NU-2026-000001", "operator_id": 1, "is_cii": True, "role": "leader", "roles": ["leader"],
    "is_superuser": True, "is_staff": True, "created_at": "2001-01-01T00:00:00Z", "created_by": 1, "account": 1,
    "scopes": ["decide"], "__class__": "Account", "memberships": [{"role": "leader"}], "by": 1, "at": "2001-01-01",
    "thing": 1,
}  # fmt: skip
BODIES = {
    "deep lists": "[" * 10_000 + "]" * 10_000,
    "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "deep in a field": '{"code":' + "[" * 10_000 + "]" * 10_000 + "}",
    "NaN": '{"code": NaN, "name_zh": Infinity}',
    "a number without end": '{"code": ' + "9" * 100_000 + "}",
    "a version without end": '{"version": ' + "9" * 4_000 + "}",
    "lone surrogate": '{"code": "\\ud800", "name_zh": "x"}',
    "zero": '{"code": "A\\u0000B", "name_zh": "x\\u0000"}',
    "no object": '"text"',
    "nothing": "",
    "no JSON": "{'code': 1}",
    "two roots": "{}{}",
    "a name twice": '{"code": "A-1", "name_zh": "x", "code": "A-2"}',
    "a name twice after many": "{" + "".join(f'"a{n}":0,' for n in range(200_000)) + '"z":1,"z":2}',
    "a name twice within": '{"code": "A-1", "name_zh": {"zh": "x", "zh": "y"}}',
    "no UTF-8": b'{"code": "\xff\xfe"}',
}


def all_acts() -> list[Acts]:
    found = []
    for place in [*(f"bastide.base.{one}" for one in house.ROOMS), *(f"bastide.{one}" for one in house.CONTEXTS)]:
        if find_spec(f"{place}.acts"):
            found += [one for one in vars(import_module(f"{place}.acts")).values() if isinstance(one, Acts)]
    return found


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_harmful_body_is_answered_with_words(
    body: str | bytes, telco: Organisation, operator: Account, at: datetime
) -> None:
    answer = signed_in(operator).post(ENTER, body, content_type="application/json")
    assert answer.status_code in {400, 409, 413, 422}, answer.content[:300]
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["detail"]
    assert not NetworkUnit.objects.exists()


def test_a_name_that_stands_twice_is_named(telco: Organisation, operator: Account) -> None:
    answer = signed_in(operator).post(ENTER, BODIES["a name twice"], content_type="application/json")
    assert "“code” stands twice" in answer.json()["detail"]


def test_an_oversized_body_is_refused(telco: Organisation, operator: Account, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    answer = signed_in(operator).post(ENTER, {"code": "x" * 20_000}, content_type="application/json")
    assert answer.status_code == 413, answer.content
    assert answer.json()["title"]
    assert not NetworkUnit.objects.exists()


@pytest.mark.slow
def test_programs_can_set_nothing_that_was_not_asked(
    telco: Organisation, headers: dict[str, str], everyone: Account, settings: Any, tmp_path: Any
) -> None:
    """Every act of the API refuses fields its form does not have, by name, and changes nothing."""
    settings.BASTIDE_HOME = tmp_path
    things, client, taken = make_all(telco), signed_in(everyone), {}
    before = {kind: whole(thing) for kind, thing in things.items()}
    for label, operation in OPERATIONS.items():
        if "/acts/" not in label or "{act}" in label:
            continue
        address = operation.path.replace("{number}", number_of(operation.path, things))
        answer = client.post(address, FORGED, content_type="application/json", headers=headers)
        named = {one["field"].removeprefix("body.") for one in answer.json().get("errors", [])}
        if answer.status_code != 422 and answer.status_code not in {403, 404, 409, 428}:
            taken[label] = answer.status_code
        elif answer.status_code == 422 and not named & set(FORGED):
            taken[label] = sorted(named)
    assert not taken
    assert {kind: whole(thing) for kind, thing in things.items()} == before


@pytest.mark.slow
def test_pages_let_nothing_by_that_was_not_asked(
    telco: Organisation, everyone: Account, settings: Any, tmp_path: Any
) -> None:
    """Fields a page's form does not have never reach the thing, whatever the act does with those it has."""
    settings.BASTIDE_HOME = tmp_path
    things, client = make_all(telco), signed_in(everyone)
    members, accounts = Membership.objects.count(), list(Account.objects.values_list("pk", "is_house", "is_demo"))
    broken = {}
    for acts in all_acts():
        for thing in [one for one in things.values() if isinstance(one, acts.flow.model)]:
            held = {
                name: getattr(thing, name)
                for name in ("pk", "number", "created_at", "operator_id", "is_cii")
                if hasattr(thing, name)
            }
            for name, door in acts.doors.items():
                if acts.flow.steps[name].creates:
                    continue
                asked = set(door.form.base_fields)
                sent = {
                    key: value
                    for key, value in {**FORGED, "operator": "OP-B", "state": "closed"}.items()
                    if key not in asked
                }
                status = client.post(
                    f"{thing.get_absolute_url()}acts/{name}/",
                    {
                        k: v if isinstance(v, list | str) else json.dumps(v)
                        for k, v in sent.items()
                        if k != "memberships"
                    },
                ).status_code
                fresh = type(thing)._base_manager.filter(pk=thing.pk).first()
                kept = {key: getattr(fresh, key) for key in held} if fresh else held
                if name in {"set_cii", "unset_cii"}:
                    kept["is_cii"] = held["is_cii"]
                if status >= 500 or kept != held:
                    broken[f"{acts.flow.kind} {name}"] = (status, kept, held)
    assert not broken
    assert Membership.objects.count() == members
    assert list(Account.objects.values_list("pk", "is_house", "is_demo")) == accounts


def whole(thing: Any) -> str:
    return serializers.serialize("json", [type(thing)._base_manager.get(pk=thing.pk)])
