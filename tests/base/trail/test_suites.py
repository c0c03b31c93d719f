"""SM2 with SM3 beside Ed25519 with SHA-256: sealed, checked with and without a library, and exchanged by rotation."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from typer.testing import CliRunner

from bastide.base.trail import guards, keys, proof, seals
from bastide.base.trail.models import Entry, Leaf, Seal
from bastide.cli import app
from tests.base.trail.test_seals import SCRIPT, enter, numbers, rewrite

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BASTIDE_HOME = tmp_path
    settings.BASTIDE_TRAIL_KEY = ""
    monkeypatch.setattr(seals, "BATCH", 4)


@pytest.fixture
def sm(settings: Any) -> None:
    settings.BASTIDE_TRAIL_SUITE = proof.SM2


def exported(tmp_path: Path) -> list[bytes]:
    seals.export(tmp_path / "trail.jsonl")
    return (tmp_path / "trail.jsonl").read_bytes().splitlines(keepends=True)


def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tongsuopy.crypto", None)


class TestSm2:
    def test_it_seals_with_sm3_and_is_whole(self, sm: None, at: datetime) -> None:
        enter(6, at)
        seals.seal_waiting(at=at)
        seal = Seal.objects.get(number=1)
        assert (seal.suite, len(seal.key)) == (proof.SM2, 130)
        assert Leaf.objects.get(sequence=1).hash == proof.digest(
            b"\x00" + proof.canonical(seals.plain_entry(Entry.objects.get(leaf__sequence=1), 1)), proof.SM2
        )
        assert seals.verify().faults == []

    def test_sm3_is_the_one_of_the_standard(self) -> None:
        assert proof.digest(b"abc", proof.SM2) == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

    def test_a_changed_entry_is_named(self, sm: None, at: datetime) -> None:
        enter(6, at)
        seals.seal_waiting(at=at)
        guards.take_down(connection)
        rewrite(5)
        assert numbers(seals.verify()) == [5]

    @pytest.mark.parametrize("way", ["library", "openssl"])
    def test_a_signature_is_checked_either_way(self, way: str, sm: None, monkeypatch: pytest.MonkeyPatch) -> None:
        key = keys.signer()
        signature = key.sign(b"what was said")
        if way == "openssl":
            no_library(monkeypatch)
        assert proof.is_signed(proof.SM2, key.public, signature, b"what was said") is True
        assert proof.is_signed(proof.SM2, key.public, signature, b"what was not") is False
        assert proof.is_signed(proof.SM2, key.public, "zz", b"what was said") is False

    def test_where_neither_is_there_it_says_so(
        self, sm: None, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        enter(2, at)
        seals.seal_waiting(at=at)
        lines = exported(tmp_path)
        no_library(monkeypatch)
        monkeypatch.setenv("PATH", "")
        check = proof.check_bytes(lines)
        assert (check.faults, proof.code_of(check)) == ([], 3)
        assert any(line.startswith("NOT CHECKED") for line in proof.told(check))

    def test_the_script_checks_it_alone(self, sm: None, at: datetime, tmp_path: Path) -> None:
        enter(6, at)
        seals.seal_waiting(at=at)
        file = tmp_path / "trail.jsonl"
        for change, code in ((b"test.done", 0), (b"test.gone", 1)):
            file.write_bytes(b"".join(exported(tmp_path)).replace(b"test.done", change, 1))
            done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], capture_output=True, check=False)
            assert done.returncode == code

    def test_another_suite_than_the_seal_names_is_found(self, sm: None, at: datetime) -> None:
        enter(2, at)
        seals.seal_waiting(at=at)
        guards.take_down(connection)
        Seal.objects.update(suite=proof.ED25519)
        assert 1 in numbers(seals.verify())

    def test_without_the_library_the_suite_says_what_to_install(self, sm: None, monkeypatch) -> None:
        no_library(monkeypatch)
        with pytest.raises(RuntimeError, match=r"bastide\[sm\]"):
            keys.signer()


class TestRotate:
    def begun(self, at: datetime) -> str:
        enter(6, at)
        seals.seal_waiting(at=at)
        return seals.public_key()

    @pytest.mark.parametrize("suite", [proof.ED25519, proof.SM2])
    def test_the_old_key_announces_the_new_one_and_is_gone(self, suite: str, at: datetime, tmp_path: Path) -> None:
        first = self.begun(at)
        old, new = seals.rotate(at=at, suite=suite)
        assert (old, new) == (first, seals.public_key())
        assert [path.name for path in tmp_path.glob("trail.key*")] == ["trail.key"]
        enter(6, at)
        seals.seal_waiting(at=at)
        check = seals.verify()
        assert (check.faults, check.entries) == ([], 14)
        assert list(Seal.objects.exclude(next_key="").values_list("key", "next_key")) == [(old, new)]

    def test_an_export_is_checked_with_any_key_that_signed_in_it(self, at: datetime, tmp_path: Path) -> None:
        old = self.begun(at)
        _old, new = seals.rotate(at=at, suite=proof.SM2)
        lines = exported(tmp_path)
        for known in ("", old, new):
            assert proof.check_bytes(lines, key=known).faults == []
        assert numbers(proof.check_bytes(lines, key="ab" * 32)) == [1]

    def test_a_key_merely_announced_proves_nothing(self, at: datetime, tmp_path: Path) -> None:
        self.begun(at)
        genuine = "cd" * 32
        enter(1, at)
        seals._seal_batch(at=at, after=0, follower=keys.Signer(proof.ED25519, genuine, lambda data: ""))
        assert numbers(proof.check_bytes(exported(tmp_path), key=genuine)) == [1]

    def test_a_key_that_was_not_announced_seals_nothing(self, at: datetime, tmp_path: Path) -> None:
        self.begun(at)
        keys.place().unlink()
        enter(1, at)
        with pytest.raises(seals.NotWhole, match="put back the key"):
            seals.seal_waiting(at=at)

    def test_a_rotation_cut_short_is_taken_up(self, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun(at)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", lambda *_words: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                seals.rotate(at=at, suite=proof.SM2)
        assert seals.verify().faults == []
        seals.seal_waiting(at=at, after=0)
        assert (seals.verify().faults, keys.signer().suite) == ([], proof.SM2)

    def test_by_command(self, at: datetime, settings: Any) -> None:
        old = self.begun(at)
        settings.BASTIDE_TRAIL_SUITE = proof.SM2
        told = CliRunner().invoke(app, ["trail", "rotate"])
        assert (told.exit_code, old in told.output, seals.public_key() in told.output) == (0, True, True)


class TestOldSeals:
    def test_a_seal_without_a_suite_is_still_whole(self, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        """As those sealed before suites were named."""
        enter(2, at)
        plain = keys.signer()
        monkeypatch.setattr(keys, "signer", lambda: keys.Signer("", plain.public, plain.sign))
        monkeypatch.setattr(seals, "_key_after", lambda last: keys.signer())
        seals.seal_waiting(at=at)
        monkeypatch.undo()
        assert "suite" not in Seal.objects.get().signed
        assert seals.verify().faults == []
        enter(2, at)
        seals.seal_waiting(at=at)
        assert (seals.verify().faults, Seal.objects.get(number=2).suite) == ([], proof.ED25519)

    def test_the_guards_stand_after_the_migration(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from sqlite_master where type = 'trigger' and name like 'trail_%'")
            assert cursor.fetchone() == (8,)
        assert ("trail", "0004_suites") in MigrationExecutor(connection).loader.applied_migrations
