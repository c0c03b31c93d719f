"""The register for programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bastide.base.people.models import Account, ApiToken, Organisation
from bastide.base.trail.models import Entry
from bastide.registry.models import NetworkUnit
from tests.registry.makers import make_dependency, make_unit
from tests.registry.test_imports import line, sheet

pytestmark = pytest.mark.django_db
API = "/api/v1/registry"


def program(account: Account, at: datetime, **headers: str) -> Client:
    _token, secret = ApiToken.make(account, name="t", scopes=["registry.", "decide"], expires_at=at + timedelta(days=1))
    return Client(headers={"Authorization": f"Bearer {secret}", **headers})


def items(client: Client, path: str) -> list[dict[str, Any]]:
    response = client.get(f"{API}{path}")
    assert response.status_code == 200, response.content
    return list(response.json()["items"])


class TestReads:
    def test_each_reads_its_own(
        self, telco: Organisation, other_telco: Organisation, operator: Account, at: datetime
    ) -> None:
        ours, theirs = make_unit(telco), make_unit(other_telco)
        make_dependency(ours, make_unit(telco))
        make_dependency(ours, theirs)
        client = program(operator, at)
        assert {one["number"] for one in items(client, "/units")} == set(
            NetworkUnit.objects.filter(operator=telco).values_list("number", flat=True)
        )
        assert [one["code"] for one in items(client, "/operators")] == ["OP-A"]
        assert len(items(client, "/dependencies")) == 1
        for path in (f"/units/{theirs.number}", "/operators/OP-B", f"/units/{theirs.number}/dependants"):
            assert client.get(f"{API}{path}").status_code == 404

    def test_filters_bound_the_list(self, telco: Organisation, operator: Account, at: datetime) -> None:
        unit = make_unit(telco, state="graded", grade="2", hosts=("core.example.net",))
        make_unit(telco)
        client = program(operator, at)
        for query in ("grade=2", "state=graded", "host=CORE.example.net", f"q={unit.code}"):
            assert [one["number"] for one in items(client, f"/units?{query}")] == [unit.number]

    def test_without_a_token_there_is_nothing(self, telco: Organisation) -> None:
        assert Client().get(f"{API}/units").status_code == 401

    def test_the_analyst_reads_posture_without_cii(self, telco: Organisation, analyst: Account, at: datetime) -> None:
        make_unit(telco, is_cii=True)
        told = program(analyst, at).get(f"{API}/posture").json()
        assert (told[0]["units"], told[0]["cii"]) == (1, None)


class TestCii:
    def test_one_opens_for_a_purpose_only(self, telco: Organisation, national: Account, at: datetime) -> None:
        unit = make_unit(telco, is_cii=True)
        path = f"{API}/units/{unit.number}"
        assert program(national, at).get(path).status_code == 428
        told = program(national, at, **{"X-Purpose": "duty review"}).get(path).json()
        assert (told["unit"]["is_cii"], told["cii_reason"]) == (True, "identified")
        assert Entry.objects.filter(is_read=True, purpose="duty review").count() == 1

    def test_the_list_says_nothing_without_a_purpose(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        make_unit(telco, is_cii=True)
        assert [one["is_cii"] for one in items(program(national, at), "/units")] == [None]
        assert program(national, at).get(f"{API}/units?is_cii=true").status_code == 428
        asked = program(national, at, **{"X-Purpose": "duty review"})
        assert [one["is_cii"] for one in items(asked, "/units?is_cii=true")] == [True]
        assert Entry.objects.filter(is_read=True, number="list", purpose="duty review").count() == 1

    def test_who_may_not_know_learns_nothing(self, telco: Organisation, analyst: Account, at: datetime) -> None:
        unit = make_unit(telco, is_cii=True)
        told = program(analyst, at, **{"X-Purpose": "curious"}).get(f"{API}/units/{unit.number}")
        assert told.status_code == 200
        assert (told.json()["unit"]["is_cii"], told.json()["cii_reason"]) == (None, None)


class TestActs:
    def test_a_unit_is_entered_graded_and_changed_in_part(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        client = program(operator, at)
        body = {"operator": "OP-A", "name_zh": "核心网", "network_type": "5g_core", "lifecycle": "formal",
                "hosts": "192.0.2.1", "department": "NOC"}  # fmt: skip
        made = client.post(f"{API}/units/acts/enter", body, content_type="application/json")
        assert made.status_code == 201, made.content
        acts = f"{API}/units/{made.json()['number']}/acts"
        client.post(f"{acts}/set_grade", {"grade": "3.1", "reason": "review"}, content_type="application/json")
        part = {"name_zh": "改", "network_type": "5g_core", "lifecycle": "formal"}
        assert client.post(f"{acts}/change", part, content_type="application/json").status_code == 200
        unit = NetworkUnit.objects.get()
        assert (unit.grade, unit.name_zh, unit.department, unit.host_names) == ("3.1", "改", "NOC", ["192.0.2.1"])

    def test_what_is_not_permitted_is_told(self, telco: Organisation, operator: Account, at: datetime) -> None:
        unit = make_unit(telco)
        path = f"{API}/units/{unit.number}/acts/set_cii"
        assert program(operator, at).post(path, {"reason": "x"}, content_type="application/json").status_code == 403

    def test_an_operator_is_added_and_changed(self, national: Account, at: datetime) -> None:
        client = program(national, at)
        made = client.post(f"{API}/operators", {"code": "OP-9", "name_zh": "运营者"}, content_type="application/json")
        assert made.status_code == 201
        told = client.patch(f"{API}/operators/OP-9", {"licence": "B1"}, content_type="application/json").json()
        assert (told["name_zh"], told["licence"]) == ("运营者", "B1")

    def test_a_file_is_uploaded_and_committed(self, telco: Organisation, operator: Account, at: datetime) -> None:
        client = program(operator, at)
        file = SimpleUploadedFile("u.csv", sheet(line(), line("BAD", area="x")))
        made = client.post(f"{API}/imports", {"file": file, "subject": "units"})
        assert made.status_code == 201, made.content
        number = made.json()["number"]
        assert made.json()["counts"] == {"rows": 2, "new": 1, "bad": 1}
        told = items(client, f"/imports/{number}/rows?verdict=bad")
        assert told[0]["problems"][0]["field"] == "area"
        done = client.post(f"{API}/imports/{number}/acts/commit", {"mode": "skip"}, content_type="application/json")
        assert done.json()["state"] == "committed"
        assert client.post(f"{API}/imports/{number}/acts/undo", {}, content_type="application/json").status_code == 200
        assert not NetworkUnit.objects.exists()
