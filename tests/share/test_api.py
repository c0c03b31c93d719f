"""Warnings for programs: the same acts, the same sight."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from bastide.base.people.models import Account, ApiToken
from bastide.share.models import EarlyWarning
from tests.respond.makers import make_incident
from tests.share.conftest import TEXT, delivery_to
from tests.share.makers import make_delivery, make_warning

BASE = "/api/v1/share"


@pytest.fixture
def call(at: datetime) -> Any:
    """Call the API as an account."""

    def carry(account: Account, method: str, path: str, body: Any = None, **headers: str) -> Any:
        _token, secret = ApiToken.make(
            account, name="t", scopes=["share.", "registry.", "respond.", "decide"], expires_at=at + timedelta(days=1)
        )
        content = json.dumps(body) if body is not None else None
        return getattr(Client(), method)(
            f"{BASE}{path}", content, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {secret}", **headers
        )

    return carry


class TestLoop:
    def test_a_program_plays_it_from_proposal_to_answer(self, call, national, chief, operator, telco) -> None:
        made = call(national, "post", "/warnings/acts/propose", {**TEXT, "colour": "orange", "operators": ["OP-A"]})
        assert made.status_code == 201, made.content
        number = made.json()["number"]
        for who, act in ((chief, "approve"), (national, "publish")):
            done = call(who, "post", f"/warnings/{number}/acts/{act}", {})
            assert done.status_code == 200, done.content
        (mine,) = call(operator, "get", "/deliveries?unanswered=true").json()["items"]
        assert mine["warning"] == number
        assert mine["due_at"] is not None
        call(operator, "post", f"/deliveries/{mine['number']}/acts/acknowledge", {})
        done = call(
            operator, "post", f"/deliveries/{mine['number']}/acts/report_action",
            {"affected": 2, "fixed": 1, "remark": "one left", "version": 2},
        )  # fmt: skip
        assert done.json()["state"] == "action_reported"
        seen = call(national, "get", f"/warnings/{number}").json()
        assert (seen["told"], seen["signed"], seen["acted"]) == (1, 1, 1)

    def test_the_same_key_twice_is_carried_out_once(self, call, national) -> None:
        body = {**TEXT, "colour": "yellow", "everybody": True}
        for _once in range(2):
            answer = call(national, "post", "/warnings/acts/propose", body, HTTP_IDEMPOTENCY_KEY="k1")
            assert answer.status_code == 201
        assert EarlyWarning.objects.count() == 1

    def test_a_stale_version_is_refused(self, call, operator, published, telco) -> None:
        delivery = delivery_to(published, telco)
        answer = call(operator, "post", f"/deliveries/{delivery.number}/acts/acknowledge", {"version": 9})
        assert answer.status_code == 409

    def test_what_is_wrong_is_named(self, call, national) -> None:
        answer = call(national, "post", "/warnings/acts/propose", {**TEXT, "colour": "purple"})
        assert answer.status_code == 422
        assert "colour" in answer.content.decode()


class TestSight:
    def test_an_operator_reads_neither_source_nor_others(self, call, operator, publish, telco, other_telco) -> None:
        warning = publish(incident=make_incident(other_telco).number)
        theirs = delivery_to(warning, other_telco)
        for path in ("/warnings", f"/warnings/{warning.number}", "/deliveries"):
            text = call(operator, "get", path).content.decode()
            assert warning.number in text
            for hidden in (warning.incident, theirs.number, "OP-B"):
                assert hidden not in text
        seen = call(operator, "get", f"/warnings/{warning.number}").json()
        assert (seen["incident"], seen["targets"], seen["told"]) == (None, None, 1)
        assert call(operator, "get", f"/deliveries/{theirs.number}").status_code == 404
        assert call(operator, "post", f"/deliveries/{theirs.number}/acts/acknowledge", {}).status_code == 404

    def test_another_province_finds_nothing(self, call, other_provincial, telco, at) -> None:
        warning, delivery = make_warning(telco), make_delivery(telco)
        assert call(other_provincial, "get", f"/warnings/{warning.number}").status_code == 404
        assert call(other_provincial, "get", f"/deliveries/{delivery.number}").status_code == 404
        assert call(other_provincial, "get", "/deliveries").json()["items"] == []

    def test_lists_are_filtered(self, call, national, telco, at) -> None:
        make_warning(telco, state="lifted")
        in_force = make_warning(telco, state="published")
        found = call(national, "get", "/warnings?state=published").json()["items"]
        assert [row["number"] for row in found] == [in_force.number]
