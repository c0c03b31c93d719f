"""From a fact to a receiver: who is told, what is said, what happens when it does not arrive."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import transaction

from bastide.base import terms
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.hooks import flows, hears, jobs, kinds, outward
from bastide.base.hooks.models import Attempt, Delivery, Endpoint
from bastide.base.inbox.models import Notification
from bastide.base.jobs import work
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from bastide.rectify import facts
from tests.base.hooks.receiver import is_signed
from tests.conftest import NOON, make_account, make_organisation
from tests.house.cast import make_all

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def order(telco, settings, tmp_path):
    settings.BASTIDE_HOME = tmp_path
    return make_all(telco)["rectify.order"]


@pytest.fixture
def served(order, telco) -> facts.OrderServed:
    return facts.OrderServed(order=order.number, operator_id=telco.pk, at=NOON)


def put(endpoint: Endpoint, number: int = 1) -> Delivery:
    made = flows.put_down(endpoint, kind="rectify.OrderServed", thing=endpoint, at=NOON, made_at=NOON)
    Delivery.objects.filter(pk=made.pk).update(number=f"N-{number}")
    return made


def put_down() -> list[Delivery]:
    """What was put down of the fact; the sample endpoints of the cast have a test each."""
    return list(Delivery.objects.filter(kind="rectify.OrderServed"))


def turn(endpoint: Endpoint, at=NOON) -> int:
    """What the worker does in one turn at a moment."""
    sent = 0
    with terms.frozen(at):
        while (delivery := jobs.claim(endpoint.pk, at=at)) is not None:
            if not jobs.deliver(delivery, at=at):
                break
            sent += 1
    return sent


def next_turn(endpoint: Endpoint) -> None:
    """At the time the next attempt is due."""
    turn(endpoint, at=Delivery.objects.filter(state="waiting").earliest("next_at").next_at)


class TestWhoIsTold:
    def test_the_operator_it_concerns_and_nobody_else(self, endpoint, served, other_telco, other_operator, address):
        flows.register(other_telco, by=other_operator, at=NOON, name="x", url=address, wanted=["rectify.OrderServed"])
        hears.tell_programs(served, at=NOON)
        assert [one.endpoint for one in put_down()] == [endpoint]

    @pytest.mark.parametrize(("area", "is_told"), [("110000", True), ("310000", False)])
    def test_the_office_of_the_province_alone(self, served, address, area, is_told, endpoint) -> None:
        office = make_organisation(f"CA-{area}", Organisation.Kind.PROVINCIAL, area)
        admin = make_account("admin", office, "administrator")
        flows.register(office, by=admin, at=NOON, name="x", url=address, wanted=["rectify.OrderServed"])
        hears.tell_programs(served, at=NOON)
        assert Delivery.objects.filter(endpoint__organisation=office).exists() is is_told

    def test_only_kinds_that_were_chosen(self, endpoint, served) -> None:
        Endpoint.objects.update(kinds=["rectify.OrderClosed"])
        hears.tell_programs(served, at=NOON)
        assert not put_down()

    def test_an_organisation_that_was_closed_is_not_told(self, endpoint, served, telco) -> None:
        Organisation.objects.filter(pk=telco.pk).update(is_active=False)
        hears.tell_programs(served, at=NOON)
        assert not put_down()

    def test_a_hearing_that_fails_leaves_nothing(self, endpoint, served) -> None:
        def die() -> None:
            with transaction.atomic():
                hears.tell_programs(served, at=NOON)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            die()
        assert not put_down()

    def test_the_mark_of_critical_infrastructure_is_not_offered(self) -> None:
        assert "registry.CiiSet" not in {kind.name for kind in kinds.kinds()}


class TestWhatIsSaid:
    def test_kind_number_address_time_and_nothing_else(self, registered, served, order, receiver) -> None:
        endpoint, secret = registered
        type(order)._default_manager.filter(pk=order.pk).update(concerns_cii=True)
        with terms.frozen(NOON):
            hears.tell_programs(served, at=NOON)
        assert turn(endpoint) == 1
        headers, body = receiver.got[0]
        assert is_signed(headers, body, secret, now=NOON.timestamp())
        assert json.loads(body) == {
            "type": "rectify.OrderServed",
            "timestamp": "2026-06-16T04:00:00Z",
            "data": {
                "id": headers["webhook-id"], "kind": "rectify.order", "number": order.number,
                "address": f"https://console.example{order.get_absolute_url()}", "at": "2026-06-16T04:00:00Z",
            },
        }  # fmt: skip


class TestRetry:
    def test_it_is_tried_again_with_the_same_id_until_it_arrives(self, endpoint, receiver) -> None:
        made = put(endpoint)
        receiver.answers = [500, 503, 204]
        turn(endpoint)
        assert turn(endpoint, at=NOON + timedelta(seconds=4)) == 0  # not before its time
        next_turn(endpoint)
        next_turn(endpoint)
        made.refresh_from_db()
        assert (made.state, made.attempts, made.code) == ("done", 3, 204)
        assert len(set(receiver.ids)) == 1
        assert [one.code for one in Attempt.objects.order_by("pk")] == [500, 503, 204]

    def test_the_waits_grow(self) -> None:
        waits = [jobs.wait_after(number) for number in range(1, 10)]
        assert waits == sorted(waits)
        assert waits[0] < timedelta(seconds=6)
        assert timedelta(days=3) < sum(waits, timedelta(0)) < timedelta(days=3.7)

    def test_it_waits_as_long_as_the_receiver_asks(self, endpoint, receiver) -> None:
        put(endpoint)
        put(endpoint, 2)
        receiver.answers = [(503, {"Retry-After": "3600"})]
        turn(endpoint)
        assert turn(endpoint, at=NOON + 59 * MINUTE) == 0
        assert len(receiver.got) == 1
        assert turn(endpoint, at=NOON + 61 * MINUTE) == 2

    def test_one_failure_ends_the_turn(self, endpoint, receiver) -> None:
        for number in range(5):
            put(endpoint, number)
        receiver.answers = [500] * 5
        turn(endpoint)
        assert len(receiver.got) == 1

    def test_after_the_last_wait_it_is_given_up_and_its_keepers_are_told(self, endpoint, receiver, operator) -> None:
        made = put(endpoint)
        receiver.answers = [500] * 20
        for _ in range(len(jobs.WAITS) + 1):
            next_turn(endpoint)
        made.refresh_from_db()
        assert (made.state, made.attempts, made.next_at) == ("given_up", 10, None)
        note = Notification.objects.get(account=operator)
        assert note.sentence == (
            "The webhook “Ticket system” did not take a message in 10 attempts; it was given up."
        )  # fmt: skip
        assert (note.urgency, note.topic) == ("high", "system")

    def test_an_endpoint_that_fails_for_days_is_switched_off(self, endpoint, receiver, operator) -> None:
        put(endpoint)
        receiver.answers = [500, 500]
        turn(endpoint)
        put(endpoint, 2)
        turn(endpoint, at=NOON + 5 * DAY)
        endpoint.refresh_from_db()
        assert endpoint.state == "failing"
        assert turn(endpoint, at=NOON + 6 * DAY) == 0
        assert "nothing arrived there for 5 days" in Notification.objects.latest("pk").sentence
        assert Entry.objects.filter(act="hooks.endpoint.switch", now="failing").count() == 1

    def test_one_arrival_ends_the_count_of_days(self, endpoint, receiver) -> None:
        put(endpoint)
        receiver.answers = [500, 204, 500]
        turn(endpoint)
        next_turn(endpoint)
        put(endpoint, 2)
        turn(endpoint, at=NOON + 6 * DAY)
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.failing_since) == ("on", NOON + 6 * DAY)

    def test_gone_means_gone(self, endpoint, receiver) -> None:
        put(endpoint)
        receiver.answers = [410]
        turn(endpoint)
        endpoint.refresh_from_db()
        assert endpoint.state == "failing"

    def test_what_happens_while_it_is_off_waits_and_is_sent_in_order(self, endpoint, receiver, operator) -> None:
        flows.switch(endpoint, by=operator, at=NOON, on=False)
        made = [put(endpoint, number) for number in range(3)]
        assert turn(endpoint) == 0
        flows.switch(endpoint, by=operator, at=NOON + DAY, on=True)
        assert turn(endpoint, at=NOON + DAY) == 3
        assert receiver.ids == [one.uid for one in made]


class TestCrash:
    def test_a_worker_that_died_while_sending_sends_again_after_a_while(self, endpoint, receiver, monkeypatch) -> None:
        made = put(endpoint)

        def die(*_args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(outward, "post", die)
            with pytest.raises(KeyboardInterrupt):
                turn(endpoint)
        assert turn(endpoint, at=NOON + MINUTE) == 0
        assert turn(endpoint, at=NOON + 3 * MINUTE) == 1
        assert receiver.ids == [made.uid]

    def test_two_workers_do_not_take_the_same_one(self, endpoint) -> None:
        put(endpoint)
        assert jobs.claim(endpoint.pk, at=NOON) is not None
        assert jobs.claim(endpoint.pk, at=NOON) is None

    def test_one_removed_while_sending_is_let_go(self, endpoint, receiver, operator) -> None:
        put(endpoint)
        held = jobs.claim(endpoint.pk, at=NOON)
        flows.remove(endpoint, by=operator, at=NOON)
        assert held is not None
        assert jobs.deliver(held, at=NOON) is False
        assert not Delivery.objects.exists()


class TestAgain:
    def test_one_is_sent_again_with_its_id(self, endpoint, receiver, operator) -> None:
        made = put(endpoint)
        turn(endpoint)
        flows.send_again(made, by=operator, at=NOON + HOUR)
        assert turn(endpoint, at=NOON + HOUR) == 1
        assert receiver.ids == [made.uid, made.uid]
        assert receiver.bodies[0] == receiver.bodies[1]

    def test_everything_since_a_moment(self, endpoint, receiver, operator) -> None:
        made = [put(endpoint, number) for number in range(4)]
        Delivery.objects.filter(pk=made[0].pk).update(made_at=NOON - DAY)
        flows.ping(endpoint, by=operator, at=NOON)
        turn(endpoint)
        receiver.got.clear()
        assert flows.send_again_since(endpoint, by=operator, at=NOON + HOUR, since=NOON) == 3
        turn(endpoint, at=NOON + HOUR)
        assert receiver.ids == [one.uid for one in made[1:]]

    def test_what_was_given_up_gets_all_its_attempts_anew(self, endpoint, receiver, operator) -> None:
        made = put(endpoint)
        Delivery.objects.filter(pk=made.pk).update(state="given_up", tries=10, attempts=10, next_at=None)
        flows.send_again(made, by=operator, at=NOON)
        receiver.answers = [500]
        turn(endpoint)
        made.refresh_from_db()
        assert (made.state, made.attempts, made.tries) == ("waiting", 11, 1)


class TestSecrets:
    def test_they_are_encrypted_at_rest(self, registered) -> None:
        endpoint, secret = registered
        assert secret.startswith("whsec_")
        assert secret not in str(Endpoint.objects.values().get(pk=endpoint.pk))
        assert secret not in str(list(Entry.objects.values()))

    def test_one_that_cannot_be_read_any_more_is_a_fault_until_it_is_rotated(
        self, endpoint, receiver, operator, settings
    ) -> None:
        made = put(endpoint)
        settings.SECRET_KEY = "another" * 8
        turn(endpoint)
        made.refresh_from_db()
        assert (made.state, made.fault, receiver.got) == ("waiting", "secret", [])
        flows.rotate(endpoint, by=operator, at=NOON)
        turn(endpoint, at=NOON + MINUTE)
        assert receiver.ids == [made.uid]

    def test_after_a_rotation_both_sign_for_a_day(self, registered, receiver, operator) -> None:
        endpoint, old = registered
        new = flows.rotate(endpoint, by=operator, at=NOON)
        for at in (NOON, NOON + 25 * HOUR):
            put(endpoint)
            turn(endpoint, at=at)
        (first, body), (second, other_body) = receiver.got
        assert is_signed(first, body, old, now=NOON.timestamp())
        assert is_signed(first, body, new, now=NOON.timestamp())
        later = (NOON + 25 * HOUR).timestamp()
        assert not is_signed(second, other_body, old, now=later)
        assert is_signed(second, other_body, new, now=later)


class TestRights:
    def test_only_for_an_organisation_one_keeps(self, other_telco, operator, address) -> None:
        with pytest.raises(Forbidden):
            flows.register(other_telco, by=operator, at=NOON, name="x", url=address, wanted=["rectify.OrderServed"])

    def test_nobody_else_changes_it(self, endpoint, other_operator) -> None:
        for act in (flows.rotate, flows.remove, flows.ping):
            with pytest.raises(Forbidden):
                act(endpoint, by=other_operator, at=NOON)

    def test_a_security_officer_looks_only(self, endpoint, telco) -> None:
        with pytest.raises(Forbidden):
            flows.ping(endpoint, by=make_account("so", telco, "security_officer"), at=NOON)

    def test_there_is_an_end_to_it(self, endpoint, telco, operator, address, monkeypatch) -> None:
        monkeypatch.setattr(flows, "MOST", 1)
        with pytest.raises(Refused, match="at most 1"):
            flows.register(telco, by=operator, at=NOON, name="x", url=address, wanted=["rectify.OrderServed"])


class TestWorker:
    def test_the_worker_sends_what_was_announced(self, endpoint, receiver, operator) -> None:
        with terms.frozen(NOON):
            flows.ping(endpoint, by=operator, at=NOON)
            done = work.work_once(NOON, lane="outside")
        assert done is not None
        assert (done.kind, done.state, done.result) == ("hooks.send", "done", {"sent": 1})
        assert receiver.bodies[0]["type"] == "ping"

    def test_old_messages_and_old_secrets_go(self, endpoint, operator) -> None:
        put(endpoint)
        flows.rotate(endpoint, by=operator, at=NOON)
        house = Account.objects.house()
        with terms.frozen(NOON + 31 * DAY):
            held = work.leases.enqueue(jobs.SWEEP, by=house, at=terms.now())
            jobs.sweep(held)
        endpoint.refresh_from_db()
        assert (Delivery.objects.count(), endpoint.old_secret) == (0, "")
