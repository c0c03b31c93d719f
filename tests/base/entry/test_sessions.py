"""Sessions: how long they last, where they are seen, how they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from bastide.base import terms
from bastide.base.entry import jobs, sessions
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry
from tests.base.entry.doors import english, is_in, sign_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


class TestLimits:
    def test_an_idle_session_ends(self, person: Account, settings) -> None:
        client, begun = english(), terms.now()
        sign_in(client)
        assert is_in(client)
        with terms.frozen(begun + timedelta(minutes=settings.BASTIDE_IDLE_MINUTES - 1)):
            assert is_in(client)
        with terms.frozen(begun + timedelta(minutes=2 * settings.BASTIDE_IDLE_MINUTES)):
            answer = client.get("/entry/me/", follow=True)
        assert b"signed out because your session stood idle" in answer.content
        assert not UserSession.objects.filter(user=person).exists()

    def test_a_session_ends_however_busy_it_is(self, person: Account, settings) -> None:
        client, begun = english(), terms.now()
        sign_in(client)
        for minutes in range(0, settings.BASTIDE_SESSION_HOURS * 60, settings.BASTIDE_IDLE_MINUTES - 5):
            with terms.frozen(begun + timedelta(minutes=minutes)):
                assert is_in(client)
        with terms.frozen(begun + timedelta(hours=settings.BASTIDE_SESSION_HOURS, seconds=1)):
            assert not is_in(client)

    def test_what_a_page_asks_by_itself_is_no_sign_of_life(self, person: Account, settings) -> None:
        client, begun = english(), terms.now()
        sign_in(client)
        is_in(client)
        for minutes in range(5, settings.BASTIDE_IDLE_MINUTES, 5):
            with terms.frozen(begun + timedelta(minutes=minutes)):
                assert client.get("/ui/counts/", headers={"X-Background": "1"}).status_code == 200
        with terms.frozen(begun + timedelta(minutes=settings.BASTIDE_IDLE_MINUTES + 1)):
            assert not is_in(client)


class TestSight:
    def test_a_person_sees_where_they_are_signed_in_and_ends_one(self, person: Account) -> None:
        here, there = english(), english()
        sign_in(here)
        sign_in(there, HTTP_USER_AGENT=FIREFOX)
        page = here.get("/entry/me/").content.decode()
        assert "Firefox, Windows" in page
        assert "This one" in page
        other = UserSession.objects.get(user=person, user_agent=FIREFOX)
        assert here.post(f"/entry/sessions/{other.pk}/end/").status_code == 302
        assert (is_in(here), is_in(there)) == (True, False)
        assert Entry.objects.filter(act="people.account.end_sessions", account=person).count() == 1

    def test_all_others_end_at_once(self, person: Account) -> None:
        clients = [english() for _ in range(3)]
        for client in clients:
            sign_in(client)
        clients[0].post("/entry/sessions/end/")
        assert [is_in(client) for client in clients] == [True, False, False]

    def test_nobody_ends_a_session_of_somebody_else_by_its_number(self, person: Account, officer: Account) -> None:
        mine, theirs = english(), english()
        sign_in(mine)
        sign_in(theirs, "national")
        foreign = UserSession.objects.get(user=officer)
        assert mine.post(f"/entry/sessions/{foreign.pk}/end/").status_code == 404
        assert is_in(theirs)

    def test_an_administrator_ends_all_of_a_person(self, person: Account, administrator: Account) -> None:
        client = english()
        sign_in(client)
        assert sessions.end_all(person, by=administrator, at=terms.now()) == 1
        assert not is_in(client)

    def test_a_session_that_stood_idle_is_not_shown(self, person: Account, settings) -> None:
        sign_in(english())
        later = terms.now() + timedelta(minutes=settings.BASTIDE_IDLE_MINUTES, seconds=1)
        assert sessions.of(person, at=later) == []


class TestSweep:
    def test_what_is_over_is_forgotten(self, person: Account) -> None:
        sign_in(english())
        Session.objects.update(expire_date=terms.now() - timedelta(seconds=1))
        assert jobs.sweep(None)["sessions"] == 1  # type: ignore[arg-type]
        assert not UserSession.objects.exists()
