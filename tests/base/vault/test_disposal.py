"""Evidence is deleted by two persons, after its time, under no hold and no open duty; a signed certificate stays."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bastide.base import terms, vault
from bastide.base.flow import Refused
from bastide.base.flow.refusals import Forbidden
from bastide.base.jobs import leases, work
from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.base.trail import proof
from bastide.base.trail.models import Entry
from bastide.base.vault import disposal, jobs, keeping, store
from bastide.base.vault.models import Content, Disposal, EvidenceFile
from bastide.rectify.models import Finding
from bastide.respond.models import Incident
from tests.conftest import make_account
from tests.rectify.makers import make_finding
from tests.respond.makers import make_incident

pytestmark = pytest.mark.django_db
BYTES = b"what was seen that night"
SHA = hashlib.sha256(BYTES).hexdigest()
WHY = {"reason": "kept long enough", "basis": "retention schedule 2026"}


@pytest.fixture
def leader(ministry: Organisation) -> Account:
    return make_account("leader", ministry, Role.LEADER)


@pytest.fixture
def incident(telco: Organisation) -> Incident:
    return make_incident(telco, state="closed")


@pytest.fixture
def evidence(incident: Incident, operator: Account, at: datetime) -> EvidenceFile:
    return vault.receive(BYTES, name="seen.txt", by=operator, at=at, thing=incident)


@pytest.fixture
def later(at: datetime) -> datetime:
    """When the file's time is over."""
    return at + timedelta(days=1827)


def proposed(evidence: EvidenceFile, by: Account, at: datetime) -> Disposal:
    return disposal.propose(by=by, at=at, evidence=evidence, **WHY)


