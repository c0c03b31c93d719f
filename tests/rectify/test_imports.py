"""Findings out of files: judged without a trace, recorded once, and never told to whom they do not concern."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from typer.testing import CliRunner

from bastide.base.flow import Forbidden, Refused
from bastide.base.jobs import work
from bastide.base.jobs.models import Job
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import seals
from bastide.base.trail.models import Entry
from bastide.cli import app
from bastide.rectify import flows, intake, reads
from bastide.rectify.flows import imports
from bastide.rectify.models import Finding, FindingImport, FindingImportRow
from tests.rectify.makers import make_finding
from tests.registry.makers import make_unit

pytestmark = pytest.mark.django_db
ROW = {
    "operator": "OP-A", "title": "默认口令", "severity": "high", "clause": "CIIR 15", "source": "scanner-1",
    "external_id": "S-1", "found_at": "2026-06-01 08:30",
}  # fmt: skip


def rows(*changes: dict[str, Any]) -> bytes:
    return b"".join(json.dumps({**ROW, **change}).encode() + b"\n" for change in changes)


def sheet(*changes: dict[str, Any], heads: list[str] | None = None) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(heads or list(ROW))
    for change in changes:
        writer.writerow([{**ROW, **change}.get(name, "") for name in ROW])
    return buffer.getvalue().encode()


def upload(data: bytes, by: Account, at: datetime, **given: Any) -> FindingImport:
    return flows.upload_findings(by=by, at=at, file_name="scan.ndjson", data=data, **given)


def recorded(data: bytes, by: Account, at: datetime, **given: Any) -> FindingImport:
    return flows.commit_findings(upload(data, by, at, **given), by=by, at=at)


def verdicts(thing: FindingImport) -> list[str]:
    return list(thing.rows.values_list("verdict", flat=True))


class TestReading:
    def test_csv_xlsx_and_ndjson_say_the_same(self, telco: Organisation) -> None:
        buffer = io.BytesIO()
        book = xlsxwriter.Workbook(buffer, {"in_memory": True})
        page = book.add_worksheet()
        page.write_row(0, 0, list(ROW))
        page.write_row(1, 0, list(ROW.values()))
        book.close()
        for data in (rows({}), sheet({}), buffer.getvalue(), sheet({}).decode().encode("gb18030")):
            assert [line.cells for line in intake.read(data).lines] == [ROW]

    def test_headings_in_chinese_and_unknown_columns(self) -> None:
        heads = ["运营者代码 *", "标题", "严重程度", "条款", "猜猜看", "外部编号", "发现时间"]
        reading = intake.read(sheet({}, heads=heads))
        assert reading.lines[0].cells["external_id"] == "S-1"
        assert "source" not in reading.lines[0].cells
        assert reading.hints[0]["args"] == {"column": "猜猜看"}

    @pytest.mark.parametrize(
        "line",
        [b"{", b"[1]", b'"x"', b'{"a": 1', b"\xff\xfe{}", b'{"title": {"a": 1}}', b'{"title": "a\\u0000b"}', b'{"title": "a\\u0007"}'],
    )  # fmt: skip
    def test_a_line_that_cannot_be_read_is_quarantined_and_harms_no_other(
        self, line: bytes, telco: Organisation, national: Account, at: datetime
    ) -> None:
        thing = recorded(rows({}) + line + b"\n" + rows({"external_id": "S-2"}), national, at)
        assert verdicts(thing) == ["new", "bad", "new"]
        assert (thing.state, Finding.objects.count()) == ("committed", 2)

    def test_a_file_that_is_nothing(self, national: Account, at: datetime) -> None:
        for data in (b"PK\x03\x04", b"\x00\x01", b"title\nx\n"):
            assert upload(data, national, at).state == "unreadable"
        with pytest.raises(Refused):
            upload(b"", national, at)


class TestDryRun:
    def test_it_writes_nothing_but_the_report(self, telco: Organisation, national: Account, at: datetime) -> None:
        thing = upload(rows({}, {"external_id": "S-2"}, {"title": ""}), national, at)
        assert (thing.state, thing.counts) == ("checked", {"rows": 3, "new": 2, "bad": 1})
        assert not Finding.objects.exists()
        assert not Entry.objects.filter(kind="rectify.finding").exists()

    @pytest.mark.parametrize(
        ("change", "column"),
        [
            ({"operator": "OP-X"}, "operator"), ({"operator": ""}, "operator"), ({"title": "x" * 201}, "title"),
            ({"severity": "awful"}, "severity"), ({"clause": ""}, "clause"), ({"unit": "no-such"}, "unit"),
            ({"found_at": "yesterday"}, "found_at"), ({"found_at": "2027-01-01"}, "found_at"),
            ({"found_at": "0001-01-01"}, "found_at"), ({"origin": "dream"}, "origin"),
            ({"external_id": "x" * 121}, "external_id"),
        ],
    )  # fmt: skip
    def test_a_wrong_value_is_named_with_its_column(
        self, change: dict[str, Any], column: str, telco: Organisation, national: Account, at: datetime
    ) -> None:
        row = upload(rows(change), national, at).rows.get()
        assert (row.verdict, [one["field"] for one in row.problems]) == ("bad", [column])

    @pytest.mark.parametrize("found", ["2026-06-01", "2026/6/1 8:30", "2026-06-01T08:30:00+08:00", "2026-06-01T00:30Z"])
    def test_times_as_people_write_them(self, found: str, telco: Organisation, national: Account, at: datetime) -> None:
        recorded(rows({"found_at": found}), national, at)
        assert Finding.objects.get().found_at.isoformat()[:7] in {"2026-05", "2026-06"}

    def test_what_the_upload_says_stands_for_empty_cells(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        recorded(
            rows({"clause": "", "source": ""}), national, at, clause="APL 28", source="nessus", origin="assessment"
        )
        finding = Finding.objects.get()
        assert (finding.clause, finding.source_number, finding.source_kind) == ("APL 28", "nessus", "assessment")

    def test_an_operator_or_unit_out_of_sight_is_as_if_it_were_not(
        self, telco: Organisation, other_telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        unit = make_unit(other_telco)
        thing = upload(rows({"operator": other_telco.code, "unit": unit.code}, {"unit": unit.code}), provincial, at)
        assert verdicts(thing) == ["bad", "bad"]
        told = thing.rows.first().problems[0]  # type: ignore[union-attr]
        assert told == upload(rows({"operator": "NONE"}), provincial, at).rows.get().problems[0] | {
            "args": told["args"]
        }


class TestRecording:
    def test_findings_get_numbers_entries_and_all_that_was_said(
        self, telco: Organisation, national: Account, at: datetime, tmp_path: Any, settings: Any
    ) -> None:
        settings.BASTIDE_HOME, settings.BASTIDE_TRAIL_KEY = tmp_path, ""
        unit = make_unit(telco)
        thing = recorded(rows({"unit": unit.code}, {"external_id": "S-2", "unit": unit.number}), national, at)
        first, second = Finding.objects.order_by("pk")
        assert (first.number, second.number) == ("FND-2026-000001", "FND-2026-000002")
        assert (first.unit, first.state, first.severity, first.external_id) == (unit, "open", "high", "S-1")
        assert thing.counts == {"rows": 2, "new": 2, "recorded": 2}
        entries = Entry.objects.filter(act="rectify.finding.record").order_by("pk")
        assert [(e.number, e.organisation, e.account, e.note) for e in entries] == [
            (one.number, telco, national, thing.number) for one in (first, second)
        ]
        one = flows.record(
            by=national, at=at, operator=telco, clause="X 1", severity="high", title="t", text="t", source_kind="other"
        )
        assert one.number == "FND-2026-000003"
        by_hand = Entry.objects.get(thing_id=one.pk, kind="rectify.finding")
        bulk = entries[0]
        assert set(bulk.changes) >= set(by_hand.changes)
        assert (bulk.now, bulk.area, bulk.on_behalf) == (by_hand.now, by_hand.area, by_hand.on_behalf)
        seals.seal_waiting(at=at, after=0)
        assert seals.verify().faults == []

    def test_a_finding_at_critical_infrastructure_is_marked(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        unit = make_unit(telco, is_cii=True, cii_reason="x")
        recorded(rows({"unit": unit.code}), national, at)
        assert Finding.objects.get().concerns_cii

    def test_what_was_closed_before_is_referred_to(self, telco: Organisation, national: Account, at: datetime) -> None:
        closed = make_finding(telco, state="closed", clause="CIIR 15")
        recorded(rows({}), national, at)
        assert Finding.objects.get(state="open").returns == closed

    def test_who_may_not_record_is_refused(self, telco: Organisation, operator: Account, at: datetime) -> None:
        with pytest.raises((Refused, Forbidden)):
            upload(rows({}), operator, at)

    def test_one_refused_row_of_many_makes_none(
        self, telco: Organisation, other_telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        """What a program error would do: a finding of an operator out of reach among others."""
        made = [
            Finding(
                operator=one, clause="x", severity="high", title="x", text="x", found_at=at, pack="cn-telecom",
                source_kind="other", pack_version="1",
            )
            for one in (telco, other_telco)
        ]  # fmt: skip
        with pytest.raises(Forbidden):
            flows.FINDING.begin_many("record", made, by=provincial, at=at)
        assert (Finding.objects.count(), Entry.objects.filter(kind="rectify.finding").count()) == (0, 0)


class TestDuplicates:
    def test_the_same_file_twice_records_nothing_more(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        data = rows({}, {"external_id": "", "title": "另一个"})
        recorded(data, national, at)
        again = upload(data, national, at)
        assert again.counts == {"rows": 2, "known": 2}
        assert again.faults[0]["args"] == {"number": "FIM-2026-000001"}
        with pytest.raises(Refused, match="No row"):
            flows.commit_findings(again, by=national, at=at)

    def test_by_identifier_though_the_title_changed(self, telco: Organisation, national: Account, at: datetime) -> None:
        recorded(rows({}), national, at)
        thing = upload(rows({"title": "Renamed by the scanner"}, {"source": "scanner-2"}), national, at)
        assert verdicts(thing) == ["known", "new"]
        assert thing.rows.get(position=0).twin == Finding.objects.get()

    def test_without_identifier_however_it_is_typed(self, telco: Organisation, national: Account, at: datetime) -> None:
        recorded(rows({"external_id": "", "title": "Default  password, SSH"}), national, at)
        same = {"external_id": "", "title": "default PASSWORD - ssh", "clause": "ciir　15"}
        assert verdicts(upload(rows(same, {**same, "title": "other"}), national, at)) == ["known", "new"]

    def test_one_recorded_by_hand_counts(self, telco: Organisation, national: Account, at: datetime) -> None:
        make_finding(telco, title="默认口令", source_number="scanner-1", clause="CIIR 15")
        assert verdicts(upload(rows({}, {"external_id": ""}), national, at)) == ["known", "known"]

    def test_two_identifiers_of_one_source_are_two_findings(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        assert verdicts(upload(rows({}, {"external_id": "S-2"}), national, at)) == ["new", "new"]

    def test_one_that_ended_is_new_again(self, telco: Organisation, national: Account, at: datetime) -> None:
        recorded(rows({}), national, at)
        flows.withdraw(Finding.objects.get(), by=national, at=at, reason="mistake")
        recorded(rows({}), national, at)
        assert list(Finding.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "open"]

    def test_a_row_that_repeats_an_earlier_one_names_it(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        thing = recorded(sheet({}, {}, {"external_id": "S-2"}), national, at)
        assert verdicts(thing) == ["new", "repeated", "new"]
        assert thing.rows.get(position=1).twin_line == 2
        assert thing.counts == {"rows": 3, "new": 2, "repeated": 1, "recorded": 2, "skipped": 1}

    def test_the_database_refuses_a_second_open_one(self, telco: Organisation, national: Account, at: datetime) -> None:
        recorded(rows({}), national, at)
        first = Finding.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            make_finding(telco, import_key=first.import_key)

    def test_one_recorded_between_dry_run_and_commit_is_skipped(
        self, telco: Organisation, national: Account, at: datetime
    ) -> None:
        mine = upload(rows({}, {"external_id": "S-2"}), national, at)
        recorded(rows({}), national, at)
        mine = flows.commit_findings(mine, by=national, at=at)
        assert (mine.counts["recorded"], mine.counts["skipped"]) == (1, 1)
        assert Finding.objects.count() == 2

    def test_one_recorded_this_very_moment_is_skipped_too(
        self, telco: Organisation, national: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody else is quicker after the register was read: the constraint tells, all is compared anew."""
        mine, piece = upload(rows({}, {"external_id": "S-2"}), national, at), imports._record_piece

        def late(*words: Any, **more: Any) -> intake.Register:
            key = intake.external_key(telco.pk, "scanner-1", "S-1")
            make_finding(telco, import_key=key, external_id="S-1", source_number="scanner-1")
            return piece(*words, **more)

        monkeypatch.setattr(imports, "_record_piece", late)
        mine = flows.commit_findings(mine, by=national, at=at)
        assert (mine.counts["recorded"], mine.counts["skipped"]) == (1, 1)


