"""`bastide detect` from the outside: what it prints, where it writes, how it ends."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bastide.cli import app

from ...conftest import ROOT
from .makers import rule_text

EVENTS = [
    {"SystemTime": "2026-06-16T04:00:00.5Z", "sigma_product": "linux", "A": "hay"},
    {"SystemTime": "2026-06-16T04:00:01+08:00", "sigma_product": "linux", "A": "a needle", "B": 1},
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with rules/good.yml, rules/bad.yml and events.ndjson.gz."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "good.yml").write_text(rule_text("s: {A|contains: needle}\ncondition: s"))
    (tmp_path / "rules" / "bad.yml").write_text(rule_text("s: {A|re: 'a(?=b)'}\ncondition: s"))
    lines = [json.dumps(event) for event in EVENTS]
    (tmp_path / "events.ndjson.gz").write_bytes(gzip.compress("\n".join([*lines, "{broken"]).encode()))
    (tmp_path / "sound.ndjson").write_text("\n".join(lines))
    return tmp_path


def run(place: Path, *words: str) -> tuple[int, list[dict[str, object]], str]:
    """Exit code, printed matches, standard error."""
    done = CliRunner().invoke(app, ["detect", *words, "--cache", str(place / "cache")], env={"COLUMNS": "300"})
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


class TestMatches:
    def test_each_is_one_line_with_what_people_need(self, place: Path) -> None:
        code, (found,), _ = run(place, str(place / "sound.ndjson"), "--rules", str(place / "rules"))
        assert code == 0
        assert list(found) == ["rule_id", "file", "line", "time", "level", "title", "fields"]
        assert (found["file"], found["line"]) == (str(place / "sound.ndjson"), 1)
        assert (found["time"], found["level"], found["title"]) == ("2026-06-15T20:00:01Z", "high", "A test")
        assert found["fields"] == {"A": "a needle"}

    def test_they_go_to_a_file_if_one_is_named(self, place: Path) -> None:
        out = place / "out.ndjson"
        code, printed, _ = run(place, str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--out", str(out))
        assert (code, printed, len(out.read_text().splitlines())) == (0, [], 1)

    def test_they_may_be_parquet(self, place: Path) -> None:
        out = place / "out.parquet"
        words = [str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--out", str(out), "--format", "parquet"]
        assert run(place, *words)[0] == 0
        (row,) = pq.read_table(out).to_pylist()
        assert (row["line"], row["title"], json.loads(row["fields"])) == (1, "A test", {"A": "a needle"})
        assert row["time"] == datetime(2026, 6, 15, 20, 0, 1, tzinfo=UTC)

    def test_parquet_needs_a_file(self, place: Path) -> None:
        words = [str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--format", "parquet"]
        assert run(place, *words)[0] == 2

    def test_the_format_of_inputs_may_be_said(self, place: Path) -> None:
        code, found, _ = run(
            place, str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--input-format", "ndjson"
        )
        assert (code, len(found)) == (0, 1)
        assert run(place, str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--input-format", "x")[0] == 2

    def test_a_pipeline_that_is_none_is_said(self, place: Path) -> None:
        (place / "p.yml").write_text("transformations: [{type: nonsense}]")
        words = [str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--pipeline", str(place / "p.yml")]
        code, _, said = run(place, *words)
        assert code == 1
        assert "p.yml is no pipeline" in said

    def test_several_files_keep_their_own_lines(self, place: Path) -> None:
        files = [str(place / "sound.ndjson"), str(place / "events.ndjson.gz")]
        _, found, _ = run(place, *files, "--rules", str(place / "rules" / "good.yml"))
        assert [(each["file"], each["line"]) for each in found] == [(file, 1) for file in files]

    def test_a_summary_counts_by_rule(self, place: Path) -> None:
        _, _, told = run(place, str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--summary")
        assert "A test" in told
        assert "2 events, 1 rules: 1 matches of 1 rules; 0 events and 1 rules left out" in told


class TestLeftOut:
    def test_a_rule_left_out_is_named_with_file_line_and_reason(self, place: Path) -> None:
        listed = place / "rejected.ndjson"
        words = ["--rules", str(place / "rules"), "--rejected", str(listed)]
        code, _, told = run(place, str(place / "sound.ndjson"), *words)
        assert code == 0
        assert "rule left out: bad.yml:1: regular expression 'a(?=b)' needs look-ahead" in told
        assert json.loads(listed.read_text())["code"] == "regex"

    def test_strict_makes_it_an_exit_code(self, place: Path) -> None:
        assert run(place, str(place / "sound.ndjson"), "--rules", str(place / "rules"), "--strict")[0] == 3

    def test_an_event_left_out_is_named_and_makes_an_exit_code(self, place: Path) -> None:
        aside = place / "aside.ndjson"
        words = ["--rules", str(place / "rules"), "--quarantine", str(aside)]
        code, found, told = run(place, str(place / "events.ndjson.gz"), *words)
        assert (code, len(found)) == (3, 1)
        assert "events.ndjson.gz, line 2: not JSON" in told
        assert json.loads(aside.read_text())["line"] == 2


class TestRefuse:
    def test_a_file_that_is_not_there(self, place: Path) -> None:
        code, _, told = run(place, str(place / "gone.ndjson"), "--rules", str(place / "rules"))
        assert code == 1
        assert "No such file" in told

    def test_a_folder_without_rules(self, place: Path) -> None:
        (place / "empty").mkdir()
        code, _, told = run(place, str(place / "sound.ndjson"), "--rules", str(place / "empty"))
        assert code == 1
        assert "no rule files" in told

    def test_a_placeholder_written_wrongly(self, place: Path) -> None:
        words = ["--rules", str(place / "rules"), "--placeholder", "admins"]
        assert run(place, str(place / "sound.ndjson"), *words)[0] == 2


def test_the_engine_runs_by_itself(place: Path) -> None:
    command = [sys.executable, "-m", "bastide.engines.detect", "-", "--rules", str(place / "rules" / "good.yml")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    events = (place / "sound.ndjson").read_bytes()
    done = subprocess.run(
        [*command, "--cache", str(place / "cache")], input=events, capture_output=True, timeout=60, check=True, env=env
    )
    assert json.loads(done.stdout)["line"] == 1


class TestCheck:
    def test_it_tells_what_is_evaluated_and_what_not(self, place: Path) -> None:
        words = ["rules", "check", str(place / "rules"), "--cache", str(place / "cache")]
        done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
        assert done.exit_code == 3
        rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
        assert ["over single events", "1"] in rows
        assert ["left out: regex", "1"] in rows
        assert ["contains", "1", "1"] in rows
        assert ["re", "1", "0"] in rows
        assert "bad.yml:1: regex:" in done.stdout

    def test_all_good_is_zero_and_no_rules_is_one(self, place: Path) -> None:
        good = CliRunner().invoke(
            app, ["rules", "check", str(place / "rules" / "good.yml"), "--cache", str(place / "c")]
        )
        assert good.exit_code == 0
        (place / "none").mkdir()
        assert (
            CliRunner().invoke(app, ["rules", "check", str(place / "none"), "--cache", str(place / "c")]).exit_code == 1
        )
