"""Incidents for programs: the same acts, the same sight."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bastide.base import terms
from bastide.base.people.models import Account, ApiToken
from bastide.respond.models import Incident
from tests.respond.conftest import SAID

BASE = "/api/v1/respond/incidents"


@pytest.fixture
def call(at: Any) -> Any:
    """Call the API as an account, with a purpose."""

    def carry(account: Account, method: str, path: str, body: Any = None, **headers: str) -> Any:
        _token, secret = ApiToken.make(
            account, name="t", scopes=["respond.", "registry.", "decide"], expires_at=at + timedelta(days=1)
        )
        given = {"HTTP_AUTHORIZATION": f"Bearer {secret}", "HTTP_X_PURPOSE": "duty review", **headers}
        return getattr(Client(), method)(f"{BASE}{path}", json.dumps(body) if body is not None else None,
                                         content_type="application/json", **given)  # fmt: skip

    return carry


class TestIncidentList:
    def test_it_is_paged_filtered_and_bounded(self, call, national, operator, other_operator, grave, report) -> None:
        report(title="小事")
        assert call(national, "get", "").json()["count"] == 2
        assert [row["number"] for row in call(operator, "get", "?rank=3").json()["items"]] == [grave.number]
        assert call(operator, "get", "?overdue=true").json()["count"] == 0
        with terms.frozen(grave.found_at + timedelta(hours=1, seconds=1)):
            assert call(operator, "get", "?overdue=true").json()["count"] == 2  # the hour ran out, and that of judging
        assert call(other_operator, "get", "").json()["count"] == 0


class TestIncidentDetail:
    def test_it_gives_lines_with_clocks(self, call, operator, grave) -> None:
        found = call(operator, "get", f"/{grave.number}").json()
        assert {line["duty"] for line in found["lines"]} == {"RD-CII", "RD-TELECOM"}
        assert found["open_acts"][0] == "file"

    def test_a_foreign_one_is_not_there(self, call, other_operator, grave) -> None:
        assert call(other_operator, "get", f"/{grave.number}").status_code == 404
        assert call(other_operator, "post", f"/{grave.number}/acts/file", SAID).status_code == 404

    def test_cii_asks_a_program_for_its_purpose(self, call, operator, grave) -> None:
        assert call(operator, "get", f"/{grave.number}", HTTP_X_PURPOSE="").status_code == 428


class TestActs:
    def test_an_operators_program_reports_and_files(self, call, operator, national, province, unit, at) -> None:
        made = call(operator, "post", "/acts/report", {
            "title": "核心网中断", "nature": "fault", "found_at": "2026-06-16T11:50:00+08:00", "source": "own_monitoring",
            "units": [unit.number], "users_offline_scope": "city", "crime_suspected": False,
        })  # fmt: skip
        assert made.status_code == 201, made.content
        number = made.json()["number"]
        assert made.json()["state"] == "triaged"
        filed = call(operator, "post", f"/{number}/acts/file", SAID)
        assert filed.status_code == 200, filed.content
        more = call(operator, "post", f"/{number}/acts/supplement", {"cause": "断电"})
        assert more.status_code == 200, more.content
        last = Incident.objects.get().submissions.latest("sequence")
        assert last.content == SAID | {"cause": "断电"}

    def test_the_same_key_carries_out_once(self, call, operator, at) -> None:
        body = {"title": "x", "nature": "fault", "found_at": "2026-06-16T11:50", "source": "own_monitoring"}
        answers = [call(operator, "post", "/acts/report", body, HTTP_IDEMPOTENCY_KEY="k").json() for _time in range(2)]
        assert answers[0] == answers[1]
        assert Incident.objects.count() == 1

    def test_refusals_name_the_field(self, call, operator, grave) -> None:
        answer = call(operator, "post", f"/{grave.number}/acts/file", {**SAID, "place": ""})
        assert answer.status_code == 422
        assert any(error["field"] == "place" for error in answer.json()["errors"])

    def test_a_stale_version_is_refused(self, call, operator, grave) -> None:
        answer = call(operator, "post", f"/{grave.number}/acts/rejudge", {"reason": "x", "version": 1})
        assert answer.status_code == 409

    def test_a_partial_confirmation_leaves_other_scales(self, call, national, reported) -> None:
        answer = call(national, "post", f"/{reported.number}/acts/confirm", {"plan17": "major", "reason": "多省"})
        assert answer.status_code == 200, answer.content
        reported.refresh_from_db()
        assert reported.confirmed == {"plan17": "major", "inc25": "major", "dplan24": ""}
