"""Monitoring for programs: sending with a source's key, and reading and acting within one's scopes."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bastide.base.jobs.models import Job
from bastide.base.people.models import Account, ApiToken, Organisation
from bastide.monitor import flows, lake
from bastide.monitor.models import Alert, Batch, RuleRecord, Source
from tests.monitor.conftest import program, signed_in
from tests.monitor.makers import event, make_alert, make_batch, make_rule, make_source, ndjson

pytestmark = pytest.mark.django_db
BATCHES = "/api/v1/monitor/batches"


def send(
    client: Client, content: bytes, *, path: str = BATCHES, kind: str = "application/x-ndjson", **head: str
) -> Any:
    return client.post(path, content, content_type=kind, headers=head)


def key_of(account: Account, *scopes: str, at: datetime) -> str:
    _token, secret = ApiToken.make(account, name="t", scopes=list(scopes), expires_at=at + timedelta(days=1))
    return secret


class TestSend:
    def test_a_batch_is_answered_with_its_receipt(self, source: Source, at: datetime) -> None:
        answer = send(program(source.secret), ndjson(event(), event(), b"no"))
        told = answer.json()
        assert answer.status_code == 201
        assert (told["accepted"], told["quarantined"], told["state"]) == (2, 1, "stored")
        assert (told["source"], told["is_new"], len(told["sha256"])) == ("edge-a", True, 64)
        assert [(one["line"], one["code"]) for one in told["first_quarantined"]] == [(2, "json")]
        assert Job.objects.get(kind="monitor.scan").args == {"number": told["batch"]}

    def test_the_same_batch_again_gives_the_same_receipt_with_200(self, source: Source, at: datetime) -> None:
        first = send(program(source.secret), ndjson(event(), b"no")).json()
        again = send(program(source.secret), gzip.compress(ndjson(event(), b"no")))
        assert again.status_code == 200
        assert again.json() == {**first, "is_new": False}
        assert (Batch.objects.count(), Job.objects.filter(kind="monitor.scan").count()) == (1, 1)

    @pytest.mark.parametrize("head", [{}, {"Content-Encoding": "gzip"}])
    def test_gzip_is_taken_with_and_without_its_header(
        self, source: Source, at: datetime, head: dict[str, str]
    ) -> None:
        answer = send(program(source.secret), gzip.compress(ndjson(event())), **head)
        assert (answer.status_code, answer.json()["accepted"]) == (201, 1)

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/octet-stream"])
    def test_whatever_a_sender_calls_it_the_lines_arrive_untouched(
        self, source: Source, at: datetime, kind: str
    ) -> None:
        content = ndjson({"CommandLine": "a=1&b=%20+c;" * 2000})
        answer = send(program(source.secret), content, kind=kind)
        assert answer.status_code == 201
        batch = Batch.objects.get(number=answer.json()["batch"])
        raw = lake.events_of(batch.lies_at, batch.sha256).column("raw").to_pylist()[0]
        assert "a=1&b=%20+c;a=1" in raw

    def test_a_batch_above_the_limit_of_forms_and_up_to_its_own_is_taken(self, source: Source, at, settings) -> None:
        content = ndjson(*[event(host=f"H{number}") for number in range(100)])
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.BASTIDE_BATCH_LIMIT = 1000, len(content)
        for kind in ("application/x-ndjson", "application/x-www-form-urlencoded"):
            assert send(program(source.secret), content, kind=kind).json()["accepted"] == 100

    @pytest.mark.parametrize("packed", [False, True])
    def test_a_larger_one_is_refused_with_words(self, source: Source, at, settings, packed: bool) -> None:
        settings.BASTIDE_BATCH_LIMIT = 2048
        content = b'{"a": 1}\n' * 1000
        answer = send(program(source.secret), gzip.compress(content) if packed else content)
        assert answer.status_code == 413
        assert "larger than" in answer.json()["detail"]
        assert "2.0" in answer.json()["detail"]
        assert not Batch.objects.exists()

    def test_a_request_key_on_a_body_too_large_to_remember_is_refused_not_swallowed(
        self, source: Source, at, settings
    ) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        answer = send(program(source.secret), ndjson(*[event()] * 20), **{"Idempotency-Key": "k1"})
        assert answer.status_code == 413

    def test_a_request_key_gives_the_first_answer_again(self, source: Source, at: datetime) -> None:
        answers = [send(program(source.secret), ndjson(event()), **{"Idempotency-Key": "k1"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[1]["Idempotency-Replayed"] == "true"

    def test_without_a_length_it_is_asked_for(self, source: Source, at: datetime) -> None:
        answer = program(source.secret).generic("POST", BATCHES, b"", content_type="application/x-ndjson")
        assert (answer.status_code, "Content-Length" in answer.json()["detail"]) == (411, True)

    @pytest.mark.parametrize("content", [b"\n", b"\n\n", gzip.compress(b"", mtime=0)])
    def test_an_empty_batch_is_refused(self, source: Source, at: datetime, content: bytes) -> None:
        answer = send(program(source.secret), content)
        assert answer.status_code == 409
        assert answer["Content-Type"] == "application/problem+json"

    def test_a_damaged_stream_is_refused_and_nothing_is_kept(self, source: Source, at: datetime) -> None:
        answer = send(program(source.secret), gzip.compress(ndjson(event()))[:-9])
        assert (answer.status_code, Batch.objects.count()) == (409, 0)
        assert "damaged" in answer.json()["detail"]

    @pytest.mark.parametrize("head", [{}, {"Authorization": "Bearer bst_wrong"}, {"Authorization": "Basic eA=="}])
    def test_without_a_key_it_is_401(self, source: Source, at: datetime, head: dict[str, str]) -> None:
        answer = send(Client(), ndjson(event()), **head)
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")

    def test_an_ended_key_is_401(self, source: Source, operator: Account, at: datetime) -> None:
        old = source.secret
        flows.new_key(source, by=operator, at=at)
        assert send(program(old), ndjson(event())).status_code == 401

    def test_a_key_without_the_scope_is_403(self, source: Source, operator: Account, at: datetime) -> None:
        secret = key_of(operator, "registry.", "monitor.alert.see", at=at)
        assert send(program(secret), ndjson(event()), path=f"{BATCHES}?source=edge-a").status_code == 403

    def test_a_foreign_source_is_404(self, source: Source, other_operator: Account, at: datetime) -> None:
        secret = key_of(other_operator, "monitor.", at=at)
        assert send(program(secret), ndjson(event()), path=f"{BATCHES}?source=edge-a").status_code == 404

    def test_a_sources_key_feeds_no_other_source(self, source: Source, telco: Organisation, at: datetime) -> None:
        make_source(telco, name="edge-b")
        assert send(program(source.secret), ndjson(event()), path=f"{BATCHES}?source=edge-b").status_code == 404

    def test_a_persons_key_names_the_source(self, source: Source, operator: Account, at: datetime) -> None:
        secret = key_of(operator, "monitor.batch.send", at=at)
        assert send(program(secret), ndjson(event()), path=f"{BATCHES}?source=edge-a").status_code == 201
        assert send(program(secret), ndjson(event())).status_code == 404

    def test_a_sources_key_reads_nothing(self, source: Source, telco: Organisation, at: datetime) -> None:
        alert, client = make_alert(telco), program(source.secret)
        assert client.get("/api/v1/monitor/alerts").json()["items"] == []
        assert client.get(f"/api/v1/monitor/alerts/{alert.number}").status_code == 404
        assert client.get("/monitor/alerts/").status_code == 302

    def test_a_closed_source_is_told_so(self, source: Source, operator: Account, at: datetime) -> None:
        flows.pause_source(source, by=operator, at=at)
        answer = send(program(source.secret), ndjson(event()))
        assert answer.status_code == 409
        assert "not active" in answer.json()["detail"]


@pytest.fixture
def alert(source: Source, rules: None, house: Account, at: datetime) -> Alert:
    receipt = flows.take_batch(source, ndjson(event(), b"[1]"), by=house, at=at)
    flows.scan(receipt.batch, by=house, at=at)
    return Alert.objects.get()


class TestRead:
    def test_an_alert_says_why_it_was_raised_and_what_may_be_done(self, alert: Alert, operator: Account) -> None:
        told = signed_in(operator).get(f"/api/v1/monitor/alerts/{alert.number}").json()
        assert (told["title"], told["operator"], told["techniques"]) == ("Whoami run", "OP-A", ["T1033"])
        assert "Image" in told["evidence"][0]["fields"]
        assert told["evidence"][0]["event"]["Computer"] == "WS1"
        assert told["open_acts"] == ["triage", "mark_false", "escalate", "take", "remark"]

    def test_a_receipt_can_be_read_again(self, alert: Alert, operator: Account) -> None:
        batch = Batch.objects.get()
        told = signed_in(operator).get(f"{BATCHES}/{batch.number}").json()
        assert (told["matches"], told["state"], told["first_quarantined"][0]["code"]) == (1, "scanned", "object")

    @pytest.mark.parametrize(
        ("query", "number"),
        [
            ("level=high", 1), ("level=low", 0), ("operator=OP-A", 1), ("operator=OP-B", 0), ("host=WS1", 1),
            ("rule=11111111-1111-4111-8111-111111111111", 1), ("seen_after=2030-01-01T00:00:00Z", 0), ("state=new", 1),
        ],
    )  # fmt: skip
    def test_alerts_are_filtered(self, alert: Alert, operator: Account, query: str, number: int) -> None:
        assert signed_in(operator).get(f"/api/v1/monitor/alerts?{query}").json()["count"] == number

    def test_lists_are_paged_and_read_only_their_page(self, telco: Organisation, operator: Account) -> None:
        rule, source = make_rule(), make_source(telco)
        for _ in range(60):
            make_alert(telco, rule=rule, source=source)
        told = signed_in(operator).get("/api/v1/monitor/alerts?limit=20&offset=50").json()
        assert (told["count"], len(told["items"])) == (60, 10)

    @pytest.mark.parametrize("name", ["alerts", "batches", "sources", "rules"])
    def test_a_list_takes_the_same_queries_with_two_rows_and_with_ten(
        self, telco: Organisation, analyst: Account, at: datetime, name: str
    ) -> None:
        client, taken = signed_in(analyst), []
        for _ in range(10):
            source = make_source(telco)
            make_batch(telco, source=source)
            make_alert(telco, source=source, rule=make_rule())
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/api/v1/monitor/{name}").status_code == 200
            taken.append(len(captured))
        assert len(set(taken[1:])) == 1, taken

    @pytest.mark.parametrize("who", ["other_operator", "other_provincial", "stranger", "expert"])
    def test_a_foreign_thing_is_not_there(self, alert: Alert, who: str, request: pytest.FixtureRequest) -> None:
        client = signed_in(request.getfixturevalue(who))
        paths = [f"alerts/{alert.number}", f"batches/{Batch.objects.get().number}", f"sources/{alert.source.number}"]
        for path in paths:
            assert client.get(f"/api/v1/monitor/{path}").status_code == 404
        for name in ("alerts", "batches", "sources"):
            assert client.get(f"/api/v1/monitor/{name}").json()["items"] == []

    def test_a_rule_left_out_says_so(self, analyst: Account, operator: Account) -> None:
        rule = make_rule(rejected="regex: look-behind")
        told = signed_in(analyst).get("/api/v1/monitor/rules").json()["items"]
        assert told[0]["rejected"] == "regex: look-behind"
        assert signed_in(analyst).get(f"/api/v1/monitor/rules/{rule.pk}").json()["text"]
        assert signed_in(operator).get("/api/v1/monitor/rules").status_code == 403
        assert signed_in(operator).get(f"/api/v1/monitor/rules/{rule.pk}").status_code == 404


class TestAct:
    def post(self, client: Client, path: str, **given: Any) -> Any:
        return client.post(f"/api/v1/monitor/{path}", given, content_type="application/json")

    def test_an_alert_is_judged_as_on_its_page(self, alert: Alert, operator: Account, at: datetime) -> None:
        secret = key_of(operator, "monitor.", at=at)
        path = f"alerts/{alert.number}/acts/mark_false"
        assert self.post(program(secret), path, reason=" ").status_code == 422
        done = self.post(program(secret), path, reason="own scanner", version=alert.version)
        assert (done.status_code, done.json()["state"]) == (200, "false_positive")
        assert self.post(program(secret), path, reason="again", version=alert.version).status_code == 409

    def test_a_foreign_alert_is_not_there(self, alert: Alert, other_operator: Account, at: datetime) -> None:
        secret = key_of(other_operator, "monitor.", at=at)
        assert self.post(program(secret), f"alerts/{alert.number}/acts/triage").status_code == 404

    def test_a_source_is_registered_and_its_key_told_once(self, operator: Account, telco, at: datetime) -> None:
        secret = key_of(operator, "monitor.", at=at)
        made = self.post(program(secret), "sources/acts/register", operator="OP-A", name="edge-9")
        assert made.status_code == 201
        key = self.post(program(secret), f"sources/{made.json()['number']}/acts/new_key", days=5).json()["told"]["key"]
        assert send(program(key), ndjson(event())).status_code == 201

    def test_a_rule_is_switched_off_with_a_reason(self, alert: Alert, analyst: Account, national: Account) -> None:
        rule = RuleRecord.objects.get()
        path = f"rules/{rule.pk}/acts/disable"
        assert self.post(signed_in(national), path, reason="x").status_code == 403
        assert self.post(signed_in(analyst), path).status_code == 422
        assert self.post(signed_in(analyst), path, reason="noise").json()["is_enabled"] is False
