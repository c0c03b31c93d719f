"""Evidence through the web: downloads that are only downloads, and 404 for what is not yours."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bastide.base import vault
from bastide.base.people.models import Account, Organisation
from bastide.base.vault.models import EvidenceFile
from bastide.base.vault.reads import custody_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def evidence(operator: Account, telco: Organisation, at: datetime) -> EvidenceFile:
    return vault.receive("<html>日志</html>".encode(), name="日志.html", by=operator, at=at, thing=telco)


def signed_in(account: Account) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(account)
    return client


class TestDownload:
    def test_it_is_an_attachment_nobody_guesses_about(self, evidence: EvidenceFile, operator: Account) -> None:
        answer = signed_in(operator).get(evidence.url)
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert content == "<html>日志</html>".encode()
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert answer["Content-Digest"] == f"sha-256=:{digest}:"
        assert custody_of(evidence).last().act == "downloaded"  # type: ignore[union-attr]

    def test_of_another_operator_it_is_not_found(
        self, evidence: EvidenceFile, other_operator: Account, other_provincial: Account
    ) -> None:
        for person in (other_operator, other_provincial):
            client = signed_in(person)
            for address in (evidence.url, evidence.get_absolute_url(), f"/api/v1/vault/evidence/{evidence.number}",
                            f"/api/v1/vault/evidence/{evidence.number}/download"):  # fmt: skip
                assert client.get(address).status_code == 404, address

    def test_classified_evidence_asks_why_first(self, evidence: EvidenceFile, operator: Account) -> None:
        EvidenceFile.objects.update(is_classified=True)
        answer = signed_in(operator).get(evidence.url)
        assert "attachment" not in answer.headers.get("Content-Disposition", "")
        assert custody_of(evidence).filter(act="downloaded").count() == 0


class TestPage:
    def test_it_shows_hash_and_custody(self, evidence: EvidenceFile, provincial: Account) -> None:
        answer = signed_in(provincial).get(evidence.get_absolute_url())
        assert answer.status_code == 200
        assert evidence.sha256 in answer.content.decode()
        assert "viewed" in answer.content.decode()

    def test_the_list_keeps_its_number_of_queries(
        self,
        evidence: EvidenceFile,
        operator: Account,
        telco: Organisation,
        at: datetime,
        django_assert_max_num_queries: object,
    ) -> None:
        for n in range(5):
            vault.receive(f"{n}".encode(), name=f"{n}.txt", by=operator, at=at, thing=telco)
        client = signed_in(operator)
        with django_assert_max_num_queries(20):  # type: ignore[operator]
            assert client.get("/vault/evidence/").status_code == 200

    def test_checking_says_what_was_found(self, evidence: EvidenceFile, provincial: Account) -> None:
        answer = signed_in(provincial).post(f"{evidence.get_absolute_url()}verify/", follow=True)
        assert "Checked" in answer.content.decode()


class TestApi:
    def test_a_file_is_handed_in_and_named_by_its_id(self, operator: Account) -> None:
        answer = signed_in(operator).post("/api/v1/vault/evidence", {"file": SimpleUploadedFile("a.txt", b"abc")})
        assert answer.status_code == 201, answer.content
        assert answer.json()["sha256"] == hashlib.sha256(b"abc").hexdigest()
        assert answer.json()["id"] == EvidenceFile.objects.get().pk

    def test_above_the_limit_it_is_refused_and_not_kept(
        self, operator: Account, settings: LazySettings, home: Path
    ) -> None:
        settings.BASTIDE_UPLOAD_LIMIT = 1000
        answer = signed_in(operator).post(
            "/api/v1/vault/evidence", {"file": SimpleUploadedFile("a.txt", b"x" * 200_000)}
        )
        assert answer.status_code == 409, answer.content
        assert "larger than" in answer.json()["detail"]
        assert not [path for path in home.rglob("*") if path.is_file()]
