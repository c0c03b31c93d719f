"""Documents: numbered once, printed in both languages, refused before anything is half done."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.utils import translation
from pypdf import PdfReader

from bastide.base import papers
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.papers import reads
from bastide.base.papers.models import Document
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from bastide.base.vault import store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chinese")]


@pytest.fixture
def issued(
    order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
) -> Document:
    return papers.issue("rectify.order", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)


def text_of(document: Document, language: str) -> str:
    edition = document.editions.get(language=language)
    pages = PdfReader(io.BytesIO(edition.content.read())).pages
    return "".join(page.extract_text() for page in pages).replace("\n", "")


class TestIssue:
    def test_it_is_numbered_by_the_pack(self, issued: Document) -> None:
        assert (issued.number, issued.reference, issued.type_id) == ("RO-2026-000001", "责改〔2026〕1号", "DOC-16")
        assert issued.thing_kind == "people.organisation"

    def test_both_languages_are_printed_and_one_is_authentic(self, issued: Document) -> None:
        assert {(one.language, one.is_authentic) for one in issued.editions.all()} == {("zh", True), ("en", False)}
        chinese, english = text_of(issued, "zh"), text_of(issued, "en")
        assert "管理接口未启用双因素认证" in chinese
        assert "责令限期改正通知书" in chinese
        assert "2026年7月1日" in chinese
        assert "Management without a second factor" in english
        assert "Reference translation" in english

    def test_number_and_digest_stand_on_the_paper(self, issued: Document) -> None:
        assert issued.number in text_of(issued, "zh")
        assert issued.digest in text_of(issued, "zh")
        assert issued.is_unaltered

    def test_the_pdf_in_the_vault_has_the_hash_of_the_edition(self, issued: Document) -> None:
        for edition in issued.editions.all():
            assert hashlib.sha256(edition.content.read()).hexdigest() == edition.sha256
            assert store.rehash(edition.sha256) == (edition.sha256, edition.size)

    def test_it_stands_in_the_timeline_of_its_thing(self, issued: Document, telco: Organisation) -> None:
        assert Entry.objects.get(act="papers.document.issue", thing_id=telco.pk).note == "责改〔2026〕1号"
        assert list(papers.of(telco)) == [issued]

    def test_times_are_kept_in_the_zone_of_the_pack(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        order["plan_by"] = datetime(2026, 6, 20, 17, 30, tzinfo=UTC)
        document = papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)
        assert document.data["plan_by"] == "2026-06-21T01:30:00+08:00"
        assert "2026年6月21日01:30（UTC+8）" in text_of(document, "zh").replace(" ", "")


class TestWithoutTemplate:
    def test_the_fields_of_the_pack_are_printed_as_a_form(
        self, province: Organisation, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        data = {
            "order": "ORD-2026-000007", "measures": [{"zh": "启用双因素认证", "en": "Enable a second factor"}],
            "owner": "A", "date": "2026-07-01", "interim": {"zh": "限制来源", "en": "Restrict sources"},
        }  # fmt: skip
        document = papers.issue("rectify.plan", telco, by=operator, at=at, data=data, issuer=telco, addressee=province)
        assert "启用双因素认证" in text_of(document, "zh")
        assert "1 July 2026" in text_of(document, "en")


class TestRefusal:
    def test_missing_fields_are_named_in_the_readers_language(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        order |= {"limit": "", "findings": []}
        for language, words in (("en", "Findings, Limit"), ("zh-hans", "存在问题.*改正期限")):
            with translation.override(language), pytest.raises(Refused, match=words) as refusal:
                papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)
            assert refusal.value.field == "findings"
        assert not Document.objects.exists()

    def test_wrong_data_names_template_line_and_field_and_spends_no_number(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        order["findings"] = [{"number": "FND-2026-000001"}]
        with translation.override("en"), pytest.raises(Refused, match=r"template rectify-order\.typ, line \d+.*“text”"):
            papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)
        assert reads.gaps("RO", 2026) == []
        again = papers.issue(
            "DOC-16",
            telco,
            by=provincial,
            at=at,
            data={**order, "findings": _whole()},
            issuer=province,
            addressee=telco,
        )
        assert again.ordinal == 1

    def test_what_no_paper_can_say_is_named(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        order["findings"] = [{"number": object()}]
        with pytest.raises(Refused, match=r"data\.findings\.1\.number"):
            papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)

    def test_without_a_chinese_font_nothing_is_issued(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime,
        settings: LazySettings,
    ) -> None:  # fmt: skip
        settings.BASTIDE_FONTS = []
        with translation.override("en"), pytest.raises(Refused, match="fonts-noto-cjk"):
            papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)


def _whole() -> list[dict[str, Any]]:
    from tests.base.papers.conftest import ORDER

    return list(ORDER["findings"])


class TestMissingGlyphs:
    def test_they_are_named_and_their_codes_printed(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        order["source"] = "来源\U00030000\ue123号\u200b\u202e"
        document = papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)
        assert document.missing == ["\ue123", "\U00030000"]
        assert "来源[U+30000][U+E123]号" in text_of(document, "zh")


class TestNumbers:
    def test_an_undone_act_leaves_a_gap_and_never_the_same_number(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account, at: datetime
    ) -> None:
        def issue() -> Document:
            return papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco)

        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - the act and its end
            assert issue().number == "RO-2026-000001"
            raise ZeroDivisionError
        assert issue().number == "RO-2026-000002"
        assert reads.gaps("RO", 2026) == [1]

    def test_a_voided_number_stays_taken(
        self,
        issued: Document,
        order: dict[str, Any],
        province: Organisation,
        telco: Organisation,
        provincial: Account,
        at: datetime,
    ) -> None:
        papers.void(issued, by=provincial, at=at, reason="wrong addressee")
        new = papers.issue(
            "DOC-16", telco, by=provincial, at=at, data=order, issuer=province, addressee=telco, supersedes=issued
        )
        assert new.number == "RO-2026-000002"
        assert new.supersedes == issued

    def test_the_year_is_that_of_the_packs_zone(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, provincial: Account
    ) -> None:
        eve = datetime(2026, 12, 31, 17, tzinfo=UTC)  # already 2027 in Beijing
        document = papers.issue("DOC-16", telco, by=provincial, at=eve, data=order, issuer=province, addressee=telco)
        assert document.number == "RO-2027-000001"


class TestVoid:
    def test_it_says_why_and_keeps_the_pdf(self, issued: Document, provincial: Account, at: datetime) -> None:
        papers.void(issued, by=provincial, at=at, reason="wrong addressee")
        assert issued.is_void
        assert issued.editions.count() == 2

    def test_it_asks_for_a_reason(self, issued: Document, provincial: Account, at: datetime) -> None:
        with pytest.raises(Refused, match="why"):
            papers.void(issued, by=provincial, at=at, reason="  ")

    def test_only_the_issuer_may(self, issued: Document, operator: Account, national: Account, at: datetime) -> None:
        for person in (operator, national):
            with pytest.raises(Forbidden):
                papers.void(issued, by=person, at=at, reason="because")


class TestSight:
    def test_issuer_addressee_and_their_authority_see_it(
        self, issued: Document, national: Account, provincial: Account, operator: Account, other_operator: Account,
        other_provincial: Account, stranger: Account, auditor: Account,
    ) -> None:  # fmt: skip
        people = (national, provincial, operator, other_operator, other_provincial, stranger, auditor)
        assert {p.username for p in people if papers.visible(p).exists()} == {
            "national",
            "provincial",
            "operator",
            "auditor",
        }

    def test_copies_are_seen_by_their_recipients(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, other_telco: Organisation,
        provincial: Account, other_operator: Account, at: datetime,
    ) -> None:  # fmt: skip
        papers.issue("DOC-16", telco, by=provincial, at=at, data=order, issuer=province, copies=[telco, other_telco])
        assert papers.visible(other_operator).count() == 1


class TestPreview:
    def test_it_is_a_draft_and_spends_nothing(
        self, order: dict[str, Any], province: Organisation, telco: Organisation, at: datetime
    ) -> None:
        pdf = papers.preview("rectify.order", at=at, data=order, issuer=province, addressee=telco, language="en")
        assert "DRAFT" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
        assert not Document.objects.exists()
        assert reads.gaps("RO", 2026) == []
