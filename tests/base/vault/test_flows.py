"""Evidence: received, attached, taken out, checked; with the list of hands it passed."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from bastide.base import vault
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from bastide.base.vault import flows, jobs, reads, store
from bastide.base.vault.models import Content, Custody, EvidenceFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def evidence(operator: Account, at: datetime) -> EvidenceFile:
    return vault.receive(b"host,port\na,1\n", name="hosts.csv", by=operator, at=at)


def spoil(evidence: EvidenceFile) -> None:
    path = store.path_of(evidence.sha256)
    path.chmod(0o600)
    path.write_bytes(b"something else")


class TestReceive:
    def test_it_notes_hash_type_size_and_who(self, evidence: EvidenceFile, operator: Account, at: datetime) -> None:
        assert evidence.number == "EVI-2026-000001"
        assert (evidence.size, evidence.media_type, evidence.received_by, evidence.received_at) == (
            14,
            "text/csv",
            operator,
            at,
        )
        assert evidence.content.read() == b"host,port\na,1\n"
        assert [c.act for c in reads.custody_of(evidence)] == ["received"]

    def test_the_same_content_is_one_content_and_two_records(
        self, evidence: EvidenceFile, operator: Account, at: datetime
    ) -> None:
        again = vault.receive(b"host,port\na,1\n", name="copy.csv", by=operator, at=at)
        assert again.pk != evidence.pk
        assert again.sha256 == evidence.sha256
        assert Content.objects.count() == 1

    def test_the_effective_date_is_apart_from_the_upload(self, operator: Account, at: datetime) -> None:
        kept = vault.receive(b"x", name="a.txt", by=operator, at=at, effective_on=date(2026, 1, 5))
        assert kept.effective_on == date(2026, 1, 5)
        with pytest.raises(Refused, match="future"):
            vault.receive(b"x", name="a.txt", by=operator, at=at, effective_on=date(2030, 1, 1))

    def test_a_stranger_may_not(self, stranger: Account, at: datetime) -> None:
        with pytest.raises(Forbidden):
            vault.receive(b"x", name="a.txt", by=stranger, at=at)

    def test_what_is_too_large_is_refused_with_the_limit(
        self, operator: Account, at: datetime, settings: LazySettings
    ) -> None:
        settings.BASTIDE_UPLOAD_LIMIT = 10
        with pytest.raises(Refused, match="larger than 10"):
            vault.receive(b"x" * 11, name="a.txt", by=operator, at=at)
        assert EvidenceFile.objects.count() == 0


class TestAttach:
    def test_it_belongs_to_the_thing_and_its_scope(
        self, evidence: EvidenceFile, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        vault.attach(evidence, telco, by=operator, at=at)
        assert (evidence.thing_kind, evidence.thing_id, evidence.organisation, evidence.area) == (
            "people.organisation", telco.pk, telco, "110000")  # fmt: skip
        assert list(vault.of(telco)) == [evidence]
        assert Entry.objects.filter(act="vault.evidence.attach", thing_id=telco.pk).count() == 1

    def test_it_cannot_be_moved_to_another_thing(
        self, evidence: EvidenceFile, telco: Organisation, other_telco: Organisation, operator: Account, at: datetime
    ) -> None:
        vault.attach(evidence, telco, by=operator, at=at)
        with pytest.raises(Refused, match="already belongs"):
            vault.attach(evidence, other_telco, by=operator, at=at)

    def test_nobody_attaches_what_another_handed_in(
        self, evidence: EvidenceFile, telco: Organisation, national: Account, at: datetime
    ) -> None:
        with pytest.raises(Forbidden):
            vault.attach(evidence, telco, by=national, at=at)


class TestKeep:
    def test_it_takes_uploads_and_received_files(
        self, evidence: EvidenceFile, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        kept = vault.keep([evidence, SimpleUploadedFile("log.txt", b"line\n")], thing=telco, by=operator, at=at)
        assert [one.name for one in kept] == ["hosts.csv", "log.txt"]
        assert all(one.attached_at == at for one in kept)

    def test_an_undone_act_leaves_bytes_that_the_sweep_removes(
        self, telco: Organisation, operator: Account, at: datetime, evidence: EvidenceFile, home: Path
    ) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - the act and its end
            vault.keep([SimpleUploadedFile("log.txt", b"orphan\n")], thing=telco, by=operator, at=at)
            raise ZeroDivisionError
        assert len(list(store.kept_hashes())) == 2
        for path in (home / "vault").glob("??/??/*"):
            os.utime(path, (1000, 1000))

        class Held:
            def progress(self, *args: Any) -> None: ...

        assert jobs.sweep(Held()) == {"swept": 1, "parts": 0}
        assert [sha256 for sha256, _ in store.kept_hashes()] == [evidence.sha256]


class TestTakeOut:
    def test_a_copy_is_recorded_before_it_is_given(
        self, evidence: EvidenceFile, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        vault.attach(evidence, telco, by=operator, at=at)
        with vault.open_for(operator, evidence, at=at) as file:
            assert file.read() == b"host,port\na,1\n"
        assert reads.custody_of(evidence).last().act == "downloaded"

    def test_classified_evidence_asks_for_a_purpose_and_goes_into_the_trail(
        self, telco: Organisation, operator: Account, provincial: Account, at: datetime
    ) -> None:
        secret = vault.receive(b"x", name="a.txt", by=operator, at=at, thing=telco, classified=True)
        with pytest.raises(Refused, match="purpose"), vault.open_for(provincial, secret, at=at):
            pass
        with vault.open_for(provincial, secret, at=at, purpose="verification of an order"):
            pass
        assert Entry.objects.get(is_read=True).purpose == "verification of an order"

    def test_who_may_not_see_it_gets_nothing(
        self,
        evidence: EvidenceFile,
        telco: Organisation,
        operator: Account,
        other_operator: Account,
        expert: Account,
        at: datetime,
    ) -> None:
        vault.attach(evidence, telco, by=operator, at=at)
        for person in (other_operator, expert):
            with pytest.raises(Forbidden):
                flows.take_out(person, evidence, at=at)


class TestVerify:
    def test_sound_content_is_confirmed(self, evidence: EvidenceFile, operator: Account, at: datetime) -> None:
        assert vault.verify(evidence, by=operator, at=at)
        assert reads.custody_of(evidence).last().act == "verified"

    def test_a_changed_byte_is_found_and_stays_visible(
        self, evidence: EvidenceFile, operator: Account, at: datetime
    ) -> None:
        spoil(evidence)
        assert not vault.verify(evidence, by=operator, at=at)
        assert EvidenceFile.objects.get().is_damaged
        assert reads.custody_of(evidence).last().act == "damaged"
        assert Entry.objects.filter(act="vault.evidence.damaged").count() == 1

    def test_the_daily_check_tells_the_authority(self, evidence: EvidenceFile, national: Account) -> None:
        from bastide.base.inbox.models import Notification

        class Held:
            def progress(self, *args: Any) -> None: ...

        spoil(evidence)
        assert jobs.recheck(Held()) == {"checked": 1, "damaged": 1}
        assert Notification.objects.filter(account=national, urgency="high").count() == 1

    def run(self) -> dict[str, int]:
        class Held:
            def progress(self, *args: Any) -> None: ...

        return jobs.recheck(Held())

    def test_what_was_never_checked_comes_first(
        self, evidence: EvidenceFile, operator: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vault.verify(evidence, by=operator, at=at)
        fresh = vault.receive(b"new", name="new.txt", by=operator, at=at)
        monkeypatch.setattr(jobs, "AT_ONCE", 1)
        self.run()
        fresh.refresh_from_db()
        assert fresh.verified_at is not None

    def test_every_file_has_its_turn_in_a_month(
        self, operator: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "AT_ONCE", 1)
        monkeypatch.setattr(jobs, "ROUND", 3)
        for n in range(7):
            vault.receive(b"%d" % n, name=f"{n}.txt", by=operator, at=at)
        assert [self.run()["checked"] for _turn in range(3)] == [3, 3, 3]
        assert not EvidenceFile.objects.filter(verified_at=None).exists()

    def test_a_file_that_cannot_be_read_is_damaged_and_stops_no_other(
        self, evidence: EvidenceFile, operator: Account, at: datetime
    ) -> None:
        vault.receive(b"new", name="new.txt", by=operator, at=at)
        path = store.path_of(evidence.sha256)
        path.unlink()
        path.mkdir()  # reading it fails, as on a disk that is going
        assert self.run() == {"checked": 2, "damaged": 1}

    def test_it_is_told_once_and_again_after_it_was_whole_in_between(
        self,
        evidence: EvidenceFile,
        national: Account,
        operator: Account,
        at: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        from bastide.base.inbox.models import Notification

        for day, told in ((1, 1), (2, 1)):
            spoil(evidence)
            monkeypatch.setattr(jobs.terms, "now", lambda day=day: at + timedelta(days=day))
            self.run()
            assert Notification.objects.filter(account=national).count() == told
        vault.receive(b"host,port\na,1\n", name="hosts.csv", by=operator, at=at)
        assert self.run()["damaged"] == 0
        spoil(evidence)
        monkeypatch.setattr(jobs.terms, "now", lambda: at + timedelta(days=3))
        self.run()
        assert Notification.objects.filter(account=national, args__number=evidence.number).count() == 2

    def test_the_same_bytes_handed_in_again_mend_what_was_damaged(
        self, evidence: EvidenceFile, operator: Account, at: datetime
    ) -> None:
        spoil(evidence)
        again = vault.receive(b"host,port\na,1\n", name="hosts.csv", by=operator, at=at)
        assert again.sha256 == evidence.sha256
        assert vault.verify(again, by=operator, at=at)
        assert vault.verify(evidence, by=operator, at=at)


class TestCustody:
    @pytest.mark.parametrize("act", ["update", "delete"])
    def test_the_database_refuses_too(self, act: str, evidence: EvidenceFile) -> None:
        rows = Custody.objects.all()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(note="x") if act == "update" else rows._raw_delete("default")
        assert Custody.objects.get().note == ""

    def test_its_rows_cannot_be_changed_or_removed(self, evidence: EvidenceFile) -> None:
        row = Custody.objects.get()
        with pytest.raises(TypeError, match="append-only"):
            row.save()
        with pytest.raises(TypeError, match="append-only"):
            row.delete()


class TestSight:
    def test_unattached_files_are_seen_by_their_bearer_alone(
        self, evidence: EvidenceFile, operator: Account, national: Account, other_operator: Account
    ) -> None:
        assert list(reads.visible(operator)) == [evidence]
        assert list(reads.visible(national)) == []
        assert list(reads.visible(other_operator)) == []

    def test_attached_files_are_seen_within_the_scope(
        self, evidence: EvidenceFile, telco: Organisation, operator: Account, national: Account, provincial: Account,
        other_provincial: Account, other_operator: Account, stranger: Account, at: datetime,
    ) -> None:  # fmt: skip
        vault.attach(evidence, telco, by=operator, at=at)
        seen = {a.username for a in (operator, national, provincial, other_provincial, other_operator, stranger)
                if reads.visible(a).exists()}  # fmt: skip
        assert seen == {"operator", "national", "provincial"}

    def test_who_sees_the_thing_sees_its_evidence(
        self, evidence: EvidenceFile, telco: Organisation, operator: Account, other_operator: Account, at: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setitem(
            reads._sights, "people.organisation", lambda account: Organisation.objects.filter(pk=telco.pk)
        )
        vault.attach(evidence, telco, by=operator, at=at)
        assert list(reads.visible(other_operator)) == [evidence]


class TestSweepPatience:
    def test_young_bytes_stay(self, home: Path, at: datetime) -> None:
        store.keep([b"under way"], name="a", judge=lambda file: "text/plain")

        class Held:
            def progress(self, *args: Any) -> None: ...

        assert jobs.sweep(Held()) == {"swept": 0, "parts": 0}
        assert timedelta(hours=1) < jobs.OLD
