"""Time stamps over seals by a real authority: kept only when they prove something, missed without harm, found when forged."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from bastide.base.inbox.models import Notification
from bastide.base.jobs import leases, sealing, work
from bastide.base.people.models import Account
from bastide.base.trail import guards, keys, proof, seals, stamps
from bastide.base.trail.models import Seal, Stamp
from tests.base.trail.test_seals import SCRIPT, enter
from tests.base.trail.tsa import DAY, Authority, Desk, open_desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.BASTIDE_HOME, settings.BASTIDE_TRAIL_KEY = tmp_path, ""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "ours")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "other")


@pytest.fixture
def desk(authority: Authority, settings: Any) -> Iterator[Desk]:
    with open_desk(authority) as (url, desk):
        settings.BASTIDE_TSA_URL, settings.BASTIDE_TSA_CERTIFICATES = url, str(authority.root)
        yield desk


def now() -> datetime:
    """Real time: the authority's clock is the real one."""
    return datetime.now(UTC)


def sealed(count: int = 2) -> Seal:
    enter(count, now())
    seals.seal_waiting(at=now(), after=0)
    return Seal.objects.order_by("-number")[0]


def stamped(desk: Desk) -> Stamp:
    sealed()
    kept = stamps.stamp_newest(at=now())
    assert kept is not None
    return kept


def forge(seal: Seal, token: bytes) -> None:
    """As somebody who owns the database."""
    guards.take_down(connection)
    Stamp.objects.filter(seal=seal)._raw_delete("default")
    Stamp.objects.create(seal=seal, token=token, stamped_at=now(), kept_at=now())


