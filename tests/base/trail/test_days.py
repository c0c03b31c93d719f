"""The root of a day: printed, hung on a wall, and compared with the chain later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from bastide.base.people.models import Account
from bastide.base.trail import days, guards, proof, seals
from bastide.base.trail.models import Entry, Leaf, Seal
from bastide.cli import app
from tests.base.trail.test_seals import enter

pytestmark = pytest.mark.django_db
FIRST, SECOND = date(2026, 6, 16), date(2026, 6, 17)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BASTIDE_HOME, settings.BASTIDE_TRAIL_KEY = tmp_path, ""
    monkeypatch.setattr(seals, "BATCH", 4)


@pytest.fixture
def two_days(at: datetime) -> None:
    """Ten entries on the first day, two on the second, which begins at 16:00 UTC."""
    for count, when in ((10, at), (2, datetime(2026, 6, 16, 16, 0, tzinfo=UTC))):
        enter(count, when)
        seals.seal_waiting(at=when, after=0)


def verify(*words: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["trail", "verify", *words])
    return told.exit_code, told.output


class TestRoot:
    def test_it_is_the_hash_of_the_days_last_seal(self, two_days: None, at: datetime) -> None:
        root = days.root_of(FIRST, at=at)
        assert root is not None
        assert (root.seal.number, root.seals, root.first, root.seal.last, root.entries) == (3, 3, 1, 10, 10)
        assert root.hash == proof.seal_hash(Seal.objects.get(number=3).signed)
        assert (root.before, root.is_over) == (None, False)

    def test_the_next_day_names_it(self, two_days: None, at: datetime) -> None:
        root, before = days.root_of(SECOND, at=at + timedelta(days=2)), days.root_of(FIRST, at=at)
        assert root is not None
        assert before is not None
        assert (root.hash_before, root.day_before, root.is_over) == (before.hash, FIRST, True)
        assert root.seal.previous == before.hash

    def test_a_day_without_seals_has_none(self, two_days: None, at: datetime) -> None:
        assert days.root_of(date(2026, 6, 15), at=at) is None
        assert days.neighbours(FIRST) == (None, SECOND)
        assert days.neighbours(SECOND) == (FIRST, None)


class TestCompare:
    def printed(self, day: date, at: datetime) -> str:
        root = days.root_of(day, at=at)
        assert root is not None
        return root.hash

    @pytest.mark.parametrize(
        "typed", [str, str.upper, lambda text: " ".join(days.grouped(text)), lambda text: f"3:{text}"]
    )
    def test_the_printed_one_is_known_however_it_is_typed(
        self, typed: Callable[[str], str], two_days: None, at: datetime
    ) -> None:
        code, said = verify("--root", "2026-06-16", typed(self.printed(FIRST, at)))
        assert (code, "THE PRINTED ROOT" in said) == (0, True)

    def test_one_printed_before_the_day_was_over_is_in_the_chain(self, two_days: None) -> None:
        early = proof.seal_hash(Seal.objects.get(number=2).signed)
        code, said = verify("--root", "2026-06-16", early)
        assert (code, "IN THE CHAIN: it is seal 2" in said) == (0, True)

    @pytest.mark.parametrize("day", ["2026-06-17", "2026-06-15"])
    def test_that_of_another_day_is_not(self, day: str, two_days: None, at: datetime) -> None:
        code, said = verify("--root", day, self.printed(FIRST, at))
        assert (code, "NOT IN THE CHAIN" in said) == (1, True)

    def test_a_history_sealed_anew_is_whole_and_yet_found(self, two_days: None, at: datetime, tmp_path: Path) -> None:
        """By somebody who owns the database, the key and the data folder."""
        printed = self.printed(FIRST, at)
        guards.take_down(connection)
        Leaf.objects.all()._raw_delete("default")
        Seal.objects.all()._raw_delete("default")
        (tmp_path / "trail-mark.json").unlink()
        Entry.objects.filter(note="事 3").update(note="nothing happened")
        seals.seal_waiting(at=at, after=0)
        assert seals.verify().faults == []
        code, said = verify("--root", "2026-06-16", printed)
        assert (code, "NOT IN THE CHAIN" in said) == (1, True)

    def test_what_is_no_root_is_said(self, two_days: None) -> None:
        assert verify("--root", "2026-06-16", "abc")[0] == 1
        assert "64 digits" in verify("--root", "2026-06-16", "abc")[1]
        assert verify("--root", "yesterday", "ab" * 32)[0] == 2


class TestPage:
    @pytest.mark.parametrize(("language", "words"), [("en", "Root of the day"), ("zh-hans", "当日根值")])
    def test_it_shows_the_root_in_groups(
        self, language: str, words: str, two_days: None, at: datetime, auditor: Account, client: Client
    ) -> None:
        client.force_login(auditor)
        client.cookies["django_language"] = language
        text = client.get(reverse("ui:trail_root", args=["2026-06-16"])).content.decode()
        root = days.root_of(FIRST, at=at)
        assert root is not None
        assert words in text
        assert all(f"<span>{group}</span>" in text for group in days.grouped(root.hash))
        assert reverse("ui:trail_root", args=["2026-06-17"]) in text

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_the_pdf_is_a_pdf_of_one_page(
        self, language: str, two_days: None, auditor: Account, client: Client
    ) -> None:
        client.force_login(auditor)
        client.cookies["django_language"] = language
        answer = client.get(reverse("ui:trail_root_pdf", args=["2026-06-16"]))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert answer.content.count(b"/Type /Page\n") + answer.content.count(b"/Type/Page/") <= 1

    @pytest.mark.parametrize("day", ["2026-06-15", "x", "2026-13-01", "99999-01-01", "0001-01-01", "9999-12-31"])
    def test_a_day_without_a_root_is_not_there(
        self, day: str, two_days: None, auditor: Account, client: Client
    ) -> None:
        client.force_login(auditor)
        assert client.get(f"/ui/trail/roots/{day}/").status_code == 404

    def test_a_leader_who_may_not_export_is_refused(self, two_days: None, national: Account, client: Client) -> None:
        client.force_login(national)
        assert client.get("/ui/trail/roots/2026-06-16/").status_code == 403
        assert client.get("/ui/trail/roots/2026-06-16/root.pdf").status_code == 403
