"""Guessing is slowed down, and guessing never locks out the person whose password it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bastide.base import terms
from bastide.base.entry import lockout
from bastide.base.entry.models import Guess
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry
from tests.base.entry.doors import PASSWORD, english, is_in, sign_in

pytestmark = pytest.mark.django_db


def guess_until_closed(login: str = "operator") -> str:
    """Guess from a browser nobody knows; the last answer."""
    stranger = english()
    answers = [sign_in(stranger, login, f"wrong-{n}").content.decode() for n in range(lockout.PER_NAME + 1)]
    assert "not correct" in answers[-2]
    return answers[-1]


class TestStrangers:
    def test_after_ten_wrong_guesses_even_the_right_one_is_not_heard(self, person: Account) -> None:
        assert "Too many wrong passwords" in guess_until_closed()
        stranger = english()
        sign_in(stranger)
        assert not is_in(stranger)

    def test_an_unknown_name_is_answered_alike(self, person: Account) -> None:
        assert "Too many wrong passwords" in guess_until_closed("nobody-of-that-name")

    def test_name_and_mail_address_share_one_count(self, person: Account) -> None:
        stranger = english()
        for n in range(lockout.PER_NAME):
            sign_in(stranger, ("operator", "PERSON@op-a.example")[n % 2], "wrong")
        assert b"Too many" in sign_in(stranger, "person@op-a.example", "wrong").content

    def test_it_opens_again_after_the_window(self, person: Account) -> None:
        guess_until_closed()
        Guess.objects.update(since=terms.now() - lockout.WINDOW)
        client = english()
        sign_in(client)
        assert is_in(client)

    def test_right_passwords_do_not_count(self, person: Account) -> None:
        for _ in range(lockout.PER_NAME + 3):
            client = english()
            sign_in(client)
            assert is_in(client)

    def test_the_trail_says_once_that_somebody_guesses(self, person: Account) -> None:
        guess_until_closed()
        sign_in(english(), "operator", "wrong")
        assert Entry.objects.filter(act="people.account.guessed_at", thing_id=person.pk).count() == 1

    def test_forged_forwarding_does_not_change_the_address(self, person: Account, settings) -> None:
        settings.BASTIDE_PROXIES = 1
        for n in range(lockout.PER_ADDRESS):
            sign_in(english(), f"name-{n}", "wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}, 203.0.113.9")
        closed = sign_in(english(), "yet-another", "wrong", HTTP_X_FORWARDED_FOR="192.0.2.1, 203.0.113.9")
        assert b"Too many" in closed.content
        other = sign_in(english(), "yet-another", "wrong", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.1")
        assert b"not correct" in other.content


class TestTheOwner:
    def test_comes_in_from_a_known_browser_while_strangers_guess(self, person: Account) -> None:
        known = english()
        sign_in(known)
        known.post("/account/logout/")
        guess_until_closed()
        sign_in(known)
        assert is_in(known)

    def test_a_known_browser_is_limited_too(self, person: Account) -> None:
        known = english()
        sign_in(known)
        known.post("/account/logout/")
        answers = [sign_in(known, "operator", "wrong").content for _ in range(lockout.PER_BROWSER + 1)]
        assert b"Too many" in answers[-1]

    def test_a_browser_known_for_one_account_is_a_stranger_to_the_next(
        self, person: Account, other_operator: Account
    ) -> None:
        other_operator.set_password(PASSWORD)
        other_operator.save()
        known = english()
        sign_in(known, "other_operator")
        known.post("/account/logout/")
        guess_until_closed("operator")
        assert b"Too many" in sign_in(known, "operator").content

    @pytest.mark.parametrize("forged", ["", "x", "eyJhIjoxfQ:1abc:zzz"])
    def test_a_forged_mark_is_worth_nothing(self, person: Account, forged: str) -> None:
        guess_until_closed()
        client = english()
        client.cookies[lockout.COOKIE] = forged
        assert b"Too many" in sign_in(client).content


class TestCounting:
    def test_old_counts_are_forgotten(self, person: Account) -> None:
        guess_until_closed()
        assert lockout.forget(terms.now()) == 0
        assert lockout.forget(terms.now() + lockout.WINDOW + timedelta(seconds=1)) == 2
        assert not Guess.objects.exists()

    def test_a_guess_counts_before_it_is_looked_at(self, at) -> None:
        """So guesses sent at once, none of them answered yet, do not pass the limit together."""
        for _ in range(5):
            lockout.take([("one", 5)], at=at)
        with pytest.raises(lockout.LockedError) as locked:
            lockout.take([("one", 5)], at=at)
        assert locked.value.until == at + lockout.WINDOW
        lockout.give_back([("one", 5)])
        lockout.take([("one", 5)], at=at)
