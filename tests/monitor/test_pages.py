"""The pages of monitoring, in both languages, and what they must not show."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
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
LANGUAGES = ["zh-hans", "en"]
LISTS = ["alerts", "batches", "sources", "rules"]


def text_of(response: object) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return str(body.decode())


@pytest.fixture
def scanned(source: Source, rules: None, house: Account, at: datetime) -> Batch:
    """A batch with one match and one line put aside."""
    receipt = flows.take_batch(source, ndjson(event(), b"[1]"), by=house, at=at, file="morning.ndjson")
    return flows.scan(receipt.batch, by=house, at=at)


def filled(path: str) -> str:
    names = {
        "{alert}": Alert.objects.get().number,
        "{batch}": Batch.objects.get().number,
        "{source}": Source.objects.get().number,
        "{rule}": str(RuleRecord.objects.get().pk),
    }
    for name, value in names.items():
        path = path.replace(name, value)
    return f"/monitor/{path}"


class TestEveryPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(
        "path",
        [
            "alerts/", "alerts/{alert}/", "alerts/{alert}/acts/triage/", "alerts/{alert}/acts/mark_false/",
            "alerts/{alert}/acts/escalate/", "batches/", "batches/new/", "batches/{batch}/", "sources/", "sources/new/",
            "sources/{source}/", "sources/{source}/acts/new_key/", "sources/{source}/acts/pause/",
            "sources/{source}/acts/close/",
        ],
    )  # fmt: skip
    def test_it_opens_for_the_operator(self, scanned: Batch, operator: Account, language: str, path: str) -> None:
        response = signed_in(operator, language).get(filled(path))
        assert response.status_code == 200, response.content[:2000]

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("path", ["rules/", "rules/{rule}/", "rules/{rule}/switch/", "alerts/{alert}/"])
    def test_it_opens_for_the_analyst(self, scanned: Batch, analyst: Account, language: str, path: str) -> None:
        assert signed_in(analyst, language).get(filled(path)).status_code == 200

    @pytest.mark.parametrize(("language", "words"), [("zh-hans", "暂无告警"), ("en", "No alert yet")])
    def test_an_empty_list_says_how_things_come_into_it(self, operator: Account, language: str, words: str) -> None:
        assert words in text_of(signed_in(operator, language).get("/monitor/alerts/"))

    @pytest.mark.parametrize("name", LISTS)
    def test_an_empty_list_opens(self, national: Account, name: str) -> None:
        assert signed_in(national).get(f"/monitor/{name}/").status_code == 200

    @pytest.mark.parametrize("name", LISTS)
    def test_a_stranger_is_kept_out(self, stranger: Account, name: str) -> None:
        assert signed_in(stranger).get(f"/monitor/{name}/").status_code == 403

    @pytest.mark.parametrize("name", LISTS)
    def test_nobody_is_sent_to_sign_in(self, db: None, name: str) -> None:
        response = Client().get(f"/monitor/{name}/")
        assert (response.status_code, response["Location"][:15]) == (302, "/account/login/")


class TestTenancy:
    @pytest.mark.parametrize(
        "path",
        [
            "alerts/{alert}/", "alerts/{alert}/acts/triage/", "batches/{batch}/", "sources/{source}/",
            "sources/{source}/acts/new_key/",
        ],
    )  # fmt: skip
    def test_a_foreign_thing_is_not_there(
        self, scanned: Batch, other_operator: Account, other_provincial: Account, path: str
    ) -> None:
        for account in (other_operator, other_provincial):
            assert signed_in(account).get(filled(path)).status_code == 404

    @pytest.mark.parametrize("query", ["", "?export=csv", "?q=edge", "?operator=OP-A"])
    @pytest.mark.parametrize("name", LISTS[:3])
    def test_lists_filters_and_exports_show_ones_own(
        self, scanned: Batch, other_operator: Account, name: str, query: str
    ) -> None:
        shown = text_of(signed_in(other_operator).get(f"/monitor/{name}/{query}"))
        for secret in ("OP-A (test)", "edge-a", "WS1", scanned.number):
            assert secret not in shown.replace(query, "")

    def test_evaluating_a_foreign_batch_is_not_there(self, scanned: Batch, other_provincial: Account) -> None:
        assert signed_in(other_provincial).post(f"/monitor/batches/{scanned.number}/scan/").status_code in {403, 404}

    def test_search_and_desk_show_ones_own(self, scanned: Batch, operator: Account, other_operator: Account) -> None:
        own, foreign = signed_in(operator), signed_in(other_operator)
        assert "Whoami run" in text_of(own.get("/ui/search/?q=whoami"))
        assert "WS1" not in text_of(foreign.get("/ui/search/?q=whoami"))


class TestQueries:
    @pytest.mark.parametrize("name", LISTS)
    def test_a_list_takes_the_same_with_two_rows_and_with_ten(
        self, telco: Organisation, other_telco: Organisation, national: Account, at: datetime, name: str
    ) -> None:
        client, taken = signed_in(national), []
        for operator in [telco, *[telco, other_telco] * 4]:
            source = make_source(operator)
            make_batch(operator, source=source)
            make_alert(operator, source=source, rule=make_rule())
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/monitor/{name}/").status_code == 200
            taken.append(len(captured))
        assert len(set(taken[1:])) == 1, taken


class TestAlertList:
    def test_a_chart_of_the_last_days_stands_above_the_list(self, scanned: Batch, operator: Account) -> None:
        shown = text_of(signed_in(operator).get("/monitor/alerts/"))
        assert shown.index("data-chart") < shown.index('id="table"')
        assert "first_seen_from=2026-06-16" in shown

    def test_the_chart_follows_the_filters(self, scanned: Batch, operator: Account) -> None:
        assert "data-chart" not in text_of(signed_in(operator).get("/monitor/alerts/?level=low"))

    def test_a_bar_leads_to_its_day_in_the_zone_of_the_console(self, telco: Organisation, operator: Account) -> None:
        make_alert(telco, first_seen=datetime.fromisoformat("2026-06-15T17:30:00+00:00"))
        page = signed_in(operator).get("/monitor/alerts/?first_seen_from=2026-06-16&first_seen_to=2026-06-16")
        assert "host-" in text_of(page)

    def test_several_are_judged_harmless_at_once_with_one_reason(
        self, telco: Organisation, other_telco: Organisation, operator: Account, at: datetime
    ) -> None:
        own = [make_alert(telco), make_alert(telco), make_alert(telco, state="escalated")]
        foreign, client = make_alert(other_telco), signed_in(operator)
        given = {"_bulk": "mark_false", "pk": [alert.pk for alert in [*own, foreign]]}
        assert client.post("/monitor/alerts/", given).status_code == 200
        assert client.post("/monitor/alerts/", {**given, "_confirmed": "1"}).status_code == 422
        client.post("/monitor/alerts/", {**given, "_confirmed": "1", "reason": "backup job"})
        states = [Alert.objects.get(pk=alert.pk).state for alert in [*own, foreign]]
        assert states == ["false_positive", "false_positive", "escalated", "new"]
        assert own[2].number in text_of(client.get("/monitor/alerts/"))

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("name", LISTS)
    def test_it_exports(self, scanned: Batch, analyst: Account, name: str, kind: str) -> None:
        response = signed_in(analyst).get(f"/monitor/{name}/?export={kind}")
        assert response.status_code == 200
        assert "attachment" in response["Content-Disposition"]


class TestAlertPage:
    def test_the_fields_that_matched_come_first_and_the_rest_is_folded(self, scanned: Batch, operator: Account) -> None:
        shown = text_of(signed_in(operator).get(Alert.objects.get().get_absolute_url()))
        matched, folded = shown.index("<code>Image</code>"), shown.index("<code>SystemTime</code>")
        assert matched < shown.index("more fields") < folded

    def test_an_operator_reads_the_rule_but_is_not_sent_to_a_closed_page(
        self, scanned: Batch, operator: Account, analyst: Account
    ) -> None:
        address = Alert.objects.get().get_absolute_url()
        assert "/monitor/rules/" not in text_of(signed_in(operator).get(address)).split("Whoami run")[-1]
        assert f"/monitor/rules/{RuleRecord.objects.get().pk}/" in text_of(signed_in(analyst).get(address))

    def test_it_is_judged_by_hand(self, scanned: Batch, operator: Account) -> None:
        alert, client = Alert.objects.get(), signed_in(operator)
        address = f"{alert.get_absolute_url()}acts/mark_false/"
        assert client.post(address, {"version": 1, "reason": ""}).status_code == 422
        assert client.post(address, {"version": 1, "reason": "own test"}).status_code == 302
        assert client.post(address, {"version": 1, "reason": "again"}).status_code == 409
        alert.refresh_from_db()
        assert (alert.state, alert.reason) == ("false_positive", "own test")

    def test_other_alerts_of_the_host_stand_beside_it(self, scanned: Batch, telco, operator: Account) -> None:
        alert, other = Alert.objects.get(), make_alert(telco, host="WS1")
        assert other.rule.title in text_of(signed_in(operator).get(alert.get_absolute_url()))


class TestBatchPage:
    @pytest.mark.parametrize(("language", "words"), [("zh-hans", "不是 JSON 对象"), ("en", "Not a JSON object")])
    def test_a_line_put_aside_says_why_in_the_readers_words(
        self, scanned: Batch, operator: Account, language: str, words: str
    ) -> None:
        shown = text_of(signed_in(operator, language).get(scanned.get_absolute_url()))
        assert words in shown
        assert "<code>[1]</code>" in shown

    def test_a_long_quarantine_says_how_much_is_not_shown(
        self, source: Source, house: Account, operator: Account, at: datetime
    ) -> None:
        receipt = flows.take_batch(source, b"x\n" * 60, by=house, at=at)
        assert "10 more lines" in text_of(signed_in(operator).get(receipt.batch.get_absolute_url()))

    def test_a_failed_evaluation_says_what_went_wrong(self, telco: Organisation, operator: Account) -> None:
        batch = make_batch(telco, state="failed", trouble="OSError: disk full")
        assert "disk full" in text_of(signed_in(operator).get(batch.get_absolute_url()))


class TestUpload:
    def send(self, client: Client, content: bytes, source: str = "edge-a") -> object:
        file = SimpleUploadedFile("events.ndjson", content)
        return client.post("/monitor/batches/new/", {"source": source, "file": file})

    def test_it_is_answered_with_its_receipt_and_evaluated_in_the_background(
        self, source: Source, operator: Account, at: datetime
    ) -> None:
        response = self.send(signed_in(operator), ndjson(event()))
        batch = Batch.objects.get()
        assert response["Location"] == batch.get_absolute_url()  # type: ignore[index]
        assert batch.file == "events.ndjson"
        assert Job.objects.get(kind="monitor.scan").args == {"number": batch.number}

    def test_the_same_file_again_leads_to_the_first_receipt(self, source: Source, operator: Account, at) -> None:
        client = signed_in(operator)
        self.send(client, ndjson(event()))
        response = self.send(client, ndjson(event()))
        assert response["Location"] == Batch.objects.get().get_absolute_url()  # type: ignore[index]
        assert Job.objects.filter(kind="monitor.scan").count() == 1

    @pytest.mark.parametrize(
        ("content", "words"), [(b"\n", "batch is empty"), (b"\x1f\x8bxx", "damaged"), (b"{}\n" * 700, "larger than")]
    )
    def test_a_bad_file_is_refused_at_its_field(
        self, source: Source, operator: Account, at, settings, content: bytes, words: str
    ) -> None:
        settings.BASTIDE_BATCH_LIMIT = 2000
        response = self.send(signed_in(operator), content)
        assert response.status_code == 422  # type: ignore[attr-defined]
        assert words in text_of(response)
        assert not Batch.objects.exists()

    def test_an_upload_above_the_limit_is_refused_with_words(self, source: Source, operator, at, settings) -> None:
        settings.BASTIDE_UPLOAD_LIMIT = 100
        response = self.send(signed_in(operator), b"{}\n" * 700)
        assert response.status_code == 422  # type: ignore[attr-defined]
        assert "larger than" in text_of(response)

    def test_a_foreign_source_is_no_choice(self, source: Source, other_operator: Account, at: datetime) -> None:
        make_source(other_operator.organisation)  # type: ignore[arg-type]
        assert self.send(signed_in(other_operator), ndjson(event())).status_code == 422  # type: ignore[attr-defined]
        assert not Batch.objects.exists()

    def test_without_a_source_it_says_what_to_do_first(self, operator: Account) -> None:
        assert "Register a source" in text_of(signed_in(operator).get("/monitor/batches/new/"))


class TestEvaluateAgain:
    def test_it_runs_with_the_rules_in_force_then(
        self, source: Source, analyst: Account, house: Account, at: datetime, tmp_path
    ) -> None:
        from bastide.base import jobs
        from tests.monitor.makers import RULE

        receipt = flows.take_batch(source, ndjson(event()), by=house, at=at)
        flows.scan(receipt.batch, by=house, at=at)
        assert not Alert.objects.exists()
        (tmp_path / "late.yml").write_text(RULE)
        flows.add_rules([tmp_path / "late.yml"], by=house, at=at)
        page = signed_in(analyst).post(f"{receipt.batch.get_absolute_url()}scan/")
        assert page.status_code == 302
        jobs.work_once()
        assert Alert.objects.get().count == 1

    def test_an_operator_has_no_such_button(self, scanned: Batch, operator: Account) -> None:
        client = signed_in(operator)
        assert "Evaluate again" not in text_of(client.get(scanned.get_absolute_url()))
        assert client.post(f"{scanned.get_absolute_url()}scan/").status_code == 403


class TestSourcePage:
    def test_a_new_key_is_shown_once_and_works(self, operator: Account, source: Source, at: datetime) -> None:
        client = signed_in(operator)
        client.post(f"{source.get_absolute_url()}acts/new_key/", {"version": 2, "days": "30"})
        first, second = (text_of(client.get(source.get_absolute_url())) for _ in range(2))
        (secret,) = set(re.findall(r"bst_[\w-]{30,}", first))
        assert "shown this once" in first
        assert secret not in second
        sent = program(secret).post("/api/v1/monitor/batches", ndjson(event()), content_type="application/x-ndjson")
        assert sent.status_code == 201

    def test_pausing_refuses_batches_and_resuming_takes_them(self, operator: Account, source: Source, at) -> None:
        client, secret = signed_in(operator), source.secret

        def send() -> Any:
            return program(secret).post("/api/v1/monitor/batches", ndjson(event()), content_type="text/plain")

        client.post(f"{source.get_absolute_url()}acts/pause/", {"version": 2})
        assert (send().status_code, Batch.objects.count()) == (409, 0)
        client.post(f"{source.get_absolute_url()}acts/resume/", {"version": 3})
        assert send().status_code == 201

    def test_closing_ends_its_keys_and_keeps_its_batches(self, operator: Account, scanned: Batch, at) -> None:
        source = scanned.source
        signed_in(operator).post(f"{source.get_absolute_url()}acts/close/", {"version": 2, "reason": "moved"})
        source.refresh_from_db()
        assert source.state == "closed"
        assert not ApiToken.objects.filter(account=source.account, revoked_at=None).exists()
        assert signed_in(operator).get(scanned.get_absolute_url()).status_code == 200

    def test_registering_leads_to_its_page(self, operator: Account, telco: Organisation, at: datetime) -> None:
        client = signed_in(operator)
        response = client.post("/monitor/sources/new/", {"operator": "OP-A", "name": "edge-1"})
        assert response["Location"] == Source.objects.get().get_absolute_url()
        again = client.post("/monitor/sources/new/", {"operator": "OP-A", "name": "edge-1"})
        assert again.status_code == 409
        assert "A source of this name exists" in text_of(again)

    def test_registering_for_another_operator_is_no_choice(self, operator, other_telco, at) -> None:
        response = signed_in(operator).post("/monitor/sources/new/", {"operator": "OP-B", "name": "edge-1"})
        assert (response.status_code, Source.objects.count()) == (422, 0)


class TestRulePages:
    @pytest.mark.parametrize(("language", "words"), [("zh-hans", "正则表达式"), ("en", "Regular expression")])
    def test_a_rule_left_out_says_why_in_the_readers_words(self, analyst: Account, language: str, words: str) -> None:
        rule = make_rule(rejected="regex: look-behind is not possible in linear time")
        for address in ("/monitor/rules/?rejected=yes", rule.get_absolute_url()):
            assert words in text_of(signed_in(analyst, language).get(address))

    def test_switching_off_asks_why_and_switching_on_brings_it_back(self, rules, analyst: Account, at) -> None:
        rule, client = RuleRecord.objects.get(), signed_in(analyst)
        address = f"{rule.get_absolute_url()}switch/"
        assert client.post(address, {"reason": ""}).status_code == 422
        for reason, on in (("noise", False), ("tuned", True)):
            client.post(address, {"reason": reason})
            rule.refresh_from_db()
            assert rule.is_enabled is on
        assert "noise" in text_of(client.get(rule.get_absolute_url()))

    def test_several_are_switched_off_at_once(self, analyst: Account, at: datetime) -> None:
        rows = [make_rule(), make_rule()]
        given = {"_bulk": "disable", "pk": [row.pk for row in rows], "_confirmed": "1", "reason": "noise"}
        signed_in(analyst).post("/monitor/rules/", given)
        assert not RuleRecord.objects.filter(is_enabled=True).exists()

    def test_whoever_only_reads_has_no_switch(self, rules: None, national: Account) -> None:
        rule = RuleRecord.objects.get()
        assert signed_in(national).get(f"{rule.get_absolute_url()}switch/").status_code == 403
        assert "/switch/" not in text_of(signed_in(national).get(rule.get_absolute_url()))


class TestPanels:
    @pytest.mark.parametrize("name", ["monitor-operator-alerts", "monitor-operator-sources"])
    def test_an_operators_page_shows_its_alerts_and_sources(
        self, scanned: Batch, national: Account, other_operator: Account, telco: Organisation, name: str
    ) -> None:
        address = f"/ui/panels/registry.operator/{name}/{telco.pk}/"
        shown = text_of(signed_in(national).get(address))
        assert "Whoami run" in shown or "edge-a" in shown
        assert signed_in(other_operator).get(address).status_code == 404


class TestCoverageOfTime:
    def test_a_recent_alert_is_counted_on_its_own_day(self, telco: Organisation, operator: Account, at) -> None:
        from bastide.monitor import reads

        make_alert(telco, first_seen=at - timedelta(hours=10))  # 02:00 in Beijing, still the 16th there
        days = dict(reads.alerts_by_day(operator, at=at))
        assert days["2026-06-16"] == {"high": 1}
        assert len(days) == 30


def test_quarantine_is_read_in_line_order(source: Source, house: Account, at: datetime) -> None:
    receipt = flows.take_batch(source, b"x\n{}\ny\n", by=house, at=at)
    assert [(one.line, one.code) for one in lake.quarantine_of("edge-a", receipt.batch.sha256)] == [
        (0, "json"),
        (2, "json"),
    ]


class TestOverviews:
    def test_the_same_rule_at_several_operators_is_a_pattern_for_the_authority_alone(
        self, telco, other_telco, analyst, operator, at
    ) -> None:
        rule = make_rule(title="Spray")
        for organisation, host in ((telco, "A"), (telco, "B"), (other_telco, "C")):
            make_alert(organisation, rule=rule, host=host, first_seen=at, last_seen=at)
        make_alert(telco, rule=make_rule(title="Alone"), first_seen=at, last_seen=at)
        make_alert(other_telco, state="false_positive", rule=(judged := make_rule(title="Judged")), last_seen=at)
        make_alert(telco, rule=judged, last_seen=at)
        text = text_of(signed_in(analyst).get("/monitor/across/"))
        assert "Spray" in text
        assert "Alone" not in text
        assert "Judged" not in text
        assert telco.name in text
        assert other_telco.name in text
        assert signed_in(operator).get("/monitor/across/").status_code == 403

    def test_the_matrix_counts_rules_and_names_those_that_cannot_fire(self, telco, analyst, house, at, rules) -> None:
        page = text_of(signed_in(analyst).get("/monitor/coverage/"))
        assert "T1033" in page
        assert "No source has sent an event yet" in page
        source = make_source(telco)
        flows.take_batch(source, ndjson({"Nothing": "of use", "deep": {"er": 1}}), by=house, at=at)
        source.refresh_from_db()
        assert source.fields == ["Nothing", "deep.er"]
        page = text_of(signed_in(analyst).get("/monitor/coverage/"))
        assert "No active source has sent any of the fields" in page
        flows.take_batch(source, ndjson(event()), by=house, at=at)
        page = text_of(signed_in(analyst).get("/monitor/coverage/"))
        assert "Every rule in force looks at a field that some source sends" in page


class TestPreview:
    def read(self, account: Account, text: str, **more: str) -> str:
        return text_of(signed_in(account).post("/monitor/preview/", {"text": text, **more}))

    def test_lines_are_shown_as_they_would_be_read_and_nothing_is_kept(self, analyst, house, at, rules) -> None:
        page = self.read(analyst, ndjson(event(), b"broken").decode())
        for words in ("ndjson", "WS1", "Whoami run", "Not JSON", "Image"):
            assert words in page
        page = self.read(analyst, "<34>1 2026-06-16T02:14:15.003Z host1 sshd 8710 ID47 - Failed password for root")
        for words in ("syslog", "host1", "Failed password"):
            assert words in page
        assert not Batch.objects.exists()

    def test_what_is_no_log_is_said(self, operator) -> None:
        assert "Not JSON" in self.read(operator, "x")
        answer = signed_in(operator).post("/monitor/preview/", {"text": "PAR1" + "x" * 100})
        assert answer.status_code == 422
        assert "Parquet" in text_of(answer)
