"""The pages of the register, in both languages, and what they must not show."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from bastide.registry import flows
from bastide.registry.models import Import, NetworkUnit
from tests.registry.makers import make_dependency, make_unit
from tests.registry.test_imports import GML, line, sheet

pytestmark = pytest.mark.django_db

LANGUAGES = ["zh-hans", "en"]


def signed_in(account: Account, language: str = "en") -> Client:
    client = Client()
    client.force_login(account)
    client.cookies["django_language"] = language
    return client


def state_purpose(client: Client, key: str) -> None:
    client.post(reverse("ui:purpose"), {"key": key, "purpose": "duty review of the night", "next": "/", "label": "x"})


@pytest.fixture
def unit(telco: Organisation) -> NetworkUnit:
    unit = make_unit(telco, state="graded", hosts=("192.0.2.1",), latitude=39.9, longitude=116.4)
    make_dependency(unit, make_unit(telco))
    make_dependency(make_unit(telco), unit, "power")
    return unit


class TestEveryPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(
        "path",
        [
            "operators/", "operators/enter/", "operators/OP-A/", "operators/OP-A/change/", "sector/", "units/",
            "units/enter/", "units/{unit}/", "units/{unit}/picture/?steps=3", "units/{unit}/acts/change/",
            "units/{unit}/acts/set_grade/", "units/{unit}/acts/set_cii/", "units/{unit}/acts/add_dependency/",
            "units/{unit}/acts/remove_dependency/", "units/{unit}/acts/withdraw/", "dependencies/", "imports/",
            "imports/upload/", "imports/{import}/", "imports/{import}/rows/", "imports/{import}/acts/commit/",
            "imports/{import}/quarantined.csv", "imports/templates/units.xlsx", "imports/templates/operators.csv",
        ],
    )  # fmt: skip
    def test_it_opens(self, unit: NetworkUnit, national: Account, at: datetime, language: str, path: str) -> None:
        data = sheet(line(), line("BAD", area="x"))
        thing = flows.upload_import(by=national, at=at, subject="units", file_name="u.csv", data=data)
        address = "/registry/" + path.replace("{unit}", unit.number).replace("{import}", thing.number)
        response = signed_in(national, language).get(address)
        assert response.status_code == 200, response.content[:2000]


class TestTenancy:
    @pytest.mark.parametrize("path", ["", "picture/", "acts/change/"])
    def test_a_foreign_unit_is_not_there(
        self, unit: NetworkUnit, other_operator: Account, at: datetime, path: str
    ) -> None:
        assert signed_in(other_operator).get(f"/registry/units/{unit.number}/{path}").status_code == 404

    def test_a_foreign_operator_is_not_there(
        self, unit: NetworkUnit, other_operator: Account, other_provincial: Account, at: datetime
    ) -> None:
        for account in (other_operator, other_provincial):
            assert signed_in(account).get("/registry/operators/OP-A/").status_code == 404

    def test_a_foreign_import_is_not_there(
        self, telco: Organisation, operator: Account, other_operator: Account, at: datetime
    ) -> None:
        thing = flows.upload_import(by=operator, at=at, subject="units", file_name="u.csv", data=sheet(line()))
        for path in ("", "rows/", "quarantined.csv", "acts/commit/"):
            assert signed_in(other_operator).get(f"/registry/imports/{thing.number}/{path}").status_code == 404

    def test_lists_search_and_exports_show_ones_own(
        self, unit: NetworkUnit, other_telco: Organisation, operator: Account, at: datetime
    ) -> None:
        foreign, client = make_unit(other_telco, name_en="Zebra core"), signed_in(operator)
        found = f"{reverse('ui:search')}?q=Zebra"
        for path in ("/registry/units/", "/registry/units/?export=csv", found, "/registry/sector/"):
            response = client.get(path)
            assert response.status_code == 200
            body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
            assert foreign.number.encode() not in body
            assert b"OP-B" not in body


class TestCii:
    def test_a_purpose_is_asked_and_the_look_recorded(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        unit, client = make_unit(telco, is_cii=True), signed_in(national)
        address = f"/registry/units/{unit.number}/"
        assert unit.name_en.encode() not in client.get(address).content.split(b"<h1")[1].split(b"</h1>")[0]
        state_purpose(client, f"registry.networkunit:{unit.pk}")
        assert b"critical information infrastructure" in client.get(address).content
        look = Entry.objects.filter(is_read=True, kind="registry.networkunit").get()
        assert look.purpose == "duty review of the night"

    def test_who_may_not_know_sees_nothing_of_it(
        self, telco: Organisation, analyst: Account, national: Account, at: datetime
    ) -> None:
        unit = make_unit(telco)
        flows.set_cii(unit, by=national, at=at, reason="backbone secret")
        client = signed_in(analyst)
        page = client.get(f"/registry/units/{unit.number}/")
        assert page.status_code == 200
        for word in (b"CII", b"backbone secret"):
            assert word not in page.content
            assert word not in client.get("/registry/units/?marks=yes").content

    def test_the_list_shows_marks_only_for_a_purpose(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        make_unit(telco, is_cii=True)
        client = signed_in(national)
        assert b"shield-lock" not in client.get("/registry/units/").content.split(b"<tbody")[1]
        assert b"<tbody" not in client.get("/registry/units/?marks=yes").content
        state_purpose(client, "registry.networkunit:list")
        assert b"shield-lock" in client.get("/registry/units/?marks=yes").content.split(b"<tbody")[1]
        assert Entry.objects.filter(is_read=True, number="list").exists()

    def test_the_order_of_the_list_tells_no_mark(self, telco: Organisation, national: Account, at: datetime) -> None:
        units = [make_unit(telco), make_unit(telco, is_cii=True), make_unit(telco)]
        client = signed_in(national)
        state_purpose(client, "registry.networkunit:list")
        rows = client.get("/registry/units/?marks=yes").content.split(b"<tbody")[1]
        for order in ("cii", "-cii"):
            again = client.get(f"/registry/units/?marks=yes&sort={order}").content.split(b"<tbody")[1]
            places = [[text.index(f"{unit.number}/".encode()) for unit in units] for text in (rows, again)]
            assert sorted(range(3), key=places[0].__getitem__) == sorted(range(3), key=places[1].__getitem__)

    def test_the_timeline_names_no_unit_of_another(
        self, telco: Organisation, other_telco: Organisation, national: Account, operator: Account, at: datetime
    ) -> None:
        ours, theirs = make_unit(telco), make_unit(other_telco)
        flows.add_dependency(ours, by=national, at=at, depends_on=theirs, kind="power")
        address = f"/registry/units/{ours.number}/"
        assert theirs.number.encode() in signed_in(national).get(address).content
        assert theirs.number.encode() not in signed_in(operator).get(address).content

    def test_an_export_without_marks_needs_none(self, telco: Organisation, national: Account, at: datetime) -> None:
        make_unit(telco, is_cii=True)
        response = signed_in(national).get("/registry/units/?export=csv")
        assert b"CII" not in b"".join(response.streaming_content)  # type: ignore[attr-defined]

    def test_an_export_with_marks_is_recorded_with_its_purpose(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        make_unit(telco, is_cii=True)
        client = signed_in(national)
        state_purpose(client, "registry.networkunit:list")
        response = client.get("/registry/units/?marks=yes&export=csv")
        assert b"CII" in b"".join(response.streaming_content)  # type: ignore[attr-defined]
        assert Entry.objects.get(act="export").purpose == "duty review of the night"


class TestActs:
    def test_an_operator_enters_and_changes_its_unit(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        client = signed_in(operator)
        given = {"operator": "OP-A", "code": "C-1", "name_zh": "核心网", "network_type": "5g_core", "lifecycle": "formal",
                 "hosts": "192.0.2.1\ncore.example.net"}  # fmt: skip
        response = client.post("/registry/units/enter/", given)
        unit = NetworkUnit.objects.get()
        assert response["Location"] == unit.get_absolute_url()
        stale = client.post(f"{unit.get_absolute_url()}acts/change/", {**given, "name_zh": "改", "version": "0"})
        assert stale.status_code == 409
        client.post(f"{unit.get_absolute_url()}acts/change/", {**given, "name_zh": "改", "version": "1"})
        unit.refresh_from_db()
        assert (unit.name_zh, unit.version) == ("改", 2)

    def test_a_wrong_host_is_told_at_its_field(self, telco: Organisation, operator: Account, at: datetime) -> None:
        given = {
            "operator": "OP-A",
            "name_zh": "核心网",
            "network_type": "5g_core",
            "lifecycle": "formal",
            "hosts": "a b!c",
        }
        response = signed_in(operator).post("/registry/units/enter/", given)
        assert response.status_code == 409
        assert "hosts" in response.context["form"].errors

    def test_an_officer_adds_an_operator(self, national: Account, at: datetime) -> None:
        given = {"code": "OP-9", "name_zh": "运营者", "operator_kind": "value_added", "area": "110000"}
        assert signed_in(national).post("/registry/operators/enter/", given).status_code == 302
        again = signed_in(national).post("/registry/operators/enter/", given)
        assert again.status_code == 422
        assert "code" in again.context["form"].errors

    def test_a_file_is_uploaded_committed_and_undone(
        self, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        client = signed_in(operator)
        file = SimpleUploadedFile("u.csv", sheet(line(), line("BAD", area="x"), encoding="gbk"))
        client.post("/registry/imports/upload/", {"subject": "units", "file": file})
        thing = Import.objects.get()
        bad = client.get(f"{thing.get_absolute_url()}quarantined.csv").content.decode("utf-8-sig")
        assert "BAD" in bad
        client.post(f"{thing.get_absolute_url()}acts/commit/", {"mode": "skip"})
        assert NetworkUnit.objects.count() == 1
        client.post(f"{thing.get_absolute_url()}acts/undo/")
        assert NetworkUnit.objects.count() == 0
        assert client.get(thing.get_absolute_url()).status_code == 200

    def test_a_map_needs_its_operator(self, telco: Organisation, operator: Account, at: datetime) -> None:
        file = SimpleUploadedFile("m.gml", GML)
        response = signed_in(operator).post("/registry/imports/upload/", {"subject": "map", "file": file})
        assert response.status_code == 422
        assert {"operator", "network_type"} <= set(response.context["form"].errors)


class TestQueries:
    @pytest.mark.parametrize("path", ["units/", "operators/", "dependencies/", "imports/", "sector/"])
    def test_their_number_does_not_grow_with_the_rows(
        self, telco: Organisation, national: Account, at: datetime, path: str, django_assert_max_num_queries: object
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        def fill() -> None:
            for _place in range(5):
                make_dependency(make_unit(telco, state="graded"), make_unit(telco))
                flows.upload_import(by=national, at=at, subject="units", file_name="u.csv", data=sheet(line()))

        def count() -> int:
            client = signed_in(national)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert client.get(f"/registry/{path}").status_code == 200
            return len(asked)

        fill()
        count()
        first = count()
        fill()
        assert count() == first
