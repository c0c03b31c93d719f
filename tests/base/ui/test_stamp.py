"""Exports of guarded rows: purpose, quota, watermark, and the way from a file back to who took it."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.trail.models import Entry
from bastide.base.ui.tables import stamp
from bastide.cli import app
from tests.base.ui.test_tables import body

PURPOSE = "review of the night shift"


@pytest.fixture
def entries(auditor: Account, national: Account, at: datetime) -> None:
    for place in range(6):
        ledger.record(at=at, by=national, act="test.done", thing=national, note=f"=note {place}")


def export(client: Client, account: Account, kind: str = "csv", *, purpose: str = PURPOSE, **given: str) -> Any:
    """The trail as a file: the page asks for a purpose, then gives the file."""
    client.force_login(account)
    client.cookies["django_language"] = "en"
    address = f"{reverse('ui:trail_list')}?export={kind}&" + "&".join(f"{k}={v}" for k, v in given.items())
    asked = client.get(address)
    if asked.status_code == 200 and b"classified" in asked.content:
        said = {"key": "trail.entry:list", "next": address, "purpose": purpose, "label": "x"}
        return client.get(client.post(reverse("ui:purpose"), said)["Location"])
    return asked


def taken(account: Account) -> Entry:
    return Entry.objects.filter(act="export", account=account).latest("pk")


class TestPurpose:
    def test_the_trail_leaves_only_for_a_purpose(self, entries, auditor, client: Client) -> None:
        client.force_login(auditor)
        client.cookies["django_language"] = "en"
        assert b"stated purpose" in client.get(f"{reverse('ui:trail_list')}?export=csv").content
        assert not Entry.objects.filter(act="export").exists()

    def test_the_export_is_an_entry_with_purpose_and_rows(self, entries, auditor, client: Client) -> None:
        export(client, auditor, who="national")
        entry = taken(auditor)
        assert (entry.purpose, entry.changes, entry.kind) == (PURPOSE, {"rows": [None, 6]}, "trail.entry")
        assert entry.number.startswith("OUT-2026-")

    def test_whoever_may_only_read_the_trail_exports_nothing(self, entries, national, client: Client) -> None:
        response = export(client, national)
        assert response.status_code == 403
        assert b"export=csv" not in client.get(reverse("ui:trail_list")).content


class TestQuota:
    def test_rows_beyond_the_quota_of_the_day_are_refused(self, entries, auditor, settings, client: Client) -> None:
        settings.BASTIDE_EXPORT_ROWS = 8
        assert export(client, auditor, who="national").status_code == 200
        refused = export(client, auditor, who="national")
        assert refused.status_code == 409
        assert b"6 rows; of your 8 rows" in refused.content
        assert b"2 are left" in refused.content
        assert Entry.objects.filter(act="export").count() == 1

    def test_rows_are_counted_to_the_last_however_far_a_list_counts(
        self, entries, auditor, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bastide.base.ui.tables.counting.FAR", 3)
        export(client, auditor, who="national")
        assert taken(auditor).changes == {"rows": [None, 6]}

    def test_the_next_day_begins_anew(self, entries, auditor, settings, client: Client, at: datetime) -> None:
        settings.BASTIDE_EXPORT_ROWS = 8
        export(client, auditor, who="national")
        client.logout()  # a session does not live as long
        with terms.frozen(at + timedelta(days=1)):
            assert export(client, auditor, who="national").status_code == 200


class TestWatermark:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_a_file_leads_back_to_who_took_it(self, kind, entries, auditor, client: Client, tmp_path: Path) -> None:
        file = tmp_path / f"leaked.{kind}"
        file.write_bytes(body(export(client, auditor, kind)))
        told = CliRunner().invoke(app, ["trail", "trace", str(file)])
        assert told.exit_code == 0
        for words in (taken(auditor).number, "auditor", PURPOSE, "fingerprint right"):
            assert words in told.output
        by_number = CliRunner().invoke(app, ["trail", "trace", taken(auditor).number])
        assert (by_number.exit_code, PURPOSE in by_number.output) == (0, True)

    def test_the_rows_stand_above_it_unchanged(self, entries, auditor, client: Client) -> None:
        data = body(export(client, auditor, "xlsx", who="national", cols="note"))
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        assert [row[0] for row in rows[1:7]] == [f"=note {place}" for place in range(6)][::-1]
        assert PURPOSE in rows[-2][0]
        assert PURPOSE in zipfile.ZipFile(io.BytesIO(data)).read("docProps/core.xml").decode()

    def test_a_number_put_on_somebody_else_is_found_out(self, entries, auditor, client: Client) -> None:
        text = body(export(client, auditor)).decode()
        number = taken(auditor).number
        [right] = stamp.trace(text)
        assert (right.number, right.is_ours) == (number, True)
        [forged] = stamp.trace(f"{number} {'0000-' * 7}0000")
        assert forged.is_ours is False
        [bare] = stamp.trace(f"see {number}")
        assert bare.is_ours is None
        [unknown] = stamp.trace("OUT-1999-000001")
        assert unknown.entry is None

    def test_a_file_without_a_mark_is_said_to_have_none(self, db: None, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_text("a,b\n")
        assert CliRunner().invoke(app, ["trail", "trace", str(tmp_path / "x.csv")]).exit_code == 1
        assert CliRunner().invoke(app, ["trail", "trace", str(tmp_path / "no.csv")]).exit_code == 2


class TestFilters:
    @pytest.mark.parametrize(
        ("given", "rows"),
        [("who=national", 6), ("who=nation", 0), ("act=read", 1), ("purpose=night", 1), ("number=none", 0)],
    )
    def test_by_who_what_and_why(self, given, rows, entries, auditor, client: Client, at: datetime) -> None:
        ledger.saw(at=at, by=auditor, thing=auditor, purpose=PURPOSE)
        client.force_login(auditor)
        response = client.get(f"{reverse('ui:trail_list')}?{given}")
        assert response.context["table"].total == rows
