"""Tables show, sort, filter, page, remember, act in bulk and export exactly what is shown."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from python_calamine import CalamineWorkbook

from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from bastide.base.ui.models import SavedView, TableChoice
from bastide.base.ui.tables import Bulk, Column, list_page
from bastide.base.ui.tables.export import csv_cell, safe_text
from bastide.base.ui.tables.table import BoundTable
from tests.base.ui.makers import OrganisationTable, a_request, organisations

pytestmark = pytest.mark.django_db
ALL = Organisation.objects.all


def bound(account: Account, query: str = "") -> BoundTable:
    page = list_page(a_request(account, f"/list/{query}"), OrganisationTable, ALL(), title="Organisations")
    assert isinstance(page, dict)
    table = page["table"]
    assert isinstance(table, BoundTable)
    return table


def codes(table: BoundTable) -> list[str]:
    return [row.thing.code for row in table.shown]


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


class TestSorting:
    def test_it_keeps_the_declared_order_at_first(self, stranger: Account) -> None:
        organisations(3)
        assert codes(bound(stranger, "?q=ORG")) == ["ORG-000", "ORG-001", "ORG-002"]

    def test_a_minus_turns_it_round(self, stranger: Account) -> None:
        organisations(3)
        assert codes(bound(stranger, "?q=ORG&sort=-code"))[0] == "ORG-002"

    def test_an_unknown_column_falls_back_to_the_declared_order(self, stranger: Account) -> None:
        organisations(2)
        assert codes(bound(stranger, "?q=ORG&sort=password")) == ["ORG-000", "ORG-001"]

    def test_a_computed_column_has_no_sorting_link(self, stranger: Account) -> None:
        heads = {head.column.name: head for head in bound(stranger).heads}
        assert heads["children"].url == ""
        assert heads["code"].order == "ascending"
        assert "sort=-code" in heads["code"].url

    def test_a_path_that_is_no_field_cannot_be_sorted(self) -> None:
        assert Column("x", "X", value="name").sort_paths(Organisation) == []
        assert Column("x", "X", value="parent.code").sort_paths(Organisation) == ["parent__code"]


class TestFilters:
    def test_all_words_must_occur(self, stranger: Account) -> None:
        organisations(12)
        assert codes(bound(stranger, "?q=Unit+ORG-01")) == ["ORG-010", "ORG-011"]

    def test_several_choices_widen(self, stranger: Account, ministry: Organisation, telco: Organisation) -> None:
        assert len(codes(bound(stranger, "?kind=operator&kind=national_authority"))) == 2

    def test_days_are_days_of_the_console_zone(self, stranger: Account) -> None:
        # 16:30 UTC is half past midnight of the next day in Shanghai.
        organisations(1, created_at=datetime(2026, 3, 1, 16, 30, tzinfo=UTC))
        assert codes(bound(stranger, "?q=ORG&created_from=2026-03-02&created_to=2026-03-02")) == ["ORG-000"]
        assert codes(bound(stranger, "?q=ORG&created_to=2026-03-01")) == []

    @pytest.mark.parametrize(
        ("query", "words"),
        [("?kind=planet", "planet"), ("?created_from=yesterday", "yesterday"), ("?active=perhaps", "是")],
    )
    def test_what_cannot_be_read_shows_an_error_and_no_rows(self, stranger: Account, query: str, words: str) -> None:
        organisations(2)
        table = bound(stranger, query)
        assert codes(table) == []
        assert words in table.errors[0]

    def test_a_chip_leads_to_the_list_without_it(self, stranger: Account) -> None:
        table = bound(stranger, "?q=x&active=yes&page=3")
        assert [chip["url"] for chip in table.chips] == ["/list/?active=yes", "/list/?q=x"]


class TestPages:
    def test_the_size_may_be_chosen_from_a_few(self, stranger: Account) -> None:
        organisations(60)
        assert len(bound(stranger, "?q=ORG&per=50").shown) == 50
        assert len(bound(stranger, "?q=ORG&per=100000").shown) == 20

    def test_a_page_beyond_the_end_is_the_last(self, stranger: Account) -> None:
        organisations(25)
        table = bound(stranger, "?q=ORG&page=99")
        assert len(table.shown) == 5
        assert table.summary == "第 21–25 项，共 25 项"

    def test_the_number_of_queries_does_not_grow(self, stranger: Account, django_assert_max_num_queries: Any) -> None:
        organisations(200)
        with django_assert_max_num_queries(6):
            table = bound(stranger, "?q=ORG&per=200")
            assert len([cell.html for row in table.shown for cell in row.cells]) == 200 * 6
            assert all([table.heads, table.chips, table.pages, table.column_choices])
            assert table.saved == []


class TestCells:
    def test_values_are_escaped(self, stranger: Account) -> None:
        Organisation.objects.create(code="X", kind="operator", name_zh="<script>alert(1)</script>")
        (row,) = bound(stranger, "?q=script").shown
        assert "&lt;script&gt;" in row.cells[1].html

    def test_a_column_is_hidden_from_those_without_the_right(self, stranger: Account) -> None:
        table = bound(stranger, "?cols=code,secret")
        assert [column.name for column in table.columns] == ["code"]


class TestRemembering:
    def test_chosen_columns_are_kept_per_person(self, client: Any, stranger: Account, national: Account) -> None:
        client.force_login(stranger)
        client.post("/ui/columns/", {"table": OrganisationTable.name, "columns": ["licence", "code"], "per": "100"})
        assert [column.name for column in bound(stranger).columns] == ["licence", "code"]
        assert bound(stranger).per_page == 100
        assert len(bound(national).columns) == 6
        client.post("/ui/columns/", {"table": OrganisationTable.name, "columns": ["code"], "reset": "1"})
        assert TableChoice.objects.get().columns == []

    def test_saved_filters_belong_to_one_person(self, client: Any, stranger: Account, national: Account) -> None:
        client.force_login(stranger)
        client.post(
            "/ui/views/", {"table": OrganisationTable.name, "name": "Mine", "query": "kind=operator", "next": "/x"}
        )
        assert [one["url"] for one in bound(stranger).saved] == ["/list/?kind=operator"]
        assert bound(national).saved == []
        client.force_login(national)
        assert client.post(f"/ui/views/{SavedView.objects.get().pk}/delete/").status_code == 404

    def test_a_saved_view_leaves_out_the_page(self, stranger: Account) -> None:
        assert bound(stranger, "?q=a&page=4&view=7").query == "q=a"


class TestExport:
    def export(self, account: Account, query: str) -> Any:
        return list_page(a_request(account, f"/list/{query}"), OrganisationTable, ALL(), title="Organisations")

    def test_csv_holds_exactly_what_is_shown(self, stranger: Account, at: datetime) -> None:
        organisations(30, created_at=at)
        response = self.export(stranger, "?q=ORG-02&cols=name,code,created_at&sort=-code&export=csv")
        text = body(response).decode("utf-8")
        assert text.startswith("\ufeff")
        rows = list(csv.reader(io.StringIO(text[1:])))
        assert rows[0] == ["Name", "Code", "Created"]
        assert rows[1] == ["单位29", "ORG-029", "2026-06-16 12:00:00+08:00"]
        assert len(rows) == 11

    def test_the_language_is_that_of_the_page(self, stranger: Account) -> None:
        organisations(1)
        with translation.override("en"):
            response = self.export(stranger, "?q=ORG&cols=name,kind,is_active&export=csv")
        assert "Unit 0,Operator,Yes" in body(response).decode()

    def test_xlsx_has_real_numbers_and_times(self, stranger: Account, at: datetime) -> None:
        organisations(2, created_at=at)
        data = body(self.export(stranger, "?q=ORG&cols=code,children,created_at&export=xlsx"))
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        assert rows[0] == ["Code", "Children", "Created (UTC+8)"]
        assert rows[1] == ["ORG-000", 7.0, datetime(2026, 6, 16, 12, 0)]

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@SUM(A1)", "\tx", "\rx"])
    def test_a_formula_is_disarmed(self, text: str) -> None:
        assert safe_text(text) == f"'{text}"
        assert csv_cell(text) == f"'{text}"

    def test_a_negative_number_stays_a_number(self) -> None:
        assert csv_cell(-2) == "-2"

    def test_a_formula_in_a_workbook_is_text(self, stranger: Account) -> None:
        Organisation.objects.create(code="F", kind="operator", name_zh="=1+1")
        data = body(self.export(stranger, "?q=%3D1&cols=name&export=xlsx"))
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        assert rows[1] == ["=1+1"]

    def test_it_leaves_an_entry_in_the_trail(self, stranger: Account) -> None:
        organisations(3)
        self.export(stranger, "?q=ORG&export=csv")
        entry = Entry.objects.get()
        assert (entry.act, entry.kind, entry.account) == ("export", "people.organisation", stranger)
        assert "csv: 3" in entry.note

    def test_what_left_the_list_meanwhile_is_left_out(self, stranger: Account) -> None:
        organisations(3)
        response = self.export(stranger, "?q=ORG&cols=code&sort=code&export=csv")
        Organisation.objects.filter(code="ORG-001").update(code="GONE")
        assert body(response).decode("utf-8-sig").split() == ["Code", "ORG-000", "ORG-002"]

    def test_all_pieces_keep_the_order(self, stranger: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bastide.base.ui.tables.table.PIECE", 2)
        organisations(7)
        lines = body(self.export(stranger, "?q=ORG&cols=code&sort=-code&export=csv")).decode("utf-8-sig").split()
        assert lines == ["Code", *(f"ORG-00{n}" for n in range(6, -1, -1))]

    def test_the_number_of_queries_does_not_grow(self, stranger: Account, django_assert_max_num_queries: Any) -> None:
        organisations(150)
        with django_assert_max_num_queries(12):
            assert len(body(self.export(stranger, "?q=ORG&export=csv")).splitlines()) == 151


class TestBulk:
    def close(self, row: Organisation, *, by: Account, at: datetime) -> None:
        if row.code == "ORG-001":
            raise Refused("This one stays open.")
        Organisation.objects.filter(pk=row.pk).update(is_active=False)

    def send(self, account: Account, **post: Any) -> Any:
        act = Bulk("close", "Close", self.close)
        request = a_request(account, "/list/?q=ORG", post={"_bulk": "close", **post})
        return request, list_page(request, OrganisationTable, ALL(), title="Organisations", bulk=[act])

    def test_it_asks_first(self, stranger: Account) -> None:
        organisations(2)
        pks = [str(row.pk) for row in Organisation.objects.filter(code__startswith="ORG")]
        _request, answer = self.send(stranger, pk=pks)
        assert answer.status_code == 200
        assert Organisation.objects.filter(code__startswith="ORG", is_active=True).count() == 2

    def test_the_summary_tells_which_rows_were_refused_and_why(self, stranger: Account) -> None:
        organisations(3)
        pks = [str(row.pk) for row in Organisation.objects.filter(code__startswith="ORG")]
        request, answer = self.send(stranger, pk=pks, _confirmed="1")
        assert answer.status_code == 302
        result = request.session["bulk_result"]
        assert len(result["done"]) == 2
        assert result["refused"] == [["单位1", "This one stays open."]]

    def test_rows_outside_the_list_are_not_touched(self, stranger: Account) -> None:
        other = Organisation.objects.create(code="ELSE", kind="operator", name_zh="外")
        self.send(stranger, pk=[str(other.pk)], _confirmed="1")
        other.refresh_from_db()
        assert other.is_active

    def test_an_act_that_is_not_offered_is_refused(self, stranger: Account) -> None:
        request = a_request(stranger, post={"_bulk": "delete"})
        with pytest.raises(Refused):
            list_page(request, OrganisationTable, ALL(), title="Organisations", bulk=[])


def test_saved_views_and_columns_cost_no_query_per_row(stranger: Account) -> None:
    organisations(40)
    codes(bound(stranger))
    with CaptureQueriesContext(connection) as few:
        codes(bound(stranger, "?q=ORG-00"))
    with CaptureQueriesContext(connection) as many:
        codes(bound(stranger, "?q=ORG"))
    assert len(few) == len(many)
