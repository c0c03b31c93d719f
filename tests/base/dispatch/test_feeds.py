"""The calendar feed: what stands in it, who may read it, and how its address ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from bastide.base.clock import flows as clocks
from bastide.base.dispatch import feeds
from bastide.base.dispatch.models import Feed
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from tests.base.clock.conftest import START
from tests.house.cast import make_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(operator: Account) -> str:
    Account.objects.filter(pk=operator.pk).update(language="en")
    return f"/dispatch/calendar/{feeds.make(operator, at=START)}.ics"


@pytest.fixture
def hour_clock(telco: Organisation, operator: Account):
    return clocks.start(telco, "CK-01", at=START, by=operator, bearer=telco)


def events(path: str) -> dict[str, dict[str, object]]:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    return {str(e["uid"]).split("@")[0]: e for e in calendar.walk("VEVENT")}


class TestWhatItHolds:
    def test_a_running_clock_stands_at_its_due_time(self, path, hour_clock) -> None:
        found = events(path)[f"clock-{hour_clock.pk}"]
        assert found["dtstart"].dt == START + timedelta(hours=1)
        assert "First report of a CII incident" in found["summary"]

    def test_a_last_day_is_a_whole_day(self, path, telco, operator) -> None:
        clock = clocks.start(telco, "CK-09", at=START, by=operator, bearer=telco)
        found = events(path)[f"clock-{clock.pk}"]
        assert found["dtstart"].dt == clock.due_day
        assert type(found["dtstart"].dt) is date

    def test_a_stopped_clock_leaves(self, path, hour_clock, operator) -> None:
        clocks.stop(hour_clock, at=START, by=operator)
        assert events(path) == {}

    def test_nothing_of_another_operator(self, path, other_telco, other_operator) -> None:
        clocks.start(other_telco, "CK-01", at=START, by=other_operator, bearer=other_telco)
        assert events(path) == {}

    def test_visits_stand_in_it_and_classified_ones_by_number_alone(self, national, telco, tmp_path, settings) -> None:
        settings.BASTIDE_HOME = tmp_path
        Account.objects.filter(pk=national.pk).update(language="en")
        visit = make_all(telco)["inspection.visit"]
        path = f"/dispatch/calendar/{feeds.make(national, at=START)}.ics"
        plain = events(path)[f"visit-{visit.pk}"]
        assert plain["summary"] == f"{visit.number}: Inspection of OP-A (test)"
        assert plain["dtend"].dt == visit.ends_at
        type(visit)._default_manager.filter(pk=visit.pk).update(concerns_cii=True)
        hidden = events(path)[f"visit-{visit.pk}"]
        assert hidden["summary"] == f"{visit.number}: sign in to read it"

    def test_the_queries_do_not_grow_with_the_dates(
        self, path, telco, operator, tmp_path, settings, django_assert_max_num_queries
    ) -> None:
        settings.BASTIDE_HOME = tmp_path
        for _ in range(3):
            make_all(telco)
        with django_assert_max_num_queries(22):
            assert len(events(path)) > 5


class TestAddress:
    def test_only_its_hash_is_kept(self, path) -> None:
        secret = path.rsplit("/", 1)[1].removesuffix(".ics")
        assert secret not in str(Feed.objects.values().get())

    def test_renewing_ends_the_one_before(self, path, operator) -> None:
        feeds.make(operator, at=START)
        assert Client().get(path).status_code == 404

    def test_a_revoked_one_is_not_found(self, path, operator) -> None:
        assert feeds.revoke(operator, at=START)
        assert Client().get(path).status_code == 404
        acts = list(Entry.objects.filter(act__startswith="dispatch.feed").values_list("act", flat=True))
        assert sorted(acts) == ["dispatch.feed.make", "dispatch.feed.revoke"]

    def test_a_closed_account_is_not_found(self, path, operator) -> None:
        Account.objects.filter(pk=operator.pk).update(is_active=False)
        assert Client().get(path).status_code == 404

    def test_a_demonstration_account_is_found_in_a_demonstration_only(self, path, operator, settings) -> None:
        Account.objects.filter(pk=operator.pk).update(is_demo=True)
        assert Client().get(path).status_code == 404
        settings.BASTIDE_DEMO = True
        assert Client().get(path).status_code == 200

    @pytest.mark.parametrize("secret", ["", "x", "../../entry/me", "a" * 5000])
    def test_a_guess_is_not_found(self, db, secret) -> None:
        assert Client().get(f"/dispatch/calendar/{secret}.ics").status_code == 404


class TestCaching:
    def test_what_is_unchanged_is_not_sent_again(self, path, hour_clock, operator) -> None:
        first = Client().get(path)
        assert first["Cache-Control"] == "private, max-age=900"
        again = Client().get(path, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        clocks.stop(hour_clock, at=START, by=operator)
        assert Client().get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


class TestPage:
    @pytest.mark.parametrize(("language", "words"), [("en", "shown this once"), ("zh-hans", "仅显示这一次")])
    def test_it_shows_the_address_once(self, operator, language, words) -> None:
        client = Client()
        client.force_login(operator)
        client.cookies["django_language"] = language
        made = client.post("/dispatch/calendar/make/").content.decode()
        assert words in made
        address = made.split('<code class="secret">')[1].split("<")[0]
        assert Client().get("/dispatch/" + address.split("/dispatch/")[1]).status_code == 200
        assert 'class="secret"' not in client.get("/dispatch/calendar/").content.decode()
        client.post("/dispatch/calendar/revoke/")
        assert not Feed.objects.exists()