class TestApprove:
    def test_the_bytes_go_and_row_hash_custody_and_certificate_stay(
        self, evidence, national, leader, later, django_capture_on_commit_callbacks
    ) -> None:
        found = proposed(evidence, national, later)
        assert store.path_of(SHA).exists()
        with django_capture_on_commit_callbacks(execute=True):
            disposal.approve(found, by=leader, at=later)
        evidence.refresh_from_db()
        assert (evidence.disposed_at, evidence.sha256, store.path_of(SHA).exists()) == (later, SHA, False)
        assert list(evidence.custody.values_list("act", flat=True))[-1] == "disposed"
        entry = Entry.objects.get(act="vault.evidence.dispose")
        assert (entry.account, entry.changes["sha256"], entry.number) == (leader, [SHA, None], evidence.number)
        with pytest.raises(Refused, match="was deleted"):
            vault.verify(evidence, by=leader, at=later)

    def test_the_certificate_is_signed_and_says_who_and_why(self, evidence, national, leader, later) -> None:
        found = disposal.approve(proposed(evidence, national, later), by=leader, at=later)
        said = found.certificate
        assert (said["sha256"], said["proposed_by"], said["approved_by"]) == (SHA, "national", "leader")
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["key"]))
        key.verify(bytes.fromhex(found.signature), b"\x03" + proof.canonical(said))

    def test_nobody_decides_alone(self, evidence, leader, later) -> None:
        found = proposed(evidence, leader, later)
        with pytest.raises(Refused, match="Another person"):
            disposal.approve(found, by=leader, at=later)
        assert store.path_of(SHA).exists()

    def test_what_was_handed_in_twice_stays_for_the_other(
        self, evidence, incident, operator, national, leader, at, later, django_capture_on_commit_callbacks
    ) -> None:
        twin = vault.receive(BYTES, name="again.txt", by=operator, at=at, thing=incident)
        with django_capture_on_commit_callbacks(execute=True):
            disposal.approve(proposed(evidence, national, later), by=leader, at=later)
        assert vault.verify(twin, by=leader, at=later)

    def test_bytes_a_crash_left_behind_go_with_the_next_sweep(
        self, evidence, national, leader, later, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disposal.approve(proposed(evidence, national, later), by=leader, at=later)  # its on_commit never runs here
        assert store.path_of(SHA).exists()
        monkeypatch.setattr(jobs, "OLD", timedelta(seconds=-5))
        leases.enqueue(jobs.SWEEP, by=Account.objects.house(), at=later)
        work.work_once(at=later)
        assert not store.path_of(SHA).exists()
        assert Content.objects.filter(sha256=SHA).exists()

    def test_a_refused_one_leaves_the_file(self, evidence, national, leader, later) -> None:
        found = disposal.refuse(proposed(evidence, national, later), by=leader, at=later, note="still asked for")
        assert (found.state, found.note) == ("refused", "still asked for")
        assert vault.verify(evidence, by=leader, at=later)


class TestObstacles:
    def test_before_its_time(self, evidence, national, at) -> None:
        with pytest.raises(Refused, match=r"must be kept until 2031-06-1\d"):
            proposed(evidence, national, at + timedelta(days=1000))

    def test_a_class_has_its_own_time(self, evidence, settings, at) -> None:
        settings.BASTIDE_RETENTION = {"log": 183, "respond.incident": 3650, "default": 1}
        assert keeping.until(evidence) == at + timedelta(days=3650)
        evidence.name = "syslog.log"
        assert keeping.until(evidence) == at + timedelta(days=3650), "a name does not shorten what the matter asks"
        settings.BASTIDE_RETENTION = {"log": 183, "default": 1826}
        assert keeping.until(evidence) == at + timedelta(days=183)

    def test_while_the_thing_is_open(self, evidence, incident, national, later) -> None:
        Incident.objects.filter(pk=incident.pk).update(state="triaged")
        with pytest.raises(Refused, match="duty is still open"):
            proposed(evidence, national, later)

    def test_while_an_open_finding_leans_on_it(self, evidence, ministry, national, later) -> None:
        """The file of an observation is kept for the authority; the finding that it proves is the operator's."""
        EvidenceFile.objects.filter(pk=evidence.pk).update(organisation=ministry)
        finding = make_finding(evidence.organisation, proofs=[evidence.pk])
        with pytest.raises(Refused, match="leans on"):
            proposed(evidence, national, later)
        Finding.objects.filter(pk=finding.pk).update(state="closed", verified_at=later, closed_at=later)
        assert proposed(evidence, national, later).state == "proposed"

    def test_a_kind_nobody_speaks_for_counts_as_open(self, evidence, national, later, monkeypatch) -> None:
        monkeypatch.delitem(keeping._duties, "respond.incident")
        with pytest.raises(Refused, match="duty is still open"):
            proposed(evidence, national, later)

    def test_a_hold_set_after_the_proposal_still_forbids_it(self, evidence, national, leader, auditor, later) -> None:
        found = proposed(evidence, national, later)
        disposal.hold(evidence, by=auditor, at=later, reason="court asked for it")
        with pytest.raises(Refused, match="court asked for it"):
            disposal.approve(found, by=leader, at=later)
        assert store.path_of(SHA).exists()


class TestHold:
    def test_a_whole_matter_is_held_with_what_comes_later(
        self, evidence, incident, operator, leader, at, later
    ) -> None:
        held = disposal.hold(evidence, by=leader, at=at, reason="lawsuit", whole=True)
        newer = vault.receive(b"newer", name="newer.txt", by=operator, at=at, thing=incident)
        with pytest.raises(Refused, match="lawsuit"):
            proposed(newer, leader, later)
        disposal.lift(held, by=leader, at=later, reason="settled")
        assert proposed(newer, leader, later).state == "proposed"
        acts = Entry.objects.filter(act__in=["vault.evidence.hold", "vault.evidence.lift"]).order_by("pk")
        assert list(acts.values_list("act", "note", "account__username")) == [
            ("vault.evidence.hold", "lawsuit", "leader"), ("vault.evidence.lift", "settled", "leader"),
        ]  # fmt: skip

    def test_only_a_leader_lifts_it_and_no_operator_sets_one(self, evidence, operator, auditor, leader, at) -> None:
        with pytest.raises(Forbidden):
            disposal.hold(evidence, by=operator, at=at, reason="mine")
        held = disposal.hold(evidence, by=auditor, at=at, reason="audit")
        with pytest.raises(Forbidden):
            disposal.lift(held, by=auditor, at=at, reason="done")


class TestPages:
    @pytest.mark.parametrize(("language", "words"), [("en", "Under a hold"), ("zh-hans", "已冻结")])
    def test_from_hold_to_certificate(self, language, words, evidence, national, leader, later, client: Client) -> None:
        client.cookies["django_language"] = language
        with terms.frozen(later):
            client.force_login(leader)
            client.post(f"{evidence.get_absolute_url()}hold/", {"reason": "asked for", "whole": "on"})
            assert words in client.get(evidence.get_absolute_url()).content.decode()
            [held] = keeping.holds_on(evidence)
            client.post(f"/vault/holds/{held.pk}/lift/", {"reason": "answered"})
            client.force_login(national)
            asked = client.post("/vault/disposals/propose/", {"evidence": evidence.number, **WHY})
            client.force_login(leader)
            assert client.post(f"{asked['Location']}acts/approve/").status_code == 302
            given = client.get(f"{asked['Location']}certificate/")
            assert json.loads(given.content)["certificate"]["evidence"] == evidence.number
            page = client.get(evidence.get_absolute_url()).content.decode()
            assert "download/" not in page
            assert client.get(f"{evidence.get_absolute_url()}download/").status_code == 409

    def test_the_list_takes_the_same_queries_whatever_it_lists(self, telco, leader, client: Client) -> None:
        from tests.base.vault.makers import make_disposal

        client.force_login(leader)
        make_disposal(telco)
        client.get("/vault/disposals/")
        counts = []
        for _round in range(2):
            with CaptureQueriesContext(connection) as taken:
                assert client.get("/vault/disposals/").status_code == 200
            counts.append(len(taken))
            for _more in range(5):
                make_disposal(telco, state="done")
        assert counts[0] == counts[1]
