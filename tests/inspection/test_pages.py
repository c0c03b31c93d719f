"""Inspections as people and programs see them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bastide.inspection import flows
from bastide.inspection.models import Answer, Observation, Visit
from tests.inspection.makers import make_observation, make_visit

LANGUAGES = ["zh-hans", "en"]
WORDS = {"zh-hans": "通知书已送达", "en": "Notice served"}


class TestVisitList:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_an_operator_sees_its_own_from_the_notice_on(
        self, language, client_of, operator, telco, other_telco
    ) -> None:
        mine, draft = make_visit(telco, state="noticed"), make_visit(telco)
        foreign = make_visit(other_telco, state="noticed")
        text = client_of(operator, language).get("/inspection/visits/").content.decode()
        assert mine.number in text
        assert WORDS[language] in text
        assert draft.number not in text
        assert foreign.number not in text

    def test_its_queries_do_not_grow_with_its_rows(self, client_of, national, telco) -> None:
        client, counts = client_of(national), []
        for _round in range(3):
            for state, _title in Visit.State.choices:
                make_visit(telco, state=state)
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get("/inspection/visits/?per=200").status_code == 200
            counts.append(len(seen))
        assert counts[1] == counts[2]

    def test_strangers_stay_outside(self, client_of, stranger) -> None:
        assert client_of(stranger).get("/inspection/visits/").status_code == 403


class TestVisitDetail:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("state", [state for state, _title in Visit.State.choices])
    def test_it_opens_in_every_state(self, state, language, client_of, national, telco) -> None:
        visit = make_visit(telco, state=state)
        page = client_of(national, language).get(visit.get_absolute_url())
        assert page.status_code == 200
        assert visit.number in page.content.decode()

    def test_a_foreign_one_is_not_there(self, client_of, other_operator, other_provincial, telco) -> None:
        visit = make_visit(telco, state="confirming")
        for account in (other_operator, other_provincial):
            assert client_of(account).get(visit.get_absolute_url()).status_code == 404

    def test_a_classified_one_asks_for_a_purpose(self, client_of, national, telco) -> None:
        visit = make_visit(telco, state="opened", concerns_cii=True)
        assert b'name="purpose"' in client_of(national).get(visit.get_absolute_url()).content


class TestPlanPage:
    def test_it_asks_for_the_operator_first_and_then_plans(
        self, client_of, provincial, inspector, second, unit, telco, at
    ) -> None:
        client = client_of(provincial)
        assert b"Which operator" in client.get("/inspection/visits/draft/").content
        address = f"/inspection/visits/draft/?operator={telco.code}"
        assert unit.number.encode() in client.get(address).content
        sent = {
            "operator": telco.code, "item": "II-01", "inspection_class": "daily", "checklist": "CL-GENERAL",
            "method": "on_site", "reason": "年度计划", "starts_at": "2026-06-18T09:00", "ends_at": "2026-06-19T18:00",
            "team_leader": inspector.username, "officers": [second.username], "units": [unit.number], "_key": "plan-1",
        }  # fmt: skip
        first, again = client.post(address, sent), client.post(address, sent)
        assert first.status_code == again.status_code == 302
        assert Visit.objects.get().team.count() == 2

    def test_what_is_missing_is_said_at_its_field(self, client_of, provincial, telco) -> None:
        page = client_of(provincial).post(f"/inspection/visits/draft/?operator={telco.code}", {"operator": telco.code})
        assert page.status_code == 422
        assert b"error-summary" in page.content


class TestChecklistPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_shows_every_question_with_a_constant_number_of_queries(
        self, language, client_of, opened, inspector, at
    ) -> None:
        client, address = client_of(inspector, language), f"/inspection/visits/{opened.number}/checklist/"
        client.get(address)  # a session's first page keeps its beginning
        with CaptureQueriesContext(connection) as before:
            page = client.get(address)
        for answer in opened.answers.all():
            assert answer.item in page.content.decode()
            flows.answer(opened, answer.item, by=inspector, at=at, result="compliant", note="x")
        with CaptureQueriesContext(connection) as after:
            client.get(address)
        assert abs(len(after) - len(before)) <= 1

    def test_an_answer_is_saved_without_scripts(self, client_of, opened, inspector) -> None:
        address = f"/inspection/visits/{opened.number}/checklist/G-01/"
        page = client_of(inspector).post(address, {"result": "non_compliant", "note": "缺", "seen": "1"})
        assert page.status_code == 302
        assert page["Location"].endswith("#q-G-01")
        assert opened.answers.get(item="G-01").result == Answer.Result.NON_COMPLIANT

    def test_an_answer_is_saved_with_htmx_and_tells_the_progress(self, client_of, opened, inspector) -> None:
        address = f"/inspection/visits/{opened.number}/checklist/G-01/"
        file = SimpleUploadedFile("log.txt", b"admin/admin\n")
        page = client_of(inspector).post(
            address, {"result": "non_compliant", "seen": "1", "evidence": file}, headers={"HX-Request": "true"}
        )
        text = page.content.decode()
        assert page.status_code == 200
        assert "1 of" in text
        assert 'name="seen" value="2"' in text
        assert "1 file" in text

    def test_a_stale_answer_is_refused(self, client_of, opened, inspector, second, at) -> None:
        flows.answer(opened, "G-01", by=second, at=at, result="compliant")
        address = f"/inspection/visits/{opened.number}/checklist/G-01/"
        page = client_of(inspector).post(
            address, {"result": "non_compliant", "seen": "1"}, headers={"HX-Request": "true"}
        )
        assert page.status_code == 409
        assert opened.answers.get(item="G-01").result == "compliant"

    def test_the_operator_does_not_see_it(self, client_of, opened, operator) -> None:
        assert client_of(operator).get(f"/inspection/visits/{opened.number}/checklist/").status_code == 404


class TestReplyPage:
    def test_the_operator_objects_to_one_finding(self, client_of, sent, operator) -> None:
        first, second = sent.observations.all()
        address = f"/inspection/visits/{sent.number}/acts/object/"
        client = client_of(operator)
        assert first.title in client.get(address).content.decode()
        page = client.post(
            address,
            {
                f"replies-{first.number}-objects": "on",
                f"replies-{first.number}-reason": "已整改",
                "version": sent.version,
            },
        )
        assert page.status_code == 302
        assert [o.state for o in Observation.objects.order_by("pk")] == ["objected", "confirmed"]
        assert second.objection == ""


class TestObservationPages:
    def test_it_is_prefilled_from_the_question(self, client_of, opened, inspector) -> None:
        page = client_of(inspector).get(f"/inspection/observations/observe/?visit={opened.number}&item=G-13")
        question = next(i for i in opened.inspection_checklist.items if i.id == "G-13")
        assert str(question.basis[0]) in page.content.decode()

    def test_a_clause_of_no_known_instrument_is_refused(self, client_of, opened, inspector) -> None:
        page = client_of(inspector).post(
            "/inspection/observations/observe/",
            {
                "visit": opened.number,
                "title": "x",
                "clause": "XYZ 1",
                "severity": "high",
                "text": "x",
                "reproduce": "x",
            },
        )
        assert page.status_code == 422
        assert b"no instrument of this regime" in page.content

    def test_it_opens_in_both_languages(self, client_of, national, telco) -> None:
        observation = make_observation(telco, state="upheld")
        for language in LANGUAGES:
            assert client_of(national, language).get(observation.get_absolute_url()).status_code == 200


class TestApi:
    def test_the_list_and_one_visit(self, client_of, opened, inspector) -> None:
        client = client_of(inspector)
        assert [v["number"] for v in client.get("/api/v1/inspection/visits").json()["items"]] == [opened.number]
        whole = client.get(f"/api/v1/inspection/visits/{opened.number}").json()
        assert len(whole["answers"]) == opened.answers.count()
        assert "finish" in whole["open_acts"]

    def test_a_question_is_answered(self, client_of, opened, inspector) -> None:
        client = client_of(inspector)
        path = f"/api/v1/inspection/visits/{opened.number}/answers/G-01"
        done = client.post(path, {"result": "compliant", "seen": 1}, content_type="application/json")
        assert (done.status_code, done.json()["status"]) == (200, "done")
        stale = client.post(path, {"result": "compliant", "seen": 1}, content_type="application/json")
        assert stale.status_code == 409

    def test_the_operator_replies_by_rows(self, client_of, sent, operator) -> None:
        first = sent.observations.first()
        done = client_of(operator).post(
            f"/api/v1/inspection/visits/{sent.number}/acts/object",
            {"replies": [{"number": first.number, "objects": True, "reason": "已整改"}]}, content_type="application/json",
        )  # fmt: skip
        assert done.status_code == 200, done.content
        assert done.json()["state"] == "objected"

    def test_a_foreign_visit_is_not_there(self, client_of, other_operator, sent) -> None:
        assert client_of(other_operator).get(f"/api/v1/inspection/visits/{sent.number}").status_code == 404


def test_the_desk_says_what_to_do(client_of: Any, sent: Visit, operator: Any) -> None:
    from bastide.inspection.waiting import count, desk

    assert [item.number for item in desk(operator)] == [sent.number]
    assert count(operator) == 1
