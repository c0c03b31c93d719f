"""Why a person sees a thing: the explanation says what the read says, for any roles, anywhere, for every kind of thing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import models, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastide.base import vault
from bastide.base.entry import why
from bastide.base.people.models import Account, Assignment, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.base.trail.ledger import kind_of
from bastide.base.trail.models import Entry
from bastide.base.ui import panels
from tests.conftest import NOON, make_account, make_organisation
from tests.house.cast import make_all

pytestmark = pytest.mark.django_db
MANY = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PLACES = ["MIIT", "CA-11", "CA-31", "OP-A", "OP-A1", "OP-B", "LAB-1"]
ROLES = [role for role in Role if role is not Role.HOUSE]


@pytest.fixture
def things(
    telco, other_telco, province, other_province, laboratory, operator, at, tmp_path, settings
) -> list[models.Model]:
    """One of every kind of a subsidiary and of another operator, each with a file of evidence, and a loose file."""
    settings.BASTIDE_HOME = tmp_path
    child = make_organisation("OP-A1", Organisation.Kind.OPERATOR, "310000", telco, managed_by_parent=True)
    made: list[models.Model] = [telco, child, other_telco]
    for owner in (child, other_telco):
        for thing in make_all(owner).values():
            made += [thing, vault.receive(b"x", name="x.txt", by=operator, at=at, thing=thing)]
    return [*made, vault.receive(b"y", name="y.txt", by=operator, at=at)]


def visible_of(thing: models.Model) -> why.Visible:
    """The read that shows things of this kind."""
    for visible in panels.lenders().values():
        if visible(Account.objects.house()).model is type(thing):
            return visible
    raise LookupError(f"{kind_of(thing)} is lent by nobody: call panels.lend in its AppConfig.ready")


class TestExplain:
    @pytest.mark.slow
    @MANY
    @given(data=st.data())
    def test_it_says_what_the_read_says_and_names_the_way(self, things, data) -> None:
        with transaction.atomic():
            person = make_account("somebody", None)
            chosen = data.draw(
                st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(PLACES)), max_size=3, unique=True)
            )
            for role, place in chosen:
                Membership.objects.create(
                    account=person, organisation=Organisation.objects.get(code=place), role=role, since=NOON - timedelta(1),
                    until=data.draw(st.sampled_from([None, NOON + timedelta(1), NOON - timedelta(hours=1)])),
                )  # fmt: skip
            given_to = data.draw(st.lists(st.sampled_from(things), max_size=3))
            for thing in given_to:
                Assignment.objects.create(
                    account=person, kind=kind_of(thing), thing_id=thing.pk, given_by=person, since=NOON - timedelta(1),
                    until=NOON + timedelta(1),
                )  # fmt: skip
            Account.objects.filter(pk=person.pk).update(is_active=data.draw(st.sampled_from([True, True, True, False])))
            for thing in data.draw(st.lists(st.sampled_from(things), min_size=6, max_size=6, unique=True)):
                fresh, visible = Account.objects.get(pk=person.pk), visible_of(thing)
                answer = why.explain(fresh, thing, visible)
                assert answer.yes == visible(Account.objects.get(pk=person.pk)).filter(pk=thing.pk).exists(), thing
                assert bool(answer.opening) == answer.yes, (thing, chosen, answer.ways)
                assert (answer.missing is None) == answer.yes
                own = [way for way in answer.ways if way.thing == thing and way.opens]
                assert answer.yes or not own, (thing, chosen, own)
            transaction.set_rollback(True)

    def test_whoever_handed_a_file_in_sees_it_as_its_bearer(self, things, operator) -> None:
        answer = why.explain(operator, things[-1], vault.visible)
        assert (answer.yes, answer.is_bearer) == (True, True)

    def test_it_tells_what_is_missing(self, things, telco, other_operator, stranger, contestant) -> None:
        incident = next(thing for thing in things if kind_of(thing) == "respond.incident")
        visible = visible_of(incident)
        assert why.explain(other_operator, incident, visible).missing is why.Missing.SCOPE
        assert why.explain(stranger, incident, visible).missing is why.Missing.ROLE
        assert why.explain(contestant, incident, visible).missing is why.Missing.RIGHT
        stranger.is_active = False
        assert why.explain(stranger, incident, visible).missing is why.Missing.ACCOUNT

    def test_every_kind_of_the_cast_can_be_asked_for(self, things) -> None:
        assert all(visible_of(thing) for thing in things)

    def test_everyone_is_found_over_all_pages(self, things, national, provincial, operator, other_operator) -> None:
        incident = next(thing for thing in things if kind_of(thing) == "respond.incident")
        visible, names, after = visible_of(incident), [], ""
        while True:
            found, after = why.seeing(incident, visible, among=Account.objects.all(), after=after, size=1)
            names += [answer.person.username for answer in found]
            if not after:
                break
        expected = [one.username for one in Account.objects.order_by("username") if visible(one).filter(pk=incident.pk)]
        assert names == expected
        assert {"national", "operator"} <= set(names)
        assert "other_operator" not in names


class TestPage:
    def ask(self, client: Client, asker: Account, language: str = "en", **given: str) -> str:
        client.force_login(asker)
        client.cookies["django_language"] = language
        return client.get(reverse("ui:why"), given).content.decode()

    @pytest.mark.parametrize(("language", "words"), [("en", "subsidiary"), ("zh-hans", "子公司")])
    def test_it_tells_the_chain_and_leaves_an_entry(
        self, language, words, things, operator, auditor, client: Client
    ) -> None:
        incident = next(thing for thing in things if kind_of(thing) == "respond.incident")
        text = self.ask(client, auditor, language, thing=incident.number, person="operator")
        assert words in text
        assert "respond.incident.see" in text
        entry = Entry.objects.filter(act="entry.sight.explain").get()
        assert (entry.account, entry.number, entry.note) == (auditor, incident.number, "operator")

    def test_it_lists_everyone(self, things, operator, national, auditor, client: Client) -> None:
        incident = next(thing for thing in things if kind_of(thing) == "respond.incident")
        text = self.ask(client, auditor, thing=incident.number)
        assert "(operator)" in text
        assert "(national)" in text

    def test_nobody_asks_beyond_their_own_sight(self, things, other_province, client: Client) -> None:
        near = make_account("near", Organisation.objects.get(code="CA-11"), Role.AUDITOR)
        incident = [thing for thing in things if kind_of(thing) == "respond.incident"][-1]
        assert "nothing with this number" in self.ask(client, near, thing=incident.number)
        assert not Entry.objects.filter(act="entry.sight.explain").exists()
