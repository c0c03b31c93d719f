"""Warnings as people see them: lists, details, acts and panels in both languages, and what must not show."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bastide.base.people.models import Account, Organisation
from bastide.share import flows, waiting
from bastide.share.criteria import Targets
from bastide.share.models import Delivery, EarlyWarning
from tests.respond.makers import make_incident
from tests.share.conftest import TEXT, delivery_to
from tests.share.makers import make_delivery, make_warning

LANGUAGES = ["zh-hans", "en"]


@pytest.fixture
def client_of() -> Any:
    def sign_in(account: Account, language: str = "en") -> Client:
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        client.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return sign_in


def body_of(answer: Any) -> bytes:
    """What was answered, gathered once if it streams."""
    if answer.streaming:
        answer.gathered = getattr(answer, "gathered", None) or b"".join(answer.streaming_content)
        return answer.gathered
    return answer.content


@pytest.fixture
def secret(publish: Any, telco: Organisation, other_telco: Organisation) -> EarlyWarning:
    """A warning that came of an incident at one operator and went to both."""
    incident = make_incident(telco, title="Leaked customer table")
    return publish(incident=incident.number)


class TestEveryPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("state", EarlyWarning.State.values)
    def test_a_warning_opens_in_every_state(self, language, state, client_of, national, telco, at) -> None:
        warning = make_warning(telco, state=state)
        text = client_of(national, language).get(warning.get_absolute_url()).content.decode()
        with translation.override(language):
            assert str(EarlyWarning.State(state).label) in text
            assert warning.get_colour_display() in text

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("state", Delivery.State.values)
    @pytest.mark.parametrize("who", ["operator", "provincial"])
    def test_a_delivery_opens_in_every_state(self, language, state, who, client_of, telco, at, request) -> None:
        account, delivery = request.getfixturevalue(who), make_delivery(telco, state=state)
        answer = client_of(account, language).get(delivery.get_absolute_url())
        assert answer.status_code == 200
        with translation.override(language):
            assert str(Delivery.State(state).label) in answer.content.decode()

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_act_that_is_offered_opens(self, language, client_of, provincial, operator, telco, at) -> None:
        opened = 0
        things: list[Any] = [make_warning(telco, state=state) for state in EarlyWarning.State.values]
        things += [make_delivery(telco, state=state) for state in Delivery.State.values]
        for account in (provincial, operator):
            client = client_of(account, language)
            for thing in things:
                page = client.get(thing.get_absolute_url())
                for url in re.findall(r'href="([^"]+/acts/[a-z_]+/)"', page.content.decode()):
                    assert client.get(url).status_code == 200, url
                    opened += 1
        assert opened > 12

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_lists_open_and_can_be_exported(self, language, client_of, national, published, at) -> None:
        client = client_of(national, language)
        for path in ("warnings/", "deliveries/"):
            assert "Router flaw" in client.get(f"/share/{path}").content.decode()
            assert b"Router flaw" in body_of(client.get(f"/share/{path}?export=csv"))
        assert client.get("/share/deliveries/?unanswered=yes&overdue=no").status_code == 200

    def test_colours_are_told_in_words(self, client_of, national, published, at) -> None:
        text = client_of(national).get("/share/warnings/").content.decode()
        assert "Orange warning" in text


class TestSight:
    @pytest.mark.parametrize("path", ["", "?export=csv", "?export=xlsx"])
    def test_an_operator_sees_its_own_delivery_alone(
        self, path, client_of, operator, secret, telco, other_telco
    ) -> None:
        mine, theirs = delivery_to(secret, telco), delivery_to(secret, other_telco)
        answer = client_of(operator).get(f"/share/deliveries/{path}")
        if path != "?export=xlsx":
            assert mine.number.encode() in body_of(answer)
        assert theirs.number.encode() not in body_of(answer)

    @pytest.mark.parametrize("who", ["operator", "other_operator"])
    def test_an_operator_never_learns_the_source_or_the_others(
        self, who, client_of, secret, telco, other_telco, request
    ) -> None:
        account = request.getfixturevalue(who)
        own, other = (telco, other_telco) if who == "operator" else (other_telco, telco)
        mine, theirs = delivery_to(secret, own), delivery_to(secret, other)
        client = client_of(account)
        letter = client.get(f"/papers/documents/?q={secret.number}")
        for answer in (client.get(secret.get_absolute_url()), client.get(mine.get_absolute_url()), letter):
            assert answer.status_code == 200
            text = answer.content.decode()
            for hidden in (secret.incident, "Leaked customer table", theirs.number, other.code, other.name_en):
                assert hidden not in text
        assert client.get(theirs.get_absolute_url()).status_code == 404
        assert client.get(f"{theirs.get_absolute_url()}acts/acknowledge/").status_code == 404

    def test_a_proposal_is_not_there_for_an_operator(self, client_of, operator, telco, at) -> None:
        for state in ("proposed", "approved", "withdrawn"):
            assert client_of(operator).get(make_warning(telco, state=state).get_absolute_url()).status_code == 404
        assert client_of(operator).get("/share/warnings/").status_code == 403

    def test_a_province_reads_of_a_national_warning_what_concerns_it(
        self, client_of, provincial, secret, telco, other_telco
    ) -> None:
        text = client_of(provincial).get(secret.get_absolute_url()).content.decode()
        assert delivery_to(secret, telco).number in text
        assert delivery_to(secret, other_telco).number not in text
        assert secret.incident not in text

    def test_another_province_has_none_of_it(self, client_of, other_provincial, telco, at) -> None:
        warning = make_warning(telco)
        client = client_of(other_provincial)
        assert client.get(warning.get_absolute_url()).status_code == 404
        assert warning.number not in client.get("/share/warnings/").content.decode()

    def test_the_letter_is_open_to_recipients(self, client_of, operator, secret) -> None:
        assert "网安预警" in client_of(operator).get(secret.get_absolute_url()).content.decode()

    def test_the_search_finds_nothing_foreign(self, operator, telco, other_telco, at) -> None:
        foreign, own = make_warning(other_telco), make_warning(telco)
        assert waiting.hits(operator, foreign.number) == []
        assert [hit.url for hit in waiting.hits(operator, own.number)] == [own.get_absolute_url()]


class TestActs:
    def test_a_warning_is_proposed_from_an_incident(self, client_of, national, telco, at) -> None:
        incident = make_incident(telco, nature="malware")
        client = client_of(national)
        page = client.get(f"/share/warnings/propose/?incident={incident.number}").content.decode()
        assert f'value="{incident.number}"' in page
        assert telco.name_en not in re.sub(r"<fieldset.*?</fieldset>", "", page, flags=re.DOTALL)
        sent = {**TEXT, "colour": "yellow", "incident": incident.number, "everybody": "on", "_key": "k1"}
        answer = client.post("/share/warnings/propose/", sent)
        warning = EarlyWarning.objects.get()
        assert answer["Location"] == warning.get_absolute_url()
        assert (warning.incident, warning.targets["everybody"]) == (incident.number, True)

    def test_a_form_sent_twice_is_carried_out_once(self, client_of, national, at) -> None:
        client = client_of(national)
        sent = {**TEXT, "colour": "yellow", "everybody": "on", "_key": "k1"}
        first, second = (client.post("/share/warnings/propose/", sent) for _once in range(2))
        assert first["Location"] == second["Location"]
        assert EarlyWarning.objects.count() == 1

    def test_before_publishing_one_sees_who_is_told_and_why(self, client_of, national, chief, propose, at) -> None:
        warning = flows.approve(propose(targets=Targets(areas=("110000",))), by=chief, at=at)
        text = client_of(national).get(f"{warning.get_absolute_url()}acts/publish/").content.decode()
        assert "1 operator would be told" in text
        assert "OP-A (test)" in text
        assert "works in Beijing" in text

    def test_a_province_is_not_offered_to_approve_red(self, client_of, provincial, propose, at) -> None:
        warning = propose(by=provincial, colour="red")
        text = client_of(provincial).get(warning.get_absolute_url()).content.decode()
        assert "acts/amend/" in text
        assert "acts/approve/" not in text

    def test_an_operator_acknowledges_and_reports(self, client_of, operator, published, telco) -> None:
        client, delivery = client_of(operator), delivery_to(published, telco)
        client.post(f"{delivery.get_absolute_url()}acts/acknowledge/", {"contact": "Duty desk", "version": 1})
        answer = client.post(
            f"{delivery.get_absolute_url()}acts/report_action/",
            {"affected": "3", "fixed": "3", "remark": "all updated", "version": 2},
        )
        delivery.refresh_from_db()
        assert answer.status_code == 302
        assert (delivery.state, delivery.contact) == ("action_reported", "Duty desk")

    def test_an_old_form_is_refused(self, client_of, operator, published, telco) -> None:
        client, delivery = client_of(operator), delivery_to(published, telco)
        client.post(f"{delivery.get_absolute_url()}acts/acknowledge/", {"version": 1})
        answer = client.post(
            f"{delivery.get_absolute_url()}acts/report_action/",
            {"affected": "1", "fixed": "1", "remark": "done", "version": 1},
        )
        assert answer.status_code == 409


class TestDesk:
    def test_an_operator_is_reminded_of_what_it_owes(self, operator, published, telco, at) -> None:
        (item,) = waiting.desk(operator)
        assert str(item.what) == "Acknowledge receipt"
        assert item.due_at is not None
        flows.acknowledge(delivery_to(published, telco), by=operator, at=at)
        assert [str(one.what) for one in waiting.desk(operator)] == ["Report what was done"]

    def test_only_who_may_approve_is_asked_to(self, propose, national, chief, provincial, at) -> None:
        propose(colour="red")
        assert [str(item.what) for item in waiting.desk(chief)] == ["Approve the warning"]
        assert waiting.desk(national) == []
        assert waiting.desk(provincial) == []

    def test_whoever_did_not_answer_is_called(self, published, telco, provincial, at) -> None:
        delivery = flows.escalate(delivery_to(published, telco), by=Account.objects.house(), at=at)
        assert "Call the operator" in str(waiting.desk(provincial)[0].what)
        flows.log_call(delivery, by=provincial, at=at, number_called="010-1")
        assert waiting.desk(provincial) == []

    def test_counts_are_those_of_the_desk(self, published, operator, national, at) -> None:
        assert waiting.deliveries_count(operator) == 1
        assert waiting.deliveries_count(national) == 2


class TestPanels:
    def test_an_incident_shows_the_warnings_that_came_of_it(self, client_of, national, secret) -> None:
        from bastide.base.ui.panels import panels_of
        from bastide.respond.models import Incident

        incident = Incident.objects.get(number=secret.incident)
        (panel,) = (one for one in panels_of("respond.incident", national) if one.name.startswith("share"))
        text = client_of(national).get(panel.url(incident)).content.decode()
        assert secret.number in text
        assert f"propose/?incident={incident.number}" in text

    def test_an_operator_at_its_own_incident_is_not_told(self, operator, secret) -> None:
        from bastide.base.ui.panels import panels_of

        assert not [one for one in panels_of("respond.incident", operator) if one.name.startswith("share")]

    def test_an_operator_page_shows_its_deliveries(self, client_of, provincial, published, telco) -> None:
        from bastide.base.ui.panels import panels_of

        (panel,) = (one for one in panels_of("registry.operator", provincial) if one.name.startswith("share"))
        text = client_of(provincial).get(panel.url(telco)).content.decode()
        assert delivery_to(published, telco).number in text


@pytest.mark.parametrize("path", ["/share/warnings/", "/share/deliveries/", "/desk/"])
def test_queries_do_not_grow_with_rows(path, client_of, national, telco, other_telco, at) -> None:
    client, counts = client_of(national), []
    for _round in range(2):
        for state in EarlyWarning.State.values:
            make_warning(telco, state=state)
            make_warning(other_telco, state=state)
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
