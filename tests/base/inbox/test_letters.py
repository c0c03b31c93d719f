"""Letters: at once, daily, weekly; once each whatever breaks; nothing classified, nothing when there is nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction

from bastide.base.inbox import choices, letters, notes
from bastide.base.inbox.models import Letter, Notification, Way
from bastide.base.people.models import Account, Membership
from bastide.base.terms import CHINA
from tests.base.inbox.test_choices import reader, tell  # noqa: F401

pytestmark = pytest.mark.django_db
# A Tuesday; digests go at eight.
SEVEN, NINE = datetime(2026, 6, 16, 7, tzinfo=CHINA), datetime(2026, 6, 16, 9, tzinfo=CHINA)
DAY = timedelta(days=1)


def turn(at: datetime) -> list[str]:
    """One turn of the job; the subjects it mailed."""
    mail.outbox.clear()
    letters.collect(at=at)
    letters.send(at=at)
    return [letter.subject for letter in mail.outbox]


class TestDaily:
    def test_it_waits_for_its_hour_and_comes_once(self, reader: Account) -> None:  # noqa: F811
        tell(reader, at=SEVEN)
        tell(reader, at=SEVEN)
        assert turn(SEVEN + timedelta(minutes=30)) == []
        assert turn(NINE) == ["Bastide: daily digest – 2 notifications"]
        assert turn(NINE) == turn(NINE + DAY) == []
        assert Notification.objects.filter(mailed_at=None).count() == 0

    def test_what_comes_after_the_hour_waits_for_the_next_day(self, reader: Account) -> None:  # noqa: F811
        tell(reader, at=NINE)
        assert turn(NINE + timedelta(hours=12)) == []
        assert turn(NINE + DAY) == ["Bastide: daily digest – 1 notification"]

    def test_what_was_entered_late_does_not_make_a_second_digest_of_the_day(self, reader: Account) -> None:  # noqa: F811
        tell(reader, at=SEVEN)
        assert len(turn(NINE)) == 1
        tell(reader, at=SEVEN)
        assert turn(NINE + timedelta(hours=1)) == []
        assert len(turn(NINE + DAY)) == 1

    def test_what_was_read_is_not_mailed_and_nothing_makes_no_mail(self, reader: Account) -> None:  # noqa: F811
        tell(reader, at=SEVEN)
        notes.mark_read(reader, at=SEVEN)
        assert turn(NINE) == []
        assert not Letter.objects.exists()

    def test_after_an_outage_of_days_it_comes_once(self, reader: Account) -> None:  # noqa: F811
        tell(reader, at=SEVEN - 4 * DAY)
        assert len(turn(SEVEN)) == 1
        assert turn(NINE) == []


class TestWeekly:
    def test_it_goes_on_monday(self, reader: Account) -> None:  # noqa: F811
        choices.choose(reader, {("matter", "normal"): Way.WEEKLY})
        tell(reader, at=NINE)
        assert [turn(NINE + day * DAY) for day in range(5)] == [[]] * 5
        assert turn(NINE + 6 * DAY) == ["Bastide: weekly digest – 1 notification"]


class TestAtOnce:
    def test_it_goes_with_the_next_turn_in_the_readers_language(self, reader: Account) -> None:  # noqa: F811
        reader.language = "zh-hans"
        reader.save()
        tell(reader, urgency="high", at=NINE)
        assert turn(NINE) == ["Bastide: 1 条通知"]
        assert "紧急：" in str(mail.outbox[0].body)
        assert turn(NINE) == []


class TestOnlyOnce:
    def test_a_turn_that_died_before_its_commit_leaves_neither_letter_nor_mark(self, reader: Account) -> None:  # noqa: F811
        tell(reader, at=SEVEN)

        def die() -> None:
            with transaction.atomic():
                letters.collect(at=NINE)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            die()
        assert not Letter.objects.exists()
        assert len(turn(NINE)) == 1

    def test_a_turn_that_died_while_mailing_is_explained_and_not_mailed_again(self, reader, monkeypatch) -> None:  # noqa: F811
        tell(reader, at=SEVEN)

        def die(*_args: object, **_more: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(letters.EmailMessage, "send", die)
            with pytest.raises(KeyboardInterrupt):
                turn(NINE)
        assert turn(NINE + timedelta(minutes=5)) == []
        assert turn(NINE + timedelta(minutes=30)) == []
        assert Letter.objects.get().state == "unknown"

    def test_while_the_mail_server_is_away_letters_wait(self, reader, settings) -> None:  # noqa: F811
        tell(reader, at=SEVEN)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        letters.collect(at=NINE)
        assert letters.send(at=NINE) == 0
        assert Letter.objects.get().state == "waiting"
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert len(turn(NINE)) == 1

    def test_a_refused_mail_is_written_down(self, reader, monkeypatch) -> None:  # noqa: F811
        tell(reader, at=SEVEN)

        def refuse(*_args: object, **_more: object) -> None:
            raise OSError("no such mailbox")

        monkeypatch.setattr(letters.EmailMessage, "send", refuse)
        assert turn(NINE) == []
        assert (Letter.objects.get().state, Letter.objects.get().error) == ("failed", "OSError: no such mailbox")


class TestDiscretion:
    def test_of_a_classified_thing_it_says_the_number_alone(self, reader, telco, settings, tmp_path) -> None:  # noqa: F811
        from tests.house.cast import make_all

        settings.BASTIDE_HOME = tmp_path
        unit = make_all(telco)["registry.networkunit"]
        notes.tell_account(reader, at=SEVEN, thing=unit, text="%(name)s is weak", args={"name": "The secret core"})
        type(unit)._default_manager.filter(pk=unit.pk).update(is_cii=True, cii_reason="Backbone", cii_since=SEVEN)
        turn(NINE)
        body = str(mail.outbox[0].body)
        assert "The secret core" not in body
        assert f"{unit.number}: sign in to read it." in body

    def test_what_is_gone_is_taken_for_classified(self, reader: Account) -> None:  # noqa: F811
        note = tell(reader, at=SEVEN)
        Notification.objects.filter(pk=note.pk).update(kind="respond.incident", thing_id=999, number="INC-1")
        turn(NINE)
        assert "Something" not in str(mail.outbox[0].body)

    def test_links_lead_to_the_console(self, reader: Account, settings) -> None:  # noqa: F811
        settings.BASTIDE_ADDRESS = "https://console.example"
        note = tell(reader, at=SEVEN)
        Notification.objects.filter(pk=note.pk).update(url="/respond/incidents/INC-1/")
        turn(NINE)
        assert "https://console.example/respond/incidents/INC-1/" in str(mail.outbox[0].body)
        assert "https://console.example/dispatch/choices/" in str(mail.outbox[0].body)

    def test_whoever_left_an_organisation_hears_no_more_of_it(self, reader, telco) -> None:  # noqa: F811
        notes.tell(organisation=telco, can="registry.unit.see", at=SEVEN, thing=None, text="Inside matter")
        Membership.objects.filter(account=reader).update(until=SEVEN)
        assert turn(NINE) == []
        assert Letter.objects.get().state == "empty"

    def test_a_closed_account_gets_no_mail(self, reader: Account) -> None:  # noqa: F811
        tell(reader, at=SEVEN)
        Account.objects.filter(pk=reader.pk).update(is_active=False)
        assert turn(NINE) == []

    def test_the_queries_do_not_grow_with_the_lines(self, reader, django_assert_max_num_queries) -> None:  # noqa: F811
        for _ in range(40):
            tell(reader, at=SEVEN)
        letters.collect(at=NINE)
        with django_assert_max_num_queries(14):
            letters.send(at=NINE)
