"""Whatever is done to a sealed trail is found, and named with the number of the entry."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastide.base.inbox.models import Notification
from bastide.base.jobs import leases, sealing, work
from bastide.base.people.models import Account
from bastide.base.trail import guards, keys, ledger, proof, seals
from bastide.base.trail.models import Entry, Leaf, Seal

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "tools" / "verify_trail.py"
THOROUGH = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BASTIDE_HOME = tmp_path
    settings.BASTIDE_TRAIL_KEY = ""
    monkeypatch.setattr(seals, "BATCH", 4)


def enter(count: int, at: datetime) -> None:
    house = Account.objects.house()
    for place in range(count):
        ledger.record(at=at, by=house, act="test.done", thing=house, note=f"事 {place}", changes={"a": [place, None]})


@pytest.fixture
def sealed(db: None, at: datetime) -> Iterator[None]:
    """Ten entries under three seals; the guards are down, as for someone who owns the database."""
    enter(10, at)
    assert seals.seal_waiting(at=at) == 10
    guards.take_down(connection)
    yield
    guards.put_up(connection)


@pytest.fixture
def exported(sealed: None, tmp_path: Path) -> list[bytes]:
    seals.export(tmp_path / "trail.jsonl")
    return (tmp_path / "trail.jsonl").read_bytes().splitlines(keepends=True)


def numbers(check: proof.Check) -> list[int]:
    return [fault.sequence for fault in check.faults]


class TestGuards:
    @pytest.mark.parametrize("kept", [Entry, Leaf, Seal])
    @pytest.mark.parametrize("act", ["update", "delete"])
    def test_the_database_refuses_to_change_or_delete(self, kept: Any, act: str, db: None, at: datetime) -> None:
        enter(1, at)
        seals.seal_waiting(at=at)
        rows = kept.objects.all()
        before = list(rows.values())
        assert before
        field = {Entry: "note", Leaf: "hash", Seal: "root"}[kept]
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(**{field: "x"}) if act == "update" else rows._raw_delete("default")
        assert list(rows.values()) == before


class TestSealing:
    def test_numbers_have_no_gaps_where_ids_have(self, db: None, at: datetime) -> None:
        enter(2, at)
        Entry.objects.create(pk=900, at=at, known_at=at, account_name="x", act="late")
        seals.seal_waiting(at=at)
        Entry.objects.create(pk=800, at=at, known_at=at, account_name="x", act="committed later")
        seals.seal_waiting(at=at)
        assert list(Leaf.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3, 4]
        assert Leaf.objects.get(sequence=4).entry_id == 800
        assert seals.verify().faults == []

    def test_it_reads_forward_from_what_is_settled(self, db: None, at: datetime) -> None:
        enter(6, at)
        seals.seal_waiting(at=at)
        assert seals.floor(at=at) == 0, "a transaction may still run that began before"
        later = at + timedelta(hours=2)
        settled = seals.floor(at=later)
        assert settled == Leaf.objects.get(sequence=6).entry_id
        enter(3, later)
        assert (seals.unsealed(after=settled).count(), seals.seal_waiting(at=later)) == (3, 3)
        plan = seals.unsealed(after=settled).order_by("pk").explain()
        assert "SEARCH trail_entry USING INTEGER PRIMARY KEY (rowid>?)" in plan
        assert "SCAN" not in plan

    def test_what_a_transaction_of_hours_left_behind_is_sealed_by_the_daily_check(self, db: None, at: datetime) -> None:
        Entry.objects.create(pk=900, at=at, known_at=at, account_name="x", act="early")
        seals.seal_waiting(at=at)
        Entry.objects.create(pk=800, at=at, known_at=at, account_name="x", act="hours late")
        later = at + timedelta(hours=2)
        assert seals.seal_waiting(at=later) == 0
        TestJobs().run(sealing.VERIFY, later)
        assert Leaf.objects.get(sequence=2).entry_id == 800

    def test_the_key_is_its_owners_alone_and_stays(self, db: None, tmp_path: Path) -> None:
        first = seals.public_key()
        assert stat.S_IMODE((tmp_path / "trail.key").stat().st_mode) == 0o600
        assert seals.public_key() == first
        assert [path.name for path in tmp_path.iterdir()] == ["trail.key"]

    @pytest.mark.parametrize("cut", ["Seal.save", "Leaf.bulk_create", "_mark", "write_apart"])
    def test_a_crash_between_two_writes_is_taken_up(
        self, cut: str, db: None, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seals.public_key()
        enter(6, at)
        where, name = {
            "Seal.save": (Seal, "save"),
            "Leaf.bulk_create": (type(Leaf.objects), "bulk_create"),
            "_mark": (seals, "_mark"),
            "write_apart": (keys, "write_apart"),
        }[cut]

        def crash(*_words: object, **_more: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(where, name, crash)
            with pytest.raises(KeyboardInterrupt):
                seals.seal_waiting(at=at)
        assert seals.verify().faults == []
        seals.seal_waiting(at=at)
        check = seals.verify()
        assert (check.faults, check.entries, check.tip) == ([], 6, seals.marked())


def rewrite(sequence: int) -> None:
    Entry.objects.filter(leaf__sequence=sequence).update(note="nothing happened")


def delete(sequence: int) -> None:
    leaf = Leaf.objects.filter(sequence=sequence)
    entry = Entry.objects.filter(leaf__sequence=sequence)
    pk = entry.get().pk
    leaf._raw_delete("default")
    Entry.objects.filter(pk=pk)._raw_delete("default")


def swap(sequence: int) -> None:
    this, other = Entry.objects.get(leaf__sequence=sequence), Entry.objects.get(leaf__sequence=10)
    Entry.objects.filter(pk=this.pk).update(note=other.note, changes=other.changes)
    Entry.objects.filter(pk=other.pk).update(note=this.note, changes=this.changes)


class TestDatabase:
    @pytest.mark.parametrize("sequence", range(1, 10))
    @pytest.mark.parametrize("tamper", [rewrite, delete, swap])
    def test_a_tampered_entry_is_named(self, tamper: Callable[[int], None], sequence: int, sealed: None) -> None:
        tamper(sequence)
        assert sequence in numbers(seals.verify())

    def test_an_entry_changed_with_its_hash_is_found_under_its_seal(self, sealed: None) -> None:
        rewrite(6)
        entry = Entry.objects.get(leaf__sequence=6)
        Leaf.objects.filter(sequence=6).update(hash=proof.leaf_hash(seals.plain_entry(entry, 6)))
        assert [str(fault) for fault in seals.verify().faults] == [
            "5: changed together with their hashes: one or more of entries 5 to 8"
        ]

    def test_an_entry_put_behind_the_last_seal_is_named(self, sealed: None, at: datetime) -> None:
        enter(1, at)
        Leaf.objects.create(sequence=11, entry=Entry.objects.get(leaf=None), hash="0" * 64)
        assert 11 in numbers(seals.verify())

    def test_an_older_copy_is_named_and_not_sealed_over(self, sealed: None, at: datetime) -> None:
        mark = seals.marked()
        Leaf.objects.filter(sequence__gt=8)._raw_delete("default")
        Seal.objects.filter(number=3)._raw_delete("default")
        check = seals.verify()
        assert numbers(check) == [9]
        assert "older" in check.faults[0].words
        with pytest.raises(seals.NotWhole):
            seals.seal_waiting(at=at)
        assert seals.marked() == mark


class TestExport:
    def test_a_whole_one_is_whole(self, exported: list[bytes]) -> None:
        check = proof.check_bytes(exported, key=seals.public_key(), last=seals.marked())
        assert (check.faults, check.entries, check.seals) == ([], 10, 3)

    @THOROUGH
    @given(data=st.data())
    def test_any_flipped_bit_is_found_at_its_entry(self, exported: list[bytes], data: st.DataObject) -> None:
        line = data.draw(st.integers(0, len(exported) - 1))
        bit = data.draw(st.integers(0, len(exported[line]) * 8 - 1))
        flipped = bytearray(exported[line])
        flipped[bit // 8] ^= 1 << bit % 8
        file = b"".join([*exported[:line], bytes(flipped), *exported[line + 1 :]])
        check = proof.check_bytes(file.splitlines(keepends=True), key=seals.public_key())
        assert check.faults
        at_line = json.loads(exported[line])
        if "entry" in at_line:
            assert at_line["entry"]["sequence"] in numbers(check)
        elif "seal" in at_line:
            assert at_line["seal"]["first"] in numbers(check) or at_line["seal"]["last"] + 1 in numbers(check)

    @THOROUGH
    @given(data=st.data())
    def test_a_deleted_doubled_or_moved_line_is_found(self, exported: list[bytes], data: st.DataObject) -> None:
        line = data.draw(st.integers(1, len(exported) - 1))
        other = data.draw(st.integers(1, len(exported) - 1).filter(lambda place: place != line))
        how = data.draw(st.sampled_from(["delete", "double", "move", "cut"]))
        lines = list(exported)
        if how == "delete":
            del lines[line]
        elif how == "double":
            lines.insert(other, lines[line])
        elif how == "move":
            lines.insert(other, lines.pop(line))
        else:
            lines = lines[:line]
        check = proof.check_bytes(lines, key=seals.public_key())
        assert check.faults
        moved = json.loads(exported[line])
        if how == "delete" and "entry" in moved:
            assert moved["entry"]["sequence"] in numbers(check)

    def test_a_forgers_own_key_and_an_older_export_are_found(self, exported: list[bytes]) -> None:
        assert numbers(proof.check_bytes(exported, key="ab" * 32))[0] == 1
        assert numbers(proof.check_bytes(exported, last="4:" + "0" * 64)) == [11]

    def test_the_script_that_stands_alone_is_the_same_and_says_the_same(
        self, exported: list[bytes], tmp_path: Path
    ) -> None:
        assert SCRIPT.read_text() == Path(proof.__file__).read_text()
        file = tmp_path / "trail.jsonl"
        for change, code in ((b"test.done", 0), (b"test.gone", 1)):
            file.write_bytes(b"".join(exported).replace(b"test.done", change, 1))
            done = subprocess.run(
                [sys.executable, "-I", str(SCRIPT), str(file)],
                capture_output=True,
                text=True,
                cwd=tmp_path,
                check=False,
            )
            assert done.returncode == code
            assert done.stdout.splitlines() == list(proof.told(proof.check_bytes(file.read_bytes().splitlines(True))))


class TestJobs:
    def run(self, kind: str, at: datetime) -> Any:
        held = leases.enqueue(kind, by=Account.objects.house(), at=at)
        work.work_once(at=at)
        held.refresh_from_db()
        return held.result

    def test_entries_are_sealed_in_the_background(self, db: None, at: datetime) -> None:
        enter(5, at)
        assert self.run(sealing.SEAL, at) == {"sealed": 5}
        assert self.run(sealing.VERIFY, at + timedelta(hours=1))["faults"] == []

    def test_auditors_and_administrators_are_told_once(
        self, sealed: None, at: datetime, auditor: Account, administrator: Account
    ) -> None:
        rewrite(3)
        assert self.run(sealing.VERIFY, at)["faults"][0].startswith("3: changed")
        told = Notification.objects.filter(text=sealing.BROKEN_TEXT)
        assert {note.account for note in told} == {auditor, administrator}
        assert told.count() == 2


class TestPage:
    @pytest.mark.parametrize(
        ("language", "words"), [("en", ("Not whole", "Last root")), ("zh-hans", ("不一致", "默克尔根"))]
    )
    def test_it_shows_the_seal_and_the_last_check(
        self, language: str, words: tuple[str, str], sealed: None, at: datetime, auditor: Account, client: Client
    ) -> None:
        rewrite(3)
        TestJobs().run(sealing.VERIFY, at)
        client.force_login(auditor)
        client.cookies["django_language"] = language
        text = client.get(reverse("ui:trail_list")).content.decode()
        assert all(word in text for word in words)
        assert "3: changed" in text
