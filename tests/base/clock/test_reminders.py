"""Reminders: one send each, with proof; after an outage everything missed is sent or explained, never doubled."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastide.base import terms
from bastide.base.clock import facts, flows, jobs, reminders
from bastide.base.clock.models import Clock, Reminder
from bastide.base.inbox.models import Notification
from bastide.base.jobs import leases, work
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import Term
from bastide.base.trail import outbox

from .conftest import DAY, HOUR, MINUTE, START

pytestmark = pytest.mark.django_db
DUE = START + HOUR


def told() -> list[tuple[str, str]]:
    """Who was told what, in English and in order."""
    with translation.override("en"):
        return [(note.account.username, note.sentence) for note in Notification.objects.order_by("pk")]


def states(clock: Clock) -> list[str]:
    return list(clock.reminders.order_by("send_at", "told").values_list("state", flat=True))


@pytest.fixture
def watched(hour_clock: Clock, national: Account, provincial: Account) -> Clock:
    """CK-01 with its authorities in place; the pack reminds at -30m, -10m, +0m (two) and +1h."""
    return hour_clock


class TestPlan:
    def test_it_follows_the_pack(self, watched: Clock) -> None:
        rows = watched.reminders.order_by("send_at", "told").values_list("told", "send_at")
        assert list(rows) == [
            ("bearer", DUE - 30 * MINUTE), ("leader", DUE - 10 * MINUTE), ("authority", DUE), ("leader", DUE),
            ("leader", DUE + HOUR),
        ]  # fmt: skip

    def test_a_new_due_time_has_new_reminders_and_the_old_ones_are_dropped(
        self, watched: Clock, operator: Account
    ) -> None:
        flows.extend(watched, at=START, by=operator, clause="c", fact="f", term=Term(2, "H"))
        assert watched.reminders.filter(state="dropped").count() == 5
        assert watched.reminders.filter(state="waiting").order_by("send_at")[0].send_at == DUE + 90 * MINUTE

    def test_a_paused_clock_reminds_nobody(self, watched: Clock, operator: Account) -> None:
        flows.pause(watched, at=START + MINUTE, by=operator, clause="c", fact="f")
        assert set(states(watched)) == {"dropped"}
        flows.resume(watched, at=START + MINUTE, by=operator, clause="c", fact="f")
        assert set(states(watched)) == {"waiting"}

    def test_without_a_calendar_it_goes_by_the_earliest_day(self, telco: Organisation, operator: Account) -> None:
        clock = flows.start(telco, "CK-09", at=datetime(2026, 12, 25, tzinfo=terms.CHINA), by=operator, bearer=telco)
        assert clock.reminders.order_by("send_at")[0].send_at == datetime(2027, 1, 4, tzinfo=terms.CHINA)
        jobs.tick(at=datetime(2027, 1, 4, tzinfo=terms.CHINA))
        assert "may be due as early as 2027-01-06 24:00 (UTC+0800); the calendar of 2027" in told()[0][1]


class TestSend:
    def test_nobody_is_told_before_the_time(self, watched: Clock) -> None:
        jobs.tick(at=DUE - 31 * MINUTE)
        assert told() == []

    def test_each_is_sent_once_with_proof(self, watched: Clock) -> None:
        for at in (DUE - 30 * MINUTE, DUE - 29 * MINUTE, DUE - 10 * MINUTE, DUE - 9 * MINUTE):
            jobs.tick(at=at)
        assert [name for name, _words in told()] == ["operator", "operator"]
        assert "is due at 2026-03-02 10:00 (UTC+0800)" in told()[0][1]
        row = watched.reminders.order_by("send_at")[0]
        assert (row.state, row.settled_at, row.sent_to) == ("sent", DUE - 30 * MINUTE, ["operator"])

    def test_the_authority_of_the_province_is_told_when_it_is_late(self, watched: Clock, telco: Organisation) -> None:
        jobs.tick(at=DUE + MINUTE)
        assert (
            "provincial",
            "CK-01: “First report of a CII incident” is overdue since 2026-03-02 10:00 (UTC+0800).",
        ) in told()
        assert "national" not in [name for name, _words in told()]

    def test_each_reads_it_in_their_language(self, watched: Clock) -> None:
        jobs.tick(at=DUE - 30 * MINUTE)
        with translation.override("zh-hans"):
            assert "关基事件首次报告" in Notification.objects.get().sentence

    def test_a_stopped_clock_is_silent(self, watched: Clock, operator: Account) -> None:
        flows.stop(watched, at=START + MINUTE, by=operator)
        jobs.tick(at=DUE + DAY)
        assert told() == []
        assert set(states(watched)) == {"dropped"}

    def test_nobody_to_tell_is_written_down(self, telco: Organisation, stranger: Account) -> None:
        clock = flows.start(telco, "CK-01", at=START, by=stranger, bearer=telco)
        jobs.tick(at=DUE - 30 * MINUTE)
        assert states(clock)[0] == "nobody"

    def test_an_immediate_duty_nags_without_calling_it_late(
        self, telco: Organisation, operator: Account, provincial: Account
    ) -> None:
        flows.start(telco, "CK-08", at=START, by=operator, bearer=telco)
        jobs.tick(at=START + 30 * MINUTE)
        assert all("is owed at once and still open" in words for _name, words in told())
        assert {name for name, _words in told()} == {"operator", "provincial"}


class TestOutage:
    def test_what_was_missed_is_said_once_and_the_rest_is_explained(self, watched: Clock) -> None:
        jobs.tick(at=DUE + DAY)
        assert sorted(name for name, _words in told()) == ["operator", "operator", "provincial"]
        assert states(watched) == ["sent", "covered", "sent", "covered", "sent"]
        covered = watched.reminders.filter(state="covered")
        assert all(row.covered_by is not None and row.covered_by.state == "sent" for row in covered)

    def test_doing_it_twice_does_nothing_twice(self, watched: Clock) -> None:
        jobs.tick(at=DUE + DAY)
        before = told()
        assert jobs.tick(at=DUE + DAY) == {"late": 0, "mailed": 0}
        assert told() == before

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(-60 * 24, 60 * 24 * 20), min_size=1, max_size=8))
    def test_whenever_the_worker_was_up_each_reminder_is_settled_once(
        self, telco: Organisation, operator: Account, provincial: Account, minutes: list[int]
    ) -> None:
        clock = flows.start(telco, "CK-09", at=START, by=operator, bearer=telco)
        assert clock.due_at is not None
        first = Notification.objects.count()
        for minute in sorted(minutes):
            jobs.tick(at=clock.due_at + timedelta(minutes=minute))
        end = clock.due_at + timedelta(minutes=max(minutes))
        rows = list(clock.reminders.all())
        assert all((row.state == "waiting") == (row.send_at > end) for row in rows)
        assert all(row.settled_at is None or row.settled_at >= row.send_at for row in rows)
        assert Notification.objects.count() - first == sum(len(row.sent_to) for row in rows)
        flows.cancel(clock, at=end, by=operator)


class TestOverdue:
    @pytest.fixture
    def heard(self) -> object:
        facts_heard: list[facts.ClockOverdue] = []

        def listen(fact: facts.ClockOverdue, *, at: datetime) -> None:
            facts_heard.append(fact)

        outbox.hears(facts.ClockOverdue)(listen)
        yield facts_heard
        outbox._hearers[facts.ClockOverdue].pop(f"{listen.__module__}.{listen.__qualname__}")

    def test_it_is_announced_once(self, watched: Clock, heard: list[facts.ClockOverdue]) -> None:
        for at in (DUE, DUE + MINUTE, DUE + 2 * MINUTE):
            jobs.tick(at=at)
        with terms.frozen(terms.now() + DAY):
            outbox.deliver_waiting()
        assert [(fact.clock_id, fact.due_at) for fact in heard] == [(watched.pk, DUE)]

    def test_late_again_after_an_extension_is_announced_again(self, watched: Clock, operator: Account) -> None:
        jobs.tick(at=DUE + MINUTE)
        flows.extend(watched, at=DUE + 2 * MINUTE, by=operator, clause="c", fact="f", term=Term(1, "H"))
        assert jobs.tick(at=DUE + 3 * MINUTE)["late"] == 0
        assert jobs.tick(at=DUE + 2 * HOUR)["late"] == 1


class TestMail:
    @pytest.fixture(autouse=True)
    def address(self, operator: Account, settings: object) -> None:
        operator.email, operator.language = "duty@operator.example", "en"
        operator.save()

    def test_it_is_mailed_once_in_the_readers_language(self, watched: Clock) -> None:
        jobs.tick(at=DUE - 30 * MINUTE)
        jobs.tick(at=DUE - 29 * MINUTE)
        assert [(letter.to, letter.subject) for letter in mail.outbox] == [
            (["duty@operator.example"], "Reminder: CK-01")
        ]
        assert watched.reminders.order_by("send_at")[0].mail == "sent"

    def test_a_refused_mail_is_written_down_and_the_notification_stands(
        self, watched: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_args: object) -> None:
            raise OSError("the mail server is away")

        monkeypatch.setattr(reminders, "get_connection", refuse)
        jobs.tick(at=DUE - 30 * MINUTE)
        row = watched.reminders.order_by("send_at")[0]
        assert (row.state, row.mail, row.mail_error) == ("sent", "failed", "OSError: the mail server is away")
        assert len(told()) == 1

    def test_a_mail_interrupted_by_a_crash_is_explained_and_not_sent_twice(self, watched: Clock) -> None:
        jobs.tick(at=DUE - 30 * MINUTE)
        row = watched.reminders.order_by("send_at")[0]
        Reminder.objects.filter(pk=row.pk).update(mail="tried")
        mail.outbox.clear()
        jobs.tick(at=DUE - 15 * MINUTE)
        row.refresh_from_db()
        assert row.mail == "unknown"
        assert mail.outbox == []


class TestJob:
    def test_the_worker_reminds(self, watched: Clock) -> None:
        with terms.frozen(DUE - 30 * MINUTE):
            leases.enqueue("clock.remind", by=Account.objects.house(), at=terms.now())
            done = work.work_once()
        assert done is not None
        assert (done.state, done.result["sent"]) == ("done", 1)
