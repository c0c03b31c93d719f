"""Documents through the web: the list, one document, its PDFs; 404 for what is not yours."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bastide.base import papers
from bastide.base.papers.models import Document
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chinese")]


@pytest.fixture
def document(
    order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
) -> Document:
    return papers.issue("rectify.order", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)


def signed_in(account: Account, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(account)
    return client


def addresses(document: Document) -> list[str]:
    here = f"/api/v1/papers/documents/{document.number}"
    return [document.get_absolute_url(), f"{document.get_absolute_url()}zh.pdf", here, f"{here}/zh.pdf"]


class TestSight:
    def test_the_addressee_opens_every_door(self, document: Document, operator: Account) -> None:
        client = signed_in(operator)
        for address in addresses(document):
            assert client.get(address).status_code == 200, address

    def test_for_others_nothing_is_there(
        self, document: Document, other_operator: Account, other_provincial: Account, contestant: Account
    ) -> None:
        for person in (other_operator, other_provincial):
            for address in addresses(document):
                assert signed_in(person).get(address).status_code == 404, address
        assert signed_in(contestant).get(addresses(document)[2]).status_code == 404

    def test_an_unknown_language_is_not_found(self, document: Document, operator: Account) -> None:
        assert signed_in(operator).get(f"{document.get_absolute_url()}fr.pdf").status_code == 404


class TestPage:
    def test_it_says_the_same_in_both_languages(self, document: Document, operator: Account) -> None:
        english = signed_in(operator).get(document.get_absolute_url()).content.decode()
        chinese = signed_in(operator, "zh-hans").get(document.get_absolute_url()).content.decode()
        assert "Rectification order" in english
        assert "责令限期改正通知书" in chinese
        assert "管理接口未启用双因素认证" in chinese
        assert document.digest in english

    def test_the_list_keeps_its_number_of_queries(
        self, document: Document, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account,
        at: datetime, django_assert_max_num_queries: Any,
    ) -> None:  # fmt: skip
        papers.issue("rectify.order", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)
        client = signed_in(provincial)
        with django_assert_max_num_queries(20):
            assert client.get("/papers/documents/").status_code == 200

    def test_a_classified_document_asks_why_and_notes_the_copy(self, document: Document, operator: Account) -> None:
        Document.objects.update(is_classified=True)
        client = signed_in(operator)
        assert "attachment" not in client.get(f"{document.get_absolute_url()}zh.pdf").headers.get(
            "Content-Disposition", ""
        )
        address = f"/api/v1/papers/documents/{document.number}/zh.pdf"
        assert client.get(address).status_code == 428
        assert client.get(address, headers={"X-Purpose": "audit of orders"}).status_code == 200
        assert Entry.objects.get(is_read=True).purpose == "audit of orders"


class TestVoid:
    def test_the_issuer_voids_with_a_reason(self, document: Document, provincial: Account) -> None:
        address = f"{document.get_absolute_url()}void/"
        client = signed_in(provincial)
        assert client.get(address).status_code == 200
        assert client.post(address, {"reason": ""}).status_code == 422
        answer = client.post(address, {"reason": "wrong addressee"}, follow=True)
        assert "This document is void." in answer.content.decode()

    def test_the_addressee_cannot(self, document: Document, operator: Account) -> None:
        assert signed_in(operator).post(f"{document.get_absolute_url()}void/", {"reason": "x"}).status_code in {
            403,
            404,
        }


class TestCheck:
    def test_a_genuine_pdf_is_recognised_and_a_changed_one_is_not(self, document: Document, operator: Account) -> None:
        pdf = document.editions.get(language="zh").content.read()
        client = signed_in(operator)
        genuine = client.post("/papers/documents/check/", {"file": SimpleUploadedFile("a.pdf", pdf)})
        changed = client.post("/papers/documents/check/", {"file": SimpleUploadedFile("a.pdf", pdf + b" ")})
        assert "Genuine." in genuine.content.decode()
        assert "Not known." in changed.content.decode()


class TestApi:
    def test_it_tells_what_the_document_says(self, document: Document, operator: Account) -> None:
        found = signed_in(operator).get(f"/api/v1/papers/documents/{document.number}").json()
        assert found["statement"]["data"]["order"] == "ORD-2026-000007"
        pdf = signed_in(operator).get(found["editions"][0]["url"])
        content = b"".join(pdf.streaming_content)  # type: ignore[attr-defined]
        assert hashlib.sha256(content).hexdigest() == found["editions"][0]["sha256"]

    def test_the_list_is_filtered_by_what_it_is_about(self, document: Document, operator: Account) -> None:
        client = signed_in(operator)
        assert client.get("/api/v1/papers/documents", {"about": document.thing_number}).json()["count"] == 1
        assert client.get("/api/v1/papers/documents", {"about": "nothing"}).json()["count"] == 0