class TestReceipt:
    def test_the_number_of_a_twin_is_told_to_whom_may_see_it_alone(
        self, telco: Organisation, other_telco: Organisation, province: Organisation, national: Account,
        provincial: Account, at: datetime,
    ) -> None:  # fmt: skip
        recorded(rows({}, {"operator": other_telco.code}), national, at)
        thing = upload(rows({}, {"operator": other_telco.code}), national, at)
        FindingImport.objects.filter(pk=thing.pk).update(owner=province)
        seen = {row.position: row.seen for row in reads.rows_of(national, thing)}
        assert set(seen.values()) == set(Finding.objects.values_list("number", flat=True))
        seen = {row.position: row.seen for row in reads.rows_of(provincial, thing)}
        assert (seen[0], seen[1]) == (Finding.objects.get(operator=telco).number, None)

    def test_rows_tell_what_they_became(self, telco: Organisation, national: Account, at: datetime) -> None:
        thing = recorded(rows({}, {"external_id": "S-2"}), national, at)
        assert [row.seen for row in reads.rows_of(national, thing)] == ["FND-2026-000001", "FND-2026-000002"]


class TestSurvival:
    def many(self, count: int) -> bytes:
        return rows(*({"external_id": f"S-{n}"} for n in range(count)))

    def test_a_crash_between_two_pieces_is_taken_up(
        self, telco: Organisation, national: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imports, "PIECE", 10)
        thing = upload(self.many(35), national, at)
        flows.commit_findings(thing, by=national, at=at, at_once=False)

        def crash(done: int, total: int, words: str) -> None:
            if done >= 20:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            flows.carry_out_findings(thing, by=national, at=at, progress=crash)
        assert Finding.objects.count() == 20
        thing = flows.carry_out_findings(thing, by=national, at=at)
        assert (thing.state, thing.counts["recorded"], Finding.objects.count()) == ("committed", 35, 35)
        assert Entry.objects.filter(act="rectify.finding.record").count() == 35

    def test_a_crash_within_a_piece_leaves_nothing_of_it(
        self, telco: Organisation, national: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        thing = upload(self.many(5), national, at)
        flows.commit_findings(thing, by=national, at=at, at_once=False)
        with monkeypatch.context() as patch:
            patch.setattr(imports.FINDING, "begin_many", lambda *_a, **_b: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                flows.carry_out_findings(thing, by=national, at=at)
        assert not FindingImportRow.objects.filter(outcome="recorded").exists()
        assert flows.carry_out_findings(thing, by=national, at=at).counts["recorded"] == 5

    def test_large_files_are_the_workers(
        self, telco: Organisation, national: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imports, "CHECK_AT_ONCE", 100)
        monkeypatch.setattr(imports, "ROWS_AT_ONCE", 10)
        thing = upload(self.many(30), national, at)
        assert (thing.state, thing.counts) == ("uploaded", {})
        work.work_once(at=at)
        thing.refresh_from_db()
        assert thing.state == "checked"
        thing = flows.commit_findings(thing, by=national, at=at)
        assert thing.state == "committing"
        work.work_once(at=at)
        thing.refresh_from_db()
        assert (thing.state, Finding.objects.count()) == ("committed", 30)
        assert [job.state for job in Job.objects.filter(kind__startswith="rectify.import")] == ["done", "done"]


class TestDoors:
    @pytest.mark.parametrize(("language", "words"), [("en", "This was a dry run"), ("zh-hans", "本次为预检")])
    def test_upload_report_and_receipt_by_page(
        self, language: str, words: str, telco: Organisation, national: Account, client: Client
    ) -> None:
        client.force_login(national)
        client.cookies["django_language"] = language
        file = SimpleUploadedFile("scan.csv", sheet({}, {}, {"severity": "?"}))
        answer = client.post("/rectify/imports/upload/", {"file": file, "origin": "vulnerability"}, follow=True)
        text = answer.content.decode()
        assert words in text
        [thing] = FindingImport.objects.all()
        address = thing.get_absolute_url()
        assert client.get(f"{address}rows/").status_code == 200
        bad = client.get(f"{address}quarantined/").content.decode("utf-8-sig").splitlines()
        assert len(bad) == 2
        assert "OP-A" in bad[1]
        assert ",4," in bad[1]
        client.post(f"{address}acts/commit/", {"version": thing.version}, follow=True)
        thing.refresh_from_db()
        assert (thing.state, Finding.objects.count()) == ("committed", 1)
        assert Finding.objects.get().number in client.get(f"{address}rows/").content.decode()

    def test_the_quarantined_rows_can_be_corrected_and_sent_again(
        self, telco: Organisation, national: Account, at: datetime, client: Client
    ) -> None:
        client.force_login(national)
        thing = upload(sheet({"severity": "?", "title": "=1+1"}), national, at)
        told = client.get(f"{thing.get_absolute_url()}quarantined/").content
        assert b"'=1+1" in told
        assert upload(told.replace(b"?", b"high"), national, at).counts == {"rows": 1, "new": 1}

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_the_template_is_a_file_that_can_be_read(self, kind: str, national: Account, client: Client) -> None:
        client.force_login(national)
        data = client.get(f"/rectify/imports/template/{kind}/").content
        with pytest.raises(intake.registry.UnreadableError, match="no rows"):
            intake.read(data)

    def test_by_program(self, telco: Organisation, national: Account, client: Client) -> None:
        client.force_login(national)
        answer = client.post(
            "/api/v1/rectify/imports", {"file": SimpleUploadedFile("scan.ndjson", rows({}, {"title": ""}))}
        )
        assert answer.status_code == 201
        told = answer.json()
        assert (told["counts"], told["open_acts"]) == (
            {"rows": 2, "new": 1, "bad": 1}, ["check", "commit", "discard"],
        )  # fmt: skip
        address = f"/api/v1/rectify/imports/{told['number']}"
        done = client.post(f"{address}/acts/commit", "{}", content_type="application/json")
        assert done.status_code == 200
        lines = client.get(f"{address}/rows").json()
        assert [(line["outcome"], line["finding"]) for line in lines] == [
            ("recorded", "FND-2026-000001".replace("2026", Finding.objects.get().number[4:8])), ("quarantined", ""),
        ]  # fmt: skip

    def test_an_operator_finds_no_door(
        self, telco: Organisation, national: Account, operator: Account, at: datetime, client: Client
    ) -> None:
        thing = upload(rows({}), national, at)
        client.force_login(operator)
        assert client.get("/rectify/imports/").status_code == 403
        assert client.get(thing.get_absolute_url()).status_code == 404
        assert client.get(f"/api/v1/rectify/imports/{thing.number}").status_code == 404

    def test_another_province_finds_nothing(
        self, telco: Organisation, provincial: Account, other_provincial: Account, at: datetime, client: Client
    ) -> None:
        thing = upload(rows({}), provincial, at)
        client.force_login(other_provincial)
        assert client.get(thing.get_absolute_url()).status_code == 404
        assert client.get(f"{thing.get_absolute_url()}quarantined/").status_code == 404
        assert client.get(f"/api/v1/rectify/imports/{thing.number}/rows").status_code == 404

    def test_by_command(self, telco: Organisation, national: Account, tmp_path: Any) -> None:
        file = tmp_path / "scan.ndjson"
        file.write_bytes(rows({}, {"severity": "?"}))
        run = CliRunner().invoke
        told = run(app, ["import", "findings", str(file), "--by", national.username, "--dry-run"])
        assert (told.exit_code, Finding.objects.count()) == (3, 0)
        assert "(dry run)" in told.output
        told = run(app, ["import", "findings", str(file), "--by", national.username])
        assert (told.exit_code, Finding.objects.count()) == (3, 1)
        assert "1 recorded" in told.output
        assert run(app, ["import", "findings", str(file), "--by", "nobody-at-all"]).exit_code == 1
