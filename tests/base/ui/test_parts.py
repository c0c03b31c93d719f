"""Parts of pages: how things are written, badges, menu, search, desk, panels, timeline, forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.http import Http404
from django.template.loader import render_to_string
from django.utils import translation

from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.base.ui import badges, desk, formats, menu, panels, search, timeline
from bastide.base.ui.badges import Badge, Tone
from tests.base.ui.makers import a_request

NOON = datetime(2026, 6, 16, 4, 0, tzinfo=UTC)


class TestFormats:
    def test_a_time_names_its_zone(self) -> None:
        assert formats.moment_text(NOON) == "2026-06-16 12:00 UTC+8"
        assert 'datetime="2026-06-16T12:00:00+08:00"' in formats.moment_html(NOON)

    @pytest.mark.parametrize(
        ("distance", "english", "chinese"),
        [
            (timedelta(hours=3), "in 3 hours", "3 小时后"),
            (timedelta(days=-2, hours=-1), "2 days 1 hour ago", "2 天 1 小时前"),
            (timedelta(seconds=20), "just now", "刚刚"),
            (timedelta(days=400), "in 400 days", "400 天后"),
        ],
    )
    def test_distances_are_told_in_two_units(self, distance: timedelta, english: str, chinese: str) -> None:
        with translation.override("en"):
            assert formats.ago(NOON + distance, NOON) == english
        with translation.override("zh-hans"):
            assert formats.ago(NOON + distance, NOON) == chinese

    @pytest.mark.parametrize(
        ("count", "text"), [(None, "–"), (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")]
    )
    def test_sizes_are_short(self, count: int | None, text: str) -> None:
        assert formats.size(count) == text

    def test_nothing_is_a_dash(self) -> None:
        assert formats.plain(None) == formats.plain("") == "–"


class TestBadges:
    def test_a_badge_is_told_by_icon_and_words(self) -> None:
        html = Badge("Overdue", Tone.BAD).__html__()
        assert "Overdue" in html
        assert "#circle-x" in html

    def test_its_words_are_escaped(self) -> None:
        assert "<b>" not in Badge("<b>", Tone.OK).__html__()

    def test_a_model_says_its_own_tones(self) -> None:
        class Own:
            TONES = {"closed": "muted"}

        assert badges.tone_of("closed", Own) is Tone.MUTED  # type: ignore[arg-type]
        assert badges.tone_of("closed") is Tone.OK
        assert badges.tone_of("unheard-of") is Tone.NEUTRAL


@pytest.mark.django_db
class TestMenu:
    def test_it_shows_what_the_role_opens(self, national: Account, stranger: Account) -> None:
        assert "ui:trail_list" in {item.url_name for item in menu.open_items(national)}
        assert "ui:trail_list" not in {item.url_name for item in menu.open_items(stranger)}

    def test_the_longest_address_is_the_current_line(self, national: Account) -> None:
        lines = [line for group in menu.groups(a_request(national, "/ui/trail/"), national) for line in group.lines]
        assert [line.key for line in lines if line.is_current] == ["ui:trail_list"]

    def test_counts_leave_out_what_does_not_wait(self, stranger: Account) -> None:
        assert menu.counts(stranger) == {}


@pytest.mark.django_db
class TestSearch:
    def test_it_finds_pages_of_the_menu(self, client: Any, national: Account) -> None:
        client.force_login(national)
        client.cookies["django_language"] = "en"
        assert "/ui/trail/" in client.get("/ui/search/?q=trai").content.decode()

    def test_the_palette_gets_a_fragment(self, client: Any, national: Account) -> None:
        client.force_login(national)
        text = client.get("/ui/search/?q=x", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in text

    def test_words_are_escaped(self, client: Any, national: Account) -> None:
        client.force_login(national)
        assert "<script>alert" not in client.get("/ui/search/?q=<script>alert(1)</script>").content.decode()

    def test_a_provider_is_asked_once(self, national: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "_providers", [])

        def provider(account: Account, words: str) -> list[search.Hit]:
            return [search.Hit("Unit", f"{words} for {account}", "/u/")]

        search.register(provider)
        search.register(provider)
        assert [hit.url for hit in search.find(national, "zzzz")] == ["/u/"]


@pytest.mark.django_db
class TestDesk:
    def test_what_is_urgent_comes_first_then_what_is_due_first(
        self, national: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        items = [
            desk.DeskItem("Read", "c", "/c/"),
            desk.DeskItem("Read", "b", "/b/", due_at=NOON),
            desk.DeskItem("Read", "a", "/a/", urgency="high"),
        ]
        monkeypatch.setattr(desk, "_providers", [lambda account: items])
        assert [item.title for item in desk.waiting_for(national)] == ["a", "b", "c"]

    def test_the_desk_opens_for_everyone(self, client: Any, stranger: Account) -> None:
        client.force_login(stranger)
        assert client.get("/desk/").status_code == 200


@pytest.mark.django_db
class TestPanels:
    @pytest.fixture(autouse=True)
    def hung(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(panels, "_panels", {})
        monkeypatch.setattr(panels, "_lenders", {})
        panels.lend("people.organisation", lambda account: Organisation.objects.filter(pk__in=[
            org.pk for org in [account.organisation] if org
        ]))  # fmt: skip
        panels.panel("people.organisation", "ui/_empty.html", title="Incidents")(
            lambda request, thing: {"text": thing.code}
        )

    def test_one_is_fetched_as_a_fragment(self, client: Any, operator: Account, telco: Organisation) -> None:
        client.force_login(operator)
        (one,) = panels.panels_of("people.organisation", operator)
        response = client.get(one.url(telco), headers={"HX-Request": "true"})
        assert telco.code in response.content.decode()
        assert "<html" not in response.content.decode()

    def test_a_thing_out_of_sight_is_404(self, client: Any, operator: Account, other_telco: Organisation) -> None:
        client.force_login(operator)
        (one,) = panels.panels_of("people.organisation", operator)
        assert client.get(one.url(other_telco)).status_code == 404

    def test_a_noun_nobody_lends_is_404(self, operator: Account) -> None:
        with pytest.raises(Http404):
            panels.thing_for("people.account", 1, operator)


@pytest.mark.django_db
class TestTimeline:
    def test_keys_are_told_by_name_and_fields_by_label(
        self, national: Account, telco: Organisation, ministry: Organisation
    ) -> None:
        ledger.record(
            at=NOON, by=national, act="tests.moved", thing=telco,
            changes={"parent_id": [None, ministry.pk], "kind": ["vendor", "operator"], "is_active": [False, True]},
        )  # fmt: skip
        timeline.name_acts({"tests.moved": "Moved"})
        with translation.override("en"):
            (line,) = timeline.tell(ledger.of(telco), to=national)
            told = {str(change.label): (change.was, change.now) for change in line.changes}
        assert line.title == "Moved"
        assert told["parent"] == ("–", "MIIT (test)")
        assert told["kind"] == ("Vendor", "Operator")
        assert told["active"] == ("No", "Yes")

    def test_the_number_of_queries_does_not_grow(
        self, national: Account, telco: Organisation, ministry: Organisation, django_assert_num_queries: Any
    ) -> None:
        for _time in range(20):
            ledger.record(
                at=NOON, by=national, act="tests.moved", thing=telco, changes={"parent_id": [None, ministry.pk]}
            )
        with django_assert_num_queries(2):
            assert len(timeline.tell(ledger.of(telco), to=national)) == 20


class Report(forms.Form):
    fieldsets = [("Facts", ["title"])]
    title = forms.CharField(label="Title", help_text="Short.")
    sure = forms.BooleanField(label="Sure")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


class TestForms:
    def html(self, data: dict[str, str] | None = None) -> str:
        return render_to_string("ui/_form.html", {"form": Report(data), "submit": "Send"})

    def test_every_field_has_a_label_and_its_help(self) -> None:
        html = self.html()
        assert 'for="id_title"' in html
        assert 'aria-describedby="id_title_helptext"' in html
        assert 'id="id_title_helptext"' in html

    def test_errors_stand_in_the_summary_and_at_the_field(self) -> None:
        html = self.html({})
        assert 'href="#id_title"' in html
        assert 'aria-invalid="true"' in html
        assert 'id="id_title_error"' in html

    def test_a_form_carries_a_key_so_that_it_is_carried_out_once(self) -> None:
        assert 'name="_key"' in self.html()
        assert self.html() != self.html()

    def test_groups_have_legends(self) -> None:
        assert "<legend>Facts</legend>" in self.html()
