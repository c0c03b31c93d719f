"""Incidents as people see them: list, detail, acts, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.respond import flows
from bastide.respond.models import Incident
from tests.respond.conftest import SAID, SUMMARY
from tests.respond.makers import make_incident

LANGUAGES = ["zh-hans", "en"]


@pytest.fixture
def client_of() -> Any:
    def sign_in(account: Account, language: str = "en") -> Client:
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        client.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return sign_in


def opened(client: Client, address: str) -> Any:
    """The page, its purpose stated if it asks for one."""
    page = client.get(address)
    if b'name="purpose"' in page.content:
        key = page.context["key"]
        client.post("/ui/purpose/", {"purpose": "duty review", "key": key, "next": address, "label": "x"})
        page = client.get(address)
    return page


class TestIncidentList:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_shows_what_is_in_sight(self, language, client_of, operator, telco, other_telco, at) -> None:
        mine, foreign = make_incident(telco, state="triaged", rank=3), make_incident(other_telco)
        text = client_of(operator, language).get("/respond/incidents/").content.decode()
        assert mine.number in text
        assert foreign.number not in text
        with translation.override(language):
            assert str(Incident.State.TRIAGED.label) in text

    def test_its_queries_do_not_grow_with_its_rows(
        self, client_of, national, telco, at, django_assert_max_num_queries
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client, counts = client_of(national), []
        for _round in range(2):
            for state, _title in Incident.State.choices:
                make_incident(telco, state=state)
            client.get("/respond/incidents/")
            with CaptureQueriesContext(connection) as seen:
                client.get("/respond/incidents/")
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_it_filters_by_level_state_and_overdue_duties(
        self, client_of, national, province, grave, report, at, telco
    ) -> None:
        client = client_of(national)
        with terms.frozen(grave.found_at + timedelta(hours=1, seconds=1)):
            calm = report(title="小事", found_at=terms.now(), at=terms.now())
            for query in ("level=3", "state=triaged", "overdue=yes", "operator=OP-A&level=3", "area=110000&state=triaged",
                          "open=yes&q=核心网"):  # fmt: skip
                text = client.get(f"/respond/incidents/?{query}").content.decode()
                assert grave.number in text, query
            assert "is-overdue" in text
            text = client.get("/respond/incidents/?overdue=no").content.decode()
            assert calm.number in text
            assert grave.number not in text

    def test_whoever_has_no_right_is_turned_away(self, client_of, contestant, stranger, at) -> None:
        for account in (contestant, stranger):
            assert client_of(account).get("/respond/incidents/").status_code == 403


class TestIncidentDetail:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("state", ["detected", "rejected", "closed", "responding"])
    def test_it_opens_in_every_state(self, state, language, client_of, operator, telco, at) -> None:
        incident = make_incident(telco, state=state)
        assert client_of(operator, language).get(incident.get_absolute_url()).status_code == 200

    def test_a_cii_incident_asks_for_a_purpose_first(self, client_of, national, grave) -> None:
        client = client_of(national)
        first = client.get(grave.get_absolute_url())
        assert b'name="purpose"' in first.content
        assert grave.title.encode() not in first.content.replace(str(grave).encode(), b"")
        assert "Levels, side by side" in opened(client, grave.get_absolute_url()).content.decode()

    def test_it_shows_clocks_levels_lines_and_versions(self, client_of, operator, reported, at) -> None:
        flows.supplement(reported, by=operator, at=at, content=SAID | {"cause": "断电"})
        text = opened(client_of(operator), reported.get_absolute_url()).content.decode()
        for words in (
            "Protection department reports",
            "INC25 4(1)",
            "Changed since the version before",
            "Still missing",
            "number of a draft",
        ):
            assert words in text, words

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_foreign_one_is_not_there(self, method, client_of, other_operator, other_provincial, grave) -> None:
        for account in (other_operator, other_provincial):
            client = client_of(account)
            for address in (grave.get_absolute_url(), f"{grave.get_absolute_url()}acts/file/"):
                assert getattr(client, method)(address).status_code in {404, 405}


class TestActs:
    def given(self, **more: Any) -> dict[str, Any]:
        return {
            "title": "核心网中断", "nature": "fault", "found_at": "2026-06-16T11:50", "found_zone": "Asia/Shanghai",
            "source": "own_monitoring", **more,
        }  # fmt: skip

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_operator_reports_by_form(self, language, client_of, operator, unit, at, found) -> None:
        client = client_of(operator, language)
        assert client.get("/respond/incidents/report/").status_code == 200
        answer = client.post("/respond/incidents/report/", self.given(units=[unit.number], users_offline_scope="city"))
        incident = Incident.objects.get()
        assert answer.headers["Location"] == incident.get_absolute_url()
        assert (incident.state, incident.found_at, list(incident.units.all())) == ("triaged", found, [unit])

    def test_the_same_form_sent_twice_opens_one(self, client_of, operator, at) -> None:
        client = client_of(operator)
        for _time in range(2):
            assert client.post("/respond/incidents/report/", self.given(_key="k1")).status_code == 302
        assert Incident.objects.count() == 1

    def test_the_zone_is_the_one_that_was_told(self, client_of, operator, at, found) -> None:
        client_of(operator).post(
            "/respond/incidents/report/", self.given(found_at="2026-06-16T12:50", found_zone="Asia/Tokyo")
        )
        assert Incident.objects.get().found_at == found

    def test_errors_stand_at_their_fields_and_nothing_is_lost(self, client_of, operator, at) -> None:
        answer = client_of(operator).post("/respond/incidents/report/", self.given(found_at="2027-01-01T00:00"))
        assert answer.status_code == 409
        assert answer.context["form"].errors["found_at"]
        assert "核心网中断" in answer.content.decode()

    def test_the_duty_officer_takes_a_call(self, client_of, provincial, telco, at) -> None:
        client = client_of(provincial)
        assert client.get("/respond/incidents/call/").status_code == 200
        client.post("/respond/incidents/call/", self.given(operator="OP-A", informant="市民"))
        assert Incident.objects.get().door == "call"

    def test_the_doors_of_intake_are_closed_to_others(
        self, client_of, operator, national, other_provincial, telco, at
    ) -> None:
        assert client_of(operator).get("/respond/incidents/call/").status_code == 404
        assert client_of(national).get("/respond/incidents/report/").status_code == 404
        answer = client_of(other_provincial).post(
            "/respond/incidents/call/", self.given(operator="OP-A", informant="x")
        )
        assert answer.status_code == 422

    def test_two_people_at_once(self, client_of, operator, grave) -> None:
        client = client_of(operator)
        address = f"{grave.get_absolute_url()}acts/rejudge/"
        first = {"version": str(grave.version), "reason": "a", "cii_whole_interruption_minutes": "150"}
        assert client.post(address, first).status_code == 302
        answer = client.post(address, first | {"reason": "b"})
        assert answer.status_code == 409
        assert "Somebody else changed this" in answer.content.decode()

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_whole_way_by_forms(self, language, client_of, operator, national, province, grave, at) -> None:
        own, authority = client_of(operator, language), client_of(national, language)
        address = grave.get_absolute_url()
        way: list[tuple[Client, str, dict[str, Any]]] = [
            (own, "file", {**SAID, "serves": ["RD-CII", "RD-TELECOM"], "channel": "platform"}),
            (authority, "forward", {"summary": "核心网中断", "serves": ["RD-ONWARD-CII"], "channel": "platform"}),
            (authority, "confirm", {"plan17": "major", "inc25": "major", "dplan24": "", "reason": "多省"}),
            (authority, "start_response", {"level": "major", "order": "启动"}),
            (own, "supplement", {**SAID, "cause": "断电"}),
            (
                own,
                "progress",
                {"progress": "恢复一半", "channel": "phone", "call_at": "2026-06-16T12:00", "call_with": "值班员"},
            ),
            (authority, "adjust_response", {"level": "relatively_major", "reason": "缓解"}),
            (authority, "contain", {"note": "恢复"}),
            (authority, "end", {"conclusion": "危害消除"}),
            (own, "summarise", SUMMARY),
            (authority, "report_upward", {"course": "a", "assessment": "b", "proposals": "c"}),
            (authority, "close", {"lessons": "演练"}),
        ]
        for client, act, given in way:
            shown = opened(client, f"{address}acts/{act}/")
            assert shown.status_code == 200, act
            assert opened(client, address).status_code == 200
            answer = client.post(f"{address}acts/{act}/", given)
            assert answer.status_code == 302, (act, answer.context["form"].errors)
        grave.refresh_from_db()
        assert grave.state == "closed"


class TestPanels:
    def test_they_hang_under_operators_units_and_alerts(self, client_of, national, telco, unit, at) -> None:
        from bastide.base.ui import panels

        found = {noun for noun in ("registry.operator", "registry.unit", "monitor.alert")
                 if any(p.name.startswith("respond-") for p in panels.panels_of(noun, national))}  # fmt: skip
        assert found == {"registry.operator", "registry.unit", "monitor.alert"}


class TestDesk:
    def test_the_operator_is_asked_to_report_and_the_authority_to_pass_on(
        self, operator, national, provincial, reported, report
    ) -> None:
        from bastide.respond import reads

        calm = report(title="小事")
        assert [(i.number, i.url.rsplit("/", 2)[1]) for i in reads.desk_items(operator)] == [(calm.number, "judge")]
        wanted = {i.url.rsplit("/", 2)[1] for i in reads.desk_items(national)}
        assert wanted == {"confirm", "forward"}
        assert {i.url.rsplit("/", 2)[1] for i in reads.desk_items(provincial)} == {"confirm"}

    def test_strangers_have_nothing_there(self, stranger, reported) -> None:
        from bastide.respond import reads

        assert reads.desk_items(stranger) == []


class TestFigures:
    def test_open_incidents_by_level_and_the_rate_in_time(
        self, national, operator, other_operator, reported, report, at
    ) -> None:
        from bastide.respond import reads

        report(title="小事")
        assert [(rank, n) for rank, _name, n in reads.open_by_level(national)] == [
            ("4", 0),
            ("3", 1),
            ("2", 0),
            ("1", 0),
            ("0", 1),
        ]
        assert sum(n for _rank, _name, n in reads.open_by_level(other_operator)) == 0
        assert (reads.on_time(national, at=at).met, reads.on_time(national, at=at).late) == (1, 0)
        later = reads.on_time(national, at=at + timedelta(hours=5))
        assert later.late == 2  # the onward report and the progress report
        assert later.rate == pytest.approx(1 / 3)
        assert reads.on_time(other_operator, at=at).rate is None


class TestSearch:
    def test_it_finds_by_number_and_words_within_sight(self, operator, other_operator, grave) -> None:
        from bastide.respond import reads

        assert [hit.url for hit in reads.find_hits(operator, grave.number[-6:])] == [grave.get_absolute_url()]
        assert reads.find_hits(other_operator, "核心网") == []
