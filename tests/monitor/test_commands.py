"""`bastide rules add` and `bastide ingest`: what they print, keep and answer with."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from bastide.base import jobs
from bastide.base.people.models import Account, Organisation
from bastide.cli import app
from bastide.engines.detect.rules import contents
from bastide.monitor import lake
from bastide.monitor.models import Alert, Batch, RuleRecord, Source
from tests.monitor.makers import RULE, event, make_source, ndjson

pytestmark = pytest.mark.django_db


def bastide(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def collector(telco: Organisation, house: Account, at: datetime) -> Source:
    return make_source(telco, name="edge-a")


class TestRulesAdd:
    def test_it_says_what_was_added_and_what_is_not_evaluated_and_why(self, house: Account, tmp_path: Path) -> None:
        (tmp_path / "good.yml").write_text(RULE)
        (tmp_path / "bad.yml").write_text(RULE.replace("11111111-1", "22222222-2").replace("endswith", "re|x"))
        done = bastide("rules", "add", tmp_path)
        assert done.exit_code == 0
        assert "rules: 1 added, 0 changed, 0 unchanged, 1 not evaluated" in done.stdout
        assert "bad.yml:1: " in done.stderr
        assert RuleRecord.objects.exclude(rejected="").get().path.endswith("bad.yml")

    def test_again_changes_nothing(self, house: Account, tmp_path: Path) -> None:
        (tmp_path / "good.yml").write_text(RULE)
        bastide("rules", "add", tmp_path)
        assert "0 added, 0 changed, 1 unchanged, 0 not evaluated" in bastide("rules", "add", tmp_path).stdout

    @pytest.mark.parametrize("place", ["", "nowhere.yml"])
    def test_without_rules_it_could_not_start(self, house: Account, tmp_path: Path, place: str) -> None:
        done = bastide("rules", "add", tmp_path / place)
        assert (done.exit_code, done.stderr.startswith("bastide: ")) == (1, True)

    def test_a_rule_that_was_mended_is_no_longer_listed_as_left_out(self, house: Account, tmp_path: Path) -> None:
        path = tmp_path / "rule.yml"
        path.write_text(RULE.replace("condition: selection", "condition: nothing"))
        bastide("rules", "add", path)
        path.write_text(RULE)
        bastide("rules", "add", path)
        assert not RuleRecord.objects.exclude(rejected="").exists()


@pytest.mark.usefixtures("rules")
class TestIngest:
    def test_it_prints_a_receipt_and_evaluates(self, collector: Source, tmp_path: Path) -> None:
        path = tmp_path / "events.ndjson.gz"
        path.write_bytes(gzip.compress(ndjson(event(), event())))
        done = bastide("ingest", path, "--source", "edge-a")
        batch = Batch.objects.get()
        assert done.exit_code == 0, done.output
        assert done.stdout == (
            f"events.ndjson.gz: {batch.number} received: 2 accepted, 0 quarantined, 2 matches, sha256 {batch.sha256}\n"
        )
        assert Alert.objects.get().count == 2

    def test_again_it_says_so_and_changes_nothing(self, collector: Source, tmp_path: Path) -> None:
        path = tmp_path / "events.ndjson"
        path.write_bytes(ndjson(event()))
        bastide("ingest", path, "-s", "edge-a")
        done = bastide("ingest", path, "-s", "edge-a")
        assert (done.exit_code, "was here before: 1 accepted" in done.stdout) == (0, True)
        assert (Batch.objects.count(), Alert.objects.get().count) == (1, 1)

    def test_lines_in_quarantine_are_named_and_the_exit_code_is_3(self, collector: Source, tmp_path: Path) -> None:
        path = tmp_path / "events.ndjson"
        path.write_bytes(ndjson(event(), b"oops"))
        done = bastide("ingest", path, "-s", "edge-a")
        assert done.exit_code == 3
        assert "  quarantined line 1: json: not JSON" in done.stdout

    def test_a_refused_file_does_not_stop_the_others_and_the_exit_code_is_1(
        self, collector: Source, tmp_path: Path
    ) -> None:
        for name, content in (("a.ndjson", b"\n"), ("b.ndjson", ndjson(event())), ("d.ndjson.gz", b"\x1f\x8b no")):
            (tmp_path / name).write_bytes(content)
        names = [tmp_path / name for name in ("a.ndjson", "b.ndjson", "missing.ndjson", "d.ndjson.gz")]
        done = bastide("ingest", *names, "-s", "edge-a")
        assert done.exit_code == 1
        assert done.stdout.count(": refused: ") == 3
        assert Batch.objects.get().file == "b.ndjson"

    def test_an_unknown_source_could_not_start_and_names_the_known(self, collector: Source, tmp_path: Path) -> None:
        done = bastide("ingest", tmp_path / "x", "-s", "nobody")
        assert done.exit_code == 1
        assert "no source is called 'nobody' (registered: edge-a)" in done.stderr

    def test_later_leaves_the_evaluation_to_the_worker(self, collector: Source, tmp_path: Path) -> None:
        path = tmp_path / "events.ndjson"
        path.write_bytes(ndjson(event()))
        done = bastide("ingest", path, "-s", "edge-a", "--later")
        assert "waits for the worker" in done.stdout
        jobs.work_once()
        assert Batch.objects.get().state == "scanned"

    def test_matches_are_written_out(self, collector: Source, tmp_path: Path) -> None:
        path, out = tmp_path / "events.ndjson", tmp_path / "matches.ndjson"
        path.write_bytes(ndjson(event("x"), event()))
        bastide("ingest", path, "-s", "edge-a", "--out", out)
        (match,) = [json.loads(line) for line in out.read_text().splitlines()]
        assert (match["line"], match["rule_id"]) == (1, "11111111-1111-4111-8111-111111111111")


# ---- equality with the oracle

DATASETS = [
    "windows/otrf-msf_record_mic_2020-06-09225055.ndjson.gz",
    "windows/otrf-cmd_psexec_lsa_secrets_dump_2020-10-1903305471.ndjson.gz",
    "windows/otrf-cmd_sharpview_pcre_net_2020-10-2920232423.ndjson.gz",
]


def oracle(folder: Path) -> dict[str, set[tuple[int, str]]]:
    columns = ["dataset", "line", "rule_id"]
    rows = pq.read_table(folder / "oracle/matches.parquet", columns=columns, filters=[("dataset", "in", DATASETS)])
    found: dict[str, set[tuple[int, str]]] = {name: set() for name in DATASETS}
    for row in rows.to_pylist():
        found[row["dataset"]].add((row["line"], row["rule_id"]))
    return found


def firing(folder: Path, wanted: set[str], place: Path) -> Path:
    """The rules that fire on these datasets, and as many neighbours that must not, unpacked."""
    (archive,) = (folder / "rules").glob("*.tar.gz")
    for position, (name, content) in enumerate(contents(archive)):
        if position % 20 == 0 or any(f"id: {one}".encode() in content for one in wanted):
            path = place / name.replace("/", "_").replace(":", "_")
            path.write_bytes(content)
    return place


def ingested(folder: Path) -> dict[str, set[tuple[int, str]]]:
    done = bastide("ingest", *[folder / name for name in DATASETS], "-s", "edge-a")
    assert done.exit_code == 0, done.output
    by_file = {batch.file: batch for batch in Batch.objects.all()}
    return {name: set(lake.matches_of("edge-a", by_file[Path(name).name].sha256)) for name in DATASETS}


class TestOracle:
    """Real attack logs through the commands: the lake holds exactly the matches of the oracle."""

    def test_the_rules_that_fire(self, collector: Source, shared_data: Path, tmp_path: Path) -> None:
        folder = shared_data / "detect"
        expected = oracle(folder)
        place = tmp_path / "rules"
        place.mkdir()
        rules = firing(folder, {rule for pairs in expected.values() for _line, rule in pairs}, place)
        assert bastide("rules", "add", rules).exit_code == 0
        assert ingested(folder) == expected
        self.check_alerts(expected)

    @pytest.mark.everything
    def test_the_whole_tree(self, collector: Source, shared_data: Path) -> None:
        folder = shared_data / "detect"
        (archive,) = (folder / "rules").glob("*.tar.gz")
        assert bastide("rules", "add", archive).exit_code == 0
        assert RuleRecord.objects.filter(rejected="").count() > 3700
        assert ingested(folder) == oracle(folder)

    def check_alerts(self, expected: dict[str, set[tuple[int, str]]]) -> None:
        """Every match is counted in exactly one alert, and every alert shows why."""
        total = sum(len(pairs) for pairs in expected.values())
        alerts = list(Alert.objects.all())
        assert sum(alert.count for alert in alerts) == total > 50
        evidence: list[dict[str, Any]] = [row for alert in alerts for row in alert.evidence]
        assert evidence
        assert all(row["fields"] for row in evidence)
