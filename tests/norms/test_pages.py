"""The pages, the search and the API of the norms."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from bastide.base import packs
from bastide.base.people.models import Account
from bastide.norms import flows, reads
from bastide.norms.models import Clause

pytestmark = pytest.mark.django_db


@pytest.fixture
def clause(db: None, at: datetime) -> Clause:
    flows.load_pack(packs.active(), by=Account.objects.house(), at=at)
    found = reads.clauses().order_by("pk").first()
    assert found is not None
    return found


def signed_in(account: Account, language: str = "en") -> Client:
    client = Client()
    client.force_login(account)
    client.cookies["django_language"] = language
    return client


class TestPages:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_every_page_opens(self, clause: Clause, operator: Account, language: str) -> None:
        client = signed_in(operator, language)
        checklist = packs.active().checklists[0].id
        bare = next(one for one in reads.instruments() if not one.clause_count)
        for path in (
            "instruments/", f"instruments/{clause.instrument.code}/", f"instruments/{bare.code}/", "clauses/",
            f"clauses/{quote(clause.anchor)}/", "checklists/", f"checklists/{checklist}/",
        ):  # fmt: skip
            assert client.get(f"/norms/{path}").status_code == 200, path

    def test_the_mark_of_a_clause_is_shown(self, clause: Clause, operator: Account) -> None:
        doubtful = reads.clauses().filter(mark="unverified").first()
        assert doubtful is not None
        page = signed_in(operator).get(f"/norms/clauses/{quote(doubtful.anchor)}/")
        assert b"Not verified" in page.content

    def test_what_is_not_there_is_not_found(self, clause: Clause, operator: Account, stranger: Account) -> None:
        client = signed_in(operator)
        for path in ("instruments/NONE/", "clauses/NONE%201/", "checklists/none/"):
            assert client.get(f"/norms/{path}").status_code == 404
        assert signed_in(stranger).get("/norms/clauses/").status_code == 403

    def test_the_list_asks_a_fixed_number_of_questions(self, clause: Clause, operator: Account) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client, counts = signed_in(operator), []
        client.get("/norms/clauses/")
        for size in ("20", "100"):
            with CaptureQueriesContext(connection) as asked:
                client.get(f"/norms/clauses/?per={size}")
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestSearch:
    def test_a_clause_is_found_by_its_anchor(self, clause: Clause, operator: Account) -> None:
        assert clause.anchor.encode() in signed_in(operator).get(reverse("ui:search"), {"q": clause.anchor}).content


class TestApi:
    def test_clauses_are_read_and_filtered(self, clause: Clause, operator: Account) -> None:
        client = signed_in(operator)
        told = client.get("/api/v1/norms/clauses", {"instrument": clause.instrument.code}).json()
        assert {one["instrument"] for one in told["items"]} == {clause.instrument.code}
        assert client.get(f"/api/v1/norms/clauses/{quote(clause.anchor)}").json()["anchor"] == clause.anchor
        assert len(client.get(f"/api/v1/norms/clauses/{quote(clause.anchor)}/wordings").json()) == 1
        for path in ("instruments", f"instruments/{clause.instrument.code}", "checklists", "loads"):
            assert client.get(f"/api/v1/norms/{path}").status_code == 200, path

    def test_who_has_no_role_reads_nothing(self, clause: Clause, stranger: Account) -> None:
        assert signed_in(stranger).get("/api/v1/norms/clauses").status_code == 403
