"""Hunts read what their asker may see; a back-test says what a rule would have raised; a written rule starts off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.jobs import work
from bastide.base.people.models import Account, Membership, Organisation
from bastide.base.trail.models import Entry
from bastide.monitor import flows, reads
from bastide.monitor.models import Alert, Hunt, RuleRecord, Source
from tests.monitor.conftest import program, signed_in
from tests.monitor.makers import RULE, event, make_hunt, make_source, ndjson

DAY = datetime(2026, 6, 16, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)


def sent(source: Source, *events: dict[str, Any], house: Account, at: datetime) -> flows.Receipt:
    receipt = flows.take_batch(source, ndjson(*events), by=house, at=at)
    flows.scan(receipt.batch, by=house, at=at)
    return receipt


def hunted(text: str, *, by: Account, at: datetime, since: datetime = DAY, until: datetime = NEXT, **more: Any) -> Hunt:
    hunt = flows.ask(by=by, at=at, name="look", text=text, since=since, until=until, **more)
    flows.run(hunt, at=at)
    hunt.refresh_from_db()
    return hunt


class TestWhatIsFound:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("whoami", 2),
            ("WHOAMI.EXE\nnet.exe", 3),
            ("Image|endswith: \\whoami.exe", 2),
            ("Image|endswith: \\whoami.exe\nComputer: WS2", 1),
            ("EventID: 1\nImage|contains:\n  - notepad\n  - net.exe", 1),
            (RULE, 2),
            ("nowhere to be found", 0),
        ],
    )
    def test_words_fields_and_rules(self, telco, analyst, house, at, text: str, found: int) -> None:
        source = make_source(telco)
        sent(source, event(), event(host="WS2"), event(image=r"C:\Windows\net.exe"), house=house, at=at)
        assert hunted(text, by=analyst, at=at).result["matches"] == found

    def test_events_outside_the_time_are_not_counted(self, telco, analyst, house, at) -> None:
        source = make_source(telco)
        inside, outside = event(when="2026-06-16T23:59:59Z"), event(when="2026-06-17T00:00:00Z")
        sent(source, inside, outside, house=house, at=at)
        hunt = hunted("whoami", by=analyst, at=at)
        assert (hunt.result["matches"], hunt.result["events"]) == (1, 1)
        assert [row["at"] for row in hunt.result["rows"]] == ["2026-06-16T23:59:59+00:00"]

    def test_an_event_without_a_time_counts_as_of_its_receipt(self, telco, analyst, house, at) -> None:
        sent(make_source(telco), {"Image": "whoami"}, house=house, at=at)
        assert hunted("whoami", by=analyst, at=at, since=at, until=at + timedelta(seconds=1)).result["matches"] == 1
        assert hunted("whoami", by=analyst, at=at, since=at - timedelta(days=1), until=at).result["matches"] == 0

    def test_joined_files_give_the_same(self, telco, analyst, house, at) -> None:
        source = make_source(telco)
        for host in ("A", "B", "C"):
            sent(source, event(host=host), house=house, at=at)
        before = hunted("whoami", by=analyst, at=at).result
        assert flows.join_small(at=at + timedelta(days=1)) == 3
        after = hunted("whoami", by=analyst, at=at).result
        assert {**after, "seconds": 0} == {**before, "seconds": 0}
        assert after["matches"] == 3


class TestWhoSeesWhat:
    def test_a_hunt_reads_the_events_of_its_askers_sight_alone(
        self, telco, other_telco, operator, analyst, house, at
    ) -> None:
        sent(make_source(telco), event(), house=house, at=at)
        sent(make_source(other_telco), event(), event(host="WS9"), house=house, at=at)
        assert hunted("whoami", by=operator, at=at).result["operators"] == {telco.code: 1}
        assert hunted("whoami", by=analyst, at=at).result["operators"] == {other_telco.code: 2, telco.code: 1}

    def test_nobody_sees_the_hunt_of_another_tenant(self, telco, other_telco, operator, analyst, at) -> None:
        own, other = make_hunt(telco), make_hunt(other_telco)
        assert list(reads.hunts(operator)) == [own]
        assert signed_in(operator).get(other.get_absolute_url()).status_code == 404
        assert set(reads.hunts(analyst)) == {own, other}

    def test_a_hunt_reads_no_further_than_its_owner_though_its_asker_sees_more(
        self, telco, other_telco, operator, house, at
    ) -> None:
        Membership.objects.create(account=operator, organisation=other_telco, role="security_officer", since=at)
        sent(make_source(telco), event(), house=house, at=at)
        sent(make_source(other_telco), event(host="SECRET"), house=house, at=at)
        both = Account.objects.get(pk=operator.pk)
        hunt = hunted("whoami", by=both, at=at)
        assert hunt.result["operators"] == {hunt.owner.code: 1}

    def test_a_source_may_not_hunt(self, source: Source, at: datetime) -> None:
        answer = program(source.secret).post(
            "/api/v1/monitor/hunts/acts/ask",
            {"name": "x", "text": "x", "since": DAY.isoformat(), "until": NEXT.isoformat()},
            content_type="application/json",
        )
        assert answer.status_code == 403


class TestAsking:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("Image|nonsense: x", "nonsense"),
            ("Image: [", "YAML"),
            ("detection:\n  a: {b: c}\n  condition: z", "log"),
            (RULE.replace("whoami.exe", "(?=x)").replace("endswith", "re"), "linear"),
        ],
    )
    def test_what_cannot_be_looked_for_is_refused_with_the_reason(self, analyst, at, text: str, why: str) -> None:
        with pytest.raises(Refused, match=f"(?i){why}") as refusal:
            flows.ask(by=analyst, at=at, name="x", text=text, since=DAY, until=NEXT)
        assert refusal.value.field == "text"
        assert not Hunt.objects.exists()

    @pytest.mark.parametrize(("since", "until"), [(NEXT, DAY), (DAY, DAY), (DAY - timedelta(days=400), DAY)])
    def test_a_time_that_is_none_is_refused(self, analyst, at, since, until) -> None:
        with pytest.raises(Refused):
            flows.ask(by=analyst, at=at, name="x", text="x", since=since, until=until)

    def test_it_runs_in_the_background_and_can_be_repeated(self, telco, analyst, house, at) -> None:
        sent(make_source(telco), event(), house=house, at=at)
        hunt = flows.ask(by=analyst, at=at, name="look", text="whoami", since=DAY, until=NEXT)
        assert hunt.state == "waiting"
        work.work_once(at)
        hunt.refresh_from_db()
        assert (hunt.state, hunt.result["matches"]) == ("done", 1)
        sent(make_source(telco), event(host="WS7"), house=house, at=at)
        flows.repeat(hunt, by=analyst, at=at)
        work.work_once(at)
        hunt.refresh_from_db()
        assert (hunt.state, hunt.result["matches"]) == ("done", 2)

    def test_a_file_that_is_gone_fails_it_with_the_reason(self, telco, analyst, house, at) -> None:
        from bastide.monitor import lake

        receipt = sent(make_source(telco), event(), house=house, at=at)
        lake.events_path(receipt.batch.lies_at).unlink()
        hunt = hunted("whoami", by=analyst, at=at)
        assert hunt.state == "failed"
        assert "No such file" in hunt.trouble


class TestRules:
    def test_a_written_rule_is_tried_then_switched_on_then_fires(self, telco, analyst, house, at) -> None:
        source = make_source(telco)
        sent(source, event(), event(host="WS2"), event(host="WS2"), house=house, at=at)
        rule = flows.write_rule(RULE, by=analyst, at=at)
        assert not rule.is_enabled
        assert not Alert.objects.exists()
        test = flows.back_test(rule, by=analyst, at=at, since=DAY, until=NEXT)
        flows.run(test, at=at)
        test.refresh_from_db()
        assert (test.result["matches"], test.result["alerts"], test.result["hosts"]) == (3, 2, 2)
        assert not Alert.objects.exists()
        flows.enable_rule(rule, by=analyst, at=at)
        sent(source, event(host="WS3"), house=house, at=at)
        assert Alert.objects.get().host == "WS3"

    def test_it_gets_an_id_which_stays(self, analyst, at) -> None:
        text = RULE.replace("id: 11111111-1111-4111-8111-111111111111\n", "")
        rule = flows.write_rule(text, by=analyst, at=at)
        assert len(rule.rule_id) == 36
        flows.write_rule(rule.text.replace("high", "low"), by=analyst, at=at, rule=rule)
        rule.refresh_from_db()
        assert rule.level == "low"
        with pytest.raises(Refused, match="id"):
            flows.write_rule(RULE, by=analyst, at=at, rule=rule)
        changes = Entry.objects.filter(act="monitor.rulerecord.change").get().changes
        assert changes["text"][0] != changes["text"][1]

    def test_what_is_no_rule_is_refused_and_nothing_kept(self, analyst, operator, at) -> None:
        for text in ("title: x", RULE + "---\n" + RULE.replace("1111", "2222"), "[" * 3000, "a: &a [x]\nb: *c"):
            with pytest.raises(Refused):
                flows.write_rule(text, by=analyst, at=at)
        with pytest.raises(Forbidden):
            flows.write_rule(RULE, by=operator, at=at)
        assert not RuleRecord.objects.exists()

    def test_an_id_that_is_taken_is_refused(self, rules, analyst, at) -> None:
        with pytest.raises(Refused, match="exists"):
            flows.write_rule(RULE, by=analyst, at=at)

    def test_the_same_through_the_api(self, telco, analyst, house, at) -> None:
        sent(make_source(telco), event(), house=house, at=at)
        client = signed_in(analyst)
        made = client.post("/api/v1/monitor/rules", {"text": RULE}, content_type="application/json")
        assert made.status_code == 201, made.content
        span = {"since": DAY.isoformat(), "until": NEXT.isoformat()}
        asked = client.post(
            f"/api/v1/monitor/rules/{made.json()['id']}/back-tests", span, content_type="application/json"
        )
        assert asked.status_code == 201, asked.content
        work.work_once(at)
        whole = client.get(f"/api/v1/monitor/hunts/{asked.json()['number']}").json()
        assert (whole["state"], whole["result"]["matches"], whole["rule_id"]) == ("done", 1, RULE.split()[4])


class TestSql:
    def ask(self, account: Account, query: str) -> Any:
        span = {"since": "2026-06-16T00:00", "until": "2026-06-18T00:00"}
        return signed_in(account).post("/monitor/query/", {**span, "query": query})

    def test_it_answers_over_the_events_in_sight_and_is_recorded(self, telco, other_telco, operator, house, at) -> None:
        for number in range(3):
            sent(make_source(telco), event(host=f"WS{number}"), house=house, at=at)
        sent(make_source(other_telco), event(host="SECRET"), house=house, at=at)
        answer = self.ask(
            operator, "SELECT host, field(raw, 'EventID') AS id FROM events ORDER BY host"
        ).content.decode()
        assert [f"WS{n}" in answer for n in range(3)] == [True] * 3
        assert "SECRET" not in answer
        assert Entry.objects.filter(act="monitor.query", account=operator).count() == 1

    def test_a_file_that_is_gone_is_said(self, telco, operator, house, at) -> None:
        from bastide.monitor import lake

        lake.events_path(sent(make_source(telco), event(), house=house, at=at).batch.lies_at).unlink()
        assert self.ask(operator, "SELECT * FROM events").status_code == 422

    def test_no_variable_of_the_program_is_a_table(self, telco, operator, house, at) -> None:
        sent(make_source(telco), event(), house=house, at=at)
        assert self.ask(operator, "SELECT * FROM EVENT").status_code == 422

    @pytest.mark.parametrize(
        "query",
        [
            "DROP TABLE events",
            "SELECT 1; SELECT 2",
            "COPY (SELECT 1) TO '/tmp/x'",
            "SET memory_limit = '9GB'",
            "SELECT * FROM read_text('/etc/passwd')",
            "SELECT * FROM glob('/*')",
            "ATTACH '/tmp/x.db'",
            "INSTALL httpfs",
            "SELEC",
            "SELECT nothing FROM events",
        ],
    )
    def test_everything_else_is_refused_in_words(self, telco, operator, house, at, query: str) -> None:
        sent(make_source(telco), event(), house=house, at=at)
        answer = self.ask(operator, query)
        assert answer.status_code == 422
        assert "root:" not in answer.content.decode()

    def test_the_files_of_another_tenant_stay_shut(self, telco, other_telco, operator, house, at) -> None:
        from bastide.monitor import lake

        sent(make_source(telco), event(), house=house, at=at)
        other = sent(make_source(other_telco), event(host="SECRET"), house=house, at=at)
        answer = self.ask(operator, f"SELECT * FROM read_parquet('{lake.events_path(other.batch.lies_at)}')")
        assert answer.status_code == 422
        assert "SECRET" not in answer.content.decode()

    def test_a_query_without_end_is_stopped(self, telco, operator, house, at, monkeypatch) -> None:
        from bastide.monitor import sql

        monkeypatch.setattr(sql, "SECONDS", 0.2)
        answer = self.ask(operator, "SELECT sum(a.range) FROM range(1000000000000) AS a")
        assert answer.status_code == 422
        assert "stopped after" in answer.content.decode()


def test_what_everyone_of_an_organisation_may_do_the_office_of_another_may_not(
    other_telco: Organisation, operator: Account, at: datetime
) -> None:
    """Narrowing a hunt to an operator out of sight finds no such operator."""
    answer = signed_in(operator).post(
        "/monitor/hunts/new/",
        {
            "name": "x",
            "text": "x",
            "since": "2026-06-16T00:00",
            "until": "2026-06-17T00:00",
            "operator": other_telco.code,
        },
    )
    assert answer.status_code == 422
    assert not Hunt.objects.exists()
