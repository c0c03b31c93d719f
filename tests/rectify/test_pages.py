"""Findings and orders as people and programs see them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bastide.rectify.models import Finding, Order
from tests.rectify.makers import make_finding, make_order

LANGUAGES = ["zh-hans", "en"]
WORDS = {"zh-hans": "已超期", "en": "Overdue"}


class TestLists:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_an_operator_sees_its_own_served_orders(self, language, client_of, operator, telco, other_telco) -> None:
        mine, draft, foreign = (
            make_order(telco, state="overdue"),
            make_order(telco),
            make_order(other_telco, state="issued"),
        )
        text = client_of(operator, language).get("/rectify/orders/").content.decode()
        assert mine.number in text
        assert WORDS[language] in text
        assert draft.number not in text
        assert foreign.number not in text

    @pytest.mark.parametrize("address", ["/rectify/orders/?per=200", "/rectify/findings/?per=200"])
    def test_queries_do_not_grow_with_the_rows(self, address, client_of, national, telco) -> None:
        client, counts = client_of(national), []
        for _round in range(3):
            for state, _title in Order.State.choices:
                make_order(telco, state=state)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            counts.append(len(seen))
        assert counts[1] == counts[2]

    def test_filters_narrow_by_severity_operator_and_overdue(self, client_of, national, telco, other_telco) -> None:
        late, other = make_order(telco, state="overdue"), make_order(other_telco, state="in_progress", gravest="low")
        client = client_of(national)
        for query in ("overdue=yes", "severity=high", f"operator={telco.code}", "area=110000", "state=overdue"):
            text = client.get(f"/rectify/orders/?{query}").content.decode()
            assert late.number in text, query
            assert other.number not in text, query

    def test_strangers_stay_outside(self, client_of, stranger) -> None:
        assert client_of(stranger).get("/rectify/orders/").status_code == 403
        assert client_of(stranger).get("/rectify/findings/").status_code == 403


class TestDetail:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("state", [state for state, _title in Order.State.choices])
    def test_an_order_opens_in_every_state(self, state, language, client_of, national, telco) -> None:
        page = client_of(national, language).get(make_order(telco, state=state).get_absolute_url())
        assert page.status_code == 200

    @pytest.mark.parametrize("state", [state for state, _title in Finding.State.choices])
    def test_a_finding_opens_in_every_state(self, state, client_of, national, telco) -> None:
        assert client_of(national).get(make_finding(telco, state=state).get_absolute_url()).status_code == 200

    def test_foreign_ones_are_not_there(self, client_of, other_operator, other_provincial, telco) -> None:
        for thing in (make_order(telco, state="issued"), make_finding(telco, state="ordered")):
            for account in (other_operator, other_provincial):
                assert client_of(account).get(thing.get_absolute_url()).status_code == 404

    def test_it_says_who_must_do_what_by_when(self, client_of, issued, operator, telco) -> None:
        text = client_of(operator).get(issued.get_absolute_url()).content.decode()
        assert f"<strong>{telco.name_en}</strong>: Sign for the order" in text
        assert "no later than" in text
        assert 'aria-current="step"' in text

    def test_a_return_is_shown_on_both(self, client_of, provincial, closed, record) -> None:
        again = record()
        client = client_of(provincial)
        assert again.returns.number in client.get(again.get_absolute_url()).content.decode()
        assert again.number in client.get(again.returns.get_absolute_url()).content.decode()


class TestActPages:
    def test_the_operator_plans_row_by_row(self, client_of, received, operator) -> None:
        address = f"{received.get_absolute_url()}acts/submit_plan/"
        client, sent = client_of(operator), {"version": received.version, "plan_summary": "分两批"}
        for line in received.lines.select_related("finding"):
            n = f"lines-{line.finding.number}"
            sent |= {f"{n}-measure": "改口令", f"{n}-owner": "网络部", f"{n}-day": "2026-06-20", f"{n}-interim": ""}
        assert client.get(address).status_code == 200
        broken = client.post(address, {**sent, f"{n}-day": "soon"})
        assert broken.status_code == 422
        assert "改口令" in broken.content.decode()
        assert client.post(address, sent).status_code == 302
        received.refresh_from_db()
        assert received.state == Order.State.PLAN_SUBMITTED

    def test_evidence_is_handed_in_with_its_hash(self, client_of, underway, operator, proof) -> None:
        line = underway.lines.first()
        client = client_of(operator)
        page = client.post(
            f"{underway.get_absolute_url()}acts/hand_in/",
            {
                "finding": line.finding.number, "done_what": "已改", "done_by": "网络部", "done_on": "2026-06-16",
                "evidence": [proof()], "version": underway.version,
            },
        )  # fmt: skip
        assert page.status_code == 302, page.content.decode()[-2000:]
        assert "proof.txt" in client.get(underway.get_absolute_url()).content.decode()

    def test_a_form_sent_twice_acts_once(self, client_of, draft, provincial) -> None:
        order = draft()
        address = f"{order.get_absolute_url()}acts/issue/"
        client = client_of(provincial)
        sent = {"version": order.version, "_key": "issue-1"}
        assert client.post(address, sent).status_code == client.post(address, sent).status_code == 302
        assert Order.objects.get().version == order.version + 1

    def test_a_stale_form_is_refused_kindly(self, client_of, planned, officer) -> None:
        address = f"{planned.get_absolute_url()}acts/return_plan/"
        page = client_of(officer).post(address, {"version": planned.version - 1, "plan_review": "x"})
        assert page.status_code == 409
        assert b"Somebody else changed this" in page.content

    def test_of_two_browsers_on_one_form_the_second_keeps_its_words(self, client_of, operator, received) -> None:
        """The act is no longer open: what was typed is shown again with what the other did, and cannot be sent."""
        address = f"{received.get_absolute_url()}acts/submit_plan/"
        sent = {"version": received.version, "plan_summary": "first browser"}
        for line in received.lines.select_related("finding"):
            n = f"lines-{line.finding.number}"
            sent |= {f"{n}-measure": "改口令", f"{n}-owner": "网络部", f"{n}-day": "2026-06-20", f"{n}-interim": ""}
        assert client_of(operator).post(address, sent).status_code == 302
        second = client_of(operator).post(address, {**sent, "plan_summary": "typed for half an hour"})
        page = second.content.decode()
        assert second.status_code == 409
        assert "typed for half an hour" in page
        assert "Somebody was faster" in page
        assert operator.name in page.split("Somebody was faster")[1].split("</ul>")[0]
        assert 'class="btn btn-primary" type="submit"' not in page.split("data-form")[1]
        received.refresh_from_db()
        assert received.plan_summary == "first browser"

    def test_a_stale_form_can_be_sent_again_after_a_look(self, client_of, planned, officer) -> None:
        address = f"{planned.get_absolute_url()}acts/return_plan/"
        stale = {"version": planned.version - 1, "plan_review": "owner missing"}
        page = client_of(officer).post(address, stale).content.decode()
        assert "owner missing" in page
        assert f'name="version" value="{planned.version}"' in page
        assert client_of(officer).post(address, {**stale, "version": planned.version}).status_code == 302

    def test_an_order_is_drawn_up_from_a_finding(self, client_of, officer, record, telco) -> None:
        finding = record()
        client = client_of(officer)
        page = client.get(f"/rectify/orders/draft/?operator={telco.code}&finding={finding.number}")
        assert f'value="{finding.number}"' in page.content.decode()
        done = client.post(
            "/rectify/orders/draft/",
            {"findings": [finding.number], "legal_basis": "CIIR 26\nAPL 28", "requirements": ""},
        )
        assert done.status_code == 302
        assert Order.objects.get().legal_basis == ["CIIR 26", "APL 28"]

    def test_a_finding_is_recorded_from_an_incident(self, client_of, provincial, telco) -> None:
        address = f"/rectify/findings/record/?incident=INC-2026-000007&operator={telco.code}"
        client = client_of(provincial)
        assert "INC-2026-000007" in client.get(address).content.decode()
        done = client.post(
            address,
            {
                "operator": telco.code, "source_kind": "incident", "source_number": "INC-2026-000007", "title": "x",
                "clause": "CIIR 15", "severity": "high", "text": "y",
            },
        )  # fmt: skip
        assert done.status_code == 302
        assert Finding.objects.get().source_number == "INC-2026-000007"


class TestApi:
    def test_lists_and_details(self, client_of, underway, provincial) -> None:
        client = client_of(provincial)
        assert client.get("/api/v1/rectify/orders?overdue=false").json()["count"] == 1
        assert client.get("/api/v1/rectify/orders?overdue=true").json()["count"] == 0
        whole = client.get(f"/api/v1/rectify/orders/{underway.number}").json()
        assert [line["plan_owner"] for line in whole["lines"]] == ["网络部", "网络部"]
        assert client.get("/api/v1/rectify/findings?severity=high").json()["count"] == 1

    def test_the_plan_is_submitted_as_rows(self, client_of, received, operator) -> None:
        from tests.rectify.conftest import plan_of

        path = f"/api/v1/rectify/orders/{received.number}/acts/submit_plan"
        done = client_of(operator).post(path, {"lines": plan_of(received)}, content_type="application/json")
        assert done.status_code == 200, done.content
        assert done.json()["state"] == "plan_submitted"

    def test_a_need_unmet_is_a_problem_with_words(self, client_of, underway, operator) -> None:
        path = f"/api/v1/rectify/orders/{underway.number}/acts/submit_evidence"
        refused = client_of(operator).post(path, {}, content_type="application/json")
        assert refused.status_code == 409
        assert "Evidence is still missing" in refused.json()["detail"]

    def test_a_foreign_order_is_not_there(self, client_of, other_operator, issued) -> None:
        assert client_of(other_operator).get(f"/api/v1/rectify/orders/{issued.number}").status_code == 404


class TestPanels:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_an_operator_page_shows_its_orders(self, language, client_of, national, telco) -> None:
        order = make_order(telco, state="overdue")
        page = client_of(national, language).get(f"/ui/panels/registry.operator/rectify-operator-orders/{telco.pk}/")
        assert page.status_code == 200, page.status_code
        assert order.number in page.content.decode()