class TestStamp:
    def test_a_token_over_the_hash_of_the_seal_is_kept_and_checked(self, desk: Desk) -> None:
        kept = stamped(desk)
        told = proof.read_token(bytes(kept.token))
        assert told.hash == proof.seal_hash(kept.seal.signed)
        assert abs(told.at - now()) < timedelta(minutes=1)
        check = seals.verify()
        assert (check.faults, check.doubts, check.stamps, check.unproven) == ([], [], 1, 0)
        assert "time stamps: 1; seal 1, entries up to 2, were there at" in "\n".join(proof.told(check))

    def test_openssl_says_the_same_of_it(self, desk: Desk, tmp_path: Path) -> None:
        kept = stamped(desk)
        (tmp_path / "token").write_bytes(bytes(kept.token))
        done = subprocess.run(
            ["openssl", "ts", "-verify", "-token_in", "-in", "token", "-digest", proof.seal_hash(kept.seal.signed),
             "-CAfile", str(desk.authority.root)],
            cwd=tmp_path, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0

    def test_only_the_newest_seal_is_asked_for_and_once(self, desk: Desk) -> None:
        sealed()
        sealed()
        assert stamps.stamp_newest(at=now()).seal_id == 2  # type: ignore[union-attr]
        assert stamps.stamp_newest(at=now()) is None
        assert desk.asked == 1

    def test_the_database_refuses_to_change_it(self, desk: Desk) -> None:
        stamped(desk)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Stamp.objects.update(token=b"x")

    def test_a_seal_of_sm3_is_stamped_over_sha256(self, desk: Desk, settings: Any) -> None:
        settings.BASTIDE_TRAIL_SUITE = proof.SM2
        stamped(desk)
        assert seals.verify().faults == []


class TestRefused:
    def test_an_authority_that_is_not_the_one_named(self, desk: Desk, other: Authority) -> None:
        desk.reply = other.answer
        sealed()
        with pytest.raises(stamps.NoStampError, match="not signed by the authority"):
            stamps.stamp_newest(at=now())

    def test_a_certificate_that_had_ended(self, desk: Desk, settings: Any, tmp_path: Path) -> None:
        ended = Authority(tmp_path / "ended", begun=now() - 30 * DAY, lasting=10 * DAY)
        desk.reply, settings.BASTIDE_TSA_CERTIFICATES = ended.answer, str(ended.root)
        sealed()
        with pytest.raises(stamps.NoStampError):
            stamps.stamp_newest(at=now())

    def test_a_status_other_than_granted(self, desk: Desk, authority: Authority) -> None:
        authority.takes("sha512")
        try:
            sealed()
            with pytest.raises(stamps.NoStampError, match="refused"):
                stamps.stamp_newest(at=now())
        finally:
            authority.takes("sha256")

    def test_an_answer_to_another_question(self, desk: Desk, authority: Authority) -> None:
        first = stamped(desk)
        old = authority.folder.joinpath("answer.tsr").read_bytes()
        assert first.seal_id == 1
        sealed()
        desk.reply = lambda request: old
        with pytest.raises(stamps.NoStampError, match="another question"):
            stamps.stamp_newest(at=now())

    @pytest.mark.parametrize("answer", [b"", b"<html>no</html>", b"\x30\x03\x02\x01\x00", b"\x30\x84\xff\xff\xff\xff"])
    def test_garbage(self, answer: bytes, desk: Desk) -> None:
        desk.reply = lambda request: answer
        sealed()
        with pytest.raises(stamps.NoStampError):
            stamps.stamp_newest(at=now())

    def test_an_answer_without_end(self, desk: Desk) -> None:
        desk.reply = lambda request: b"\x30" * (stamps.LARGEST + 1)
        sealed()
        with pytest.raises(stamps.NoStampError, match="too long"):
            stamps.stamp_newest(at=now())

    def test_a_fault_of_the_server(self, desk: Desk) -> None:
        desk.status = 503
        sealed()
        with pytest.raises(stamps.NoStampError, match="503"):
            stamps.stamp_newest(at=now())

    def test_a_silent_server(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stamps, "SECONDS", 0.4)
        answer = desk.reply
        desk.reply = lambda request: answer(request) if desk.leave.wait(20) else b""
        sealed()
        with pytest.raises(stamps.NoStampError, match="Timeout"):
            stamps.stamp_newest(at=now())

    def test_no_server_and_no_certificates(self, settings: Any) -> None:
        settings.BASTIDE_TSA_URL = "http://127.0.0.1:9/"
        sealed()
        with pytest.raises(stamps.NoStampError, match="BASTIDE_TSA_CERTIFICATES"):
            stamps.stamp_newest(at=now())

    def test_clocks_that_are_apart(self, desk: Desk) -> None:
        enter(1, now())
        seals.seal_waiting(at=now() + timedelta(hours=1), after=0)
        with pytest.raises(stamps.NoStampError, match="compare the clocks"):
            stamps.stamp_newest(at=now())

    def test_a_seal_left_behind_by_a_later_one_goes_without(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """The answer came so late that the next seal is older than it by more than clocks may be apart."""
        enter(1, now())
        seals.seal_waiting(at=now() - timedelta(hours=2), after=0)
        first = Seal.objects.get()
        monkeypatch.setattr(stamps, "waiting", lambda: first)
        enter(1, now())
        seals.seal_waiting(at=now() - timedelta(hours=1), after=0)
        assert stamps.stamp_newest(at=now()) is None
        assert not Stamp.objects.exists()


class TestCheck:
    def test_a_token_over_something_else(self, desk: Desk, authority: Authority) -> None:
        seal = sealed()
        forge(seal, authority.token("ab" * 32))
        assert [str(fault) for fault in seals.verify().faults] == ["1: the time stamp of seal 1 is over something else"]

    def test_a_token_of_another_authority(self, desk: Desk, other: Authority) -> None:
        seal = sealed()
        forge(seal, other.token(proof.sha256_of(seal.signed)))
        assert [str(fault) for fault in seals.verify().faults] == [
            "1: the time stamp of seal 1 is not signed by the authority"
        ]

    def test_no_bit_of_a_token_can_be_changed_unseen(self, desk: Desk) -> None:
        """But in what is outside of what is signed, such as certificates that nobody needs."""
        kept = stamped(desk)
        whole, believed = bytes(kept.token), stamps.certificates()
        digest, at = proof.sha256_of(kept.seal.signed), proof.read_token(whole).at
        for place in range(0, len(whole), 13):
            bent = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
            try:
                told = proof.read_token(bent)
            except ValueError:
                continue
            if (told.hash, told.at) != (digest, at):
                assert proof.is_stamped(bent, told.hash, believed) is False, place

    def test_garbage_is_a_fault_and_no_crash(self, desk: Desk) -> None:
        seal = sealed()
        forge(seal, b"\x30\x82")
        assert [str(fault) for fault in seals.verify().faults] == ["1: the time stamp of seal 1 cannot be read"]

    def test_a_seal_of_before_its_forerunner_was_stamped_is_doubtful(self, desk: Desk) -> None:
        stamped(desk)
        enter(1, now())
        seals.seal_waiting(at=now() - timedelta(hours=3), after=0)
        check = seals.verify()
        assert (check.faults, len(check.doubts), proof.code_of(check)) == ([], 1, 1)
        assert "seal 1 before it was stamped" in check.doubts[0]

    def test_a_stamp_of_before_the_seal_was_made_is_doubtful(self, desk: Desk, authority: Authority) -> None:
        enter(1, now())
        seals.seal_waiting(at=now() + timedelta(hours=1), after=0)
        seal = Seal.objects.get()
        forge(seal, authority.token(proof.sha256_of(seal.signed)))
        assert "from before it was made" in seals.verify().doubts[0]

    def test_without_certificates_it_says_that_it_did_not_check(self, desk: Desk, settings: Any) -> None:
        stamped(desk)
        settings.BASTIDE_TSA_CERTIFICATES = ""
        check = seals.verify()
        assert (check.faults, check.unproven, proof.code_of(check)) == ([], 1, 3)


class TestExport:
    def lines(self, tmp_path: Path) -> list[bytes]:
        seals.export(tmp_path / "trail.jsonl")
        return (tmp_path / "trail.jsonl").read_bytes().splitlines(keepends=True)

    def script(self, tmp_path: Path, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), str(tmp_path / "trail.jsonl"), *words],
            capture_output=True, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def test_it_carries_the_tokens_and_the_script_checks_them(self, desk: Desk, tmp_path: Path) -> None:
        kept = stamped(desk)
        sealed()
        lines = self.lines(tmp_path)
        [line] = [json.loads(line) for line in lines if b'"stamp"' in line]
        assert line == {"stamp": 1, "token": base64.b64encode(bytes(kept.token)).decode()}
        code, said = self.script(tmp_path, "--tsa", str(desk.authority.root))
        assert (code, "time stamps: 1; seal 1" in said) == (0, True)
        code, said = self.script(tmp_path)
        assert (code, "NOT CHECKED" in said) == (3, True)

    def test_the_script_finds_another_authority(self, desk: Desk, other: Authority, tmp_path: Path) -> None:
        stamped(desk)
        self.lines(tmp_path)
        code, said = self.script(tmp_path, "--tsa", str(other.root))
        assert (code, "not signed by the authority" in said) == (1, True)

    def test_without_the_library_the_imprint_is_checked_all_the_same(
        self, desk: Desk, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seal = stamped(desk).seal
        monkeypatch.setitem(sys.modules, "rfc3161_client", None)
        check = proof.check_bytes(self.lines(tmp_path), tsa=authority.root.read_bytes())
        assert (check.faults, check.unproven, proof.code_of(check)) == ([], 1, 3)
        assert "install rfc3161-client" in "\n".join(proof.told(check))
        forge(seal, authority.token("ab" * 32))
        assert proof.check_bytes(self.lines(tmp_path)).faults

    def test_a_token_left_out_doubled_or_moved_is_found(self, desk: Desk, tmp_path: Path) -> None:
        stamped(desk)
        sealed()
        lines = self.lines(tmp_path)
        place = next(n for n, line in enumerate(lines) if b'"stamp"' in line)
        for bent in (
            lines[:place] + lines[place + 1 :],
            [*lines, lines[place]],
            lines[: place + 1] + lines[place:],
            lines[:place] + lines[place + 1 :] + [lines[place]],
        ):
            assert proof.check_bytes(bent).faults
        assert proof.check_bytes(lines).faults == []

    def test_an_export_of_the_earlier_format_is_still_whole(self, tmp_path: Path) -> None:
        sealed()
        lines = self.lines(tmp_path)
        head = json.loads(lines[0])
        del head["stamps"]
        head["format"] = proof.FORMAT_2
        assert proof.check_bytes([proof.canonical(head) + b"\n", *lines[1:]]).faults == []


class TestJob:
    def run(self, at: datetime) -> Any:
        held = leases.enqueue(sealing.STAMP, by=Account.objects.house(), at=at)
        work.work_once(at=at)
        held.refresh_from_db()
        assert held.state == "done"
        return held.result

    def at(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> datetime:
        monkeypatch.setattr(sealing.terms, "now", lambda: at)
        return at

    def test_it_fails_quietly_waits_longer_each_time_and_then_succeeds(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sealed()
        desk.status, start = 503, now()
        for minute, asked in ((0, 1), (1, 2), (2, 2), (3, 3), (4, 3), (6, 3), (7, 4)):
            self.run(self.at(monkeypatch, start + timedelta(minutes=minute)))
            assert desk.asked == asked, minute
        assert seals.verify().faults == []
        desk.status = 200
        assert self.run(self.at(monkeypatch, start + timedelta(minutes=15))) == {"seal": 1}
        assert self.run(self.at(monkeypatch, start + timedelta(minutes=16))) == {}

    def test_administrators_are_told_after_a_day_and_once_a_day(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, administrator: Account
    ) -> None:
        sealed()
        desk.status, start = 503, now().replace(hour=4)
        for hours in (0, 12, 25, 26, 27):
            self.run(self.at(monkeypatch, start + timedelta(hours=hours)))
        assert [note.account for note in Notification.objects.filter(text=sealing.NO_STAMP_TEXT)] == [administrator]

    def test_without_an_authority_nothing_is_asked(self) -> None:
        sealed()
        assert self.run(now()) == {}
        assert keys.signer()
