"""Generated tenants: for a random person, thing and door the answer is that of a plain oracle; and what was seen may be gone.

The oracle here reads the rows of people alone (organisation, role, since, until, assignment) and knows nothing of `scope`.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from bastide.base import terms
from bastide.base.people import roles
from bastide.base.people.models import Account, Assignment, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.base.trail.ledger import kind_of
from bastide.base.trail.models import Entry
from tests.conftest import make_organisation
from tests.house.cast import make_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
AREAS = ["110000", "310000", "330000"]
# Kinds whose sight is the scope alone, with the right that opens them and the doors they stand behind.
PLAIN = {
    "unit": ("registry.unit.see", "/registry/units/"),
    "incident": ("respond.incident.see", "/respond/incidents/"),
    "alert": ("monitor.alert.see", "/monitor/alerts/"),
    "batch": ("monitor.batch.see", "/monitor/batches/"),
    "source": ("monitor.source.see", "/monitor/sources/"),
    "import": ("registry.import.see", "/registry/imports/"),
    "delivery": ("share.delivery.see", "/share/deliveries/"),
}  # fmt: skip
K = Organisation.Kind


class Tenants:
    """A country made up from a seed: offices, operators with subsidiaries, people who came and went, their things."""

    def __init__(self, seed: int) -> None:
        self.rng, self.now = random.Random(seed), terms.now()
        self.ministry = make_organisation(f"M{seed}", K.NATIONAL)
        self.offices = [make_organisation(f"CA{seed}-{a}", K.PROVINCIAL, a, self.ministry) for a in AREAS]
        self.operators: list[Organisation] = []
        for number in range(5):
            parent = self.rng.choice([None, *self.operators]) if number < 3 else None
            self.operators.append(
                make_organisation(
                    f"OP{seed}-{number}", K.OPERATOR, AREAS[number] if number < 3 else "", parent, operator_kind="value_added",
                    managed_by_parent=parent is not None and self.rng.random() < 0.6,
                )
            )  # fmt: skip
        self.body = make_organisation(f"LAB{seed}", K.ASSESSMENT_BODY)
        self.things: list[tuple[str, Any]] = []
        for operator in self.operators[:3]:  # the others run nothing
            made = make_all(operator)
            base = {name: thing for name, thing in made.items() if hasattr(thing, "get_absolute_url")}
            for thing in base.values():
                kind = next((k for k, (_r, head) in PLAIN.items() if thing.get_absolute_url().startswith(head)), None)
                if kind:
                    self.things.append((kind, thing))
        self.people = [self._person(f"p{seed}-{number}") for number in range(8)]
        for place, role in (
            (self.ministry, Role.DUTY_OFFICER), (self.offices[0], Role.OFFICER), (self.operators[0], Role.SECURITY_OFFICER)
        ):  # fmt: skip
            account = Account.objects.create_person(f"{role}{seed}", None, name=role)
            since = self.now - timedelta(days=9)
            Membership.objects.create(account=account, organisation=place, role=role, since=since)
            self.people.append(account)

    def _person(self, name: str) -> Account:
        account = Account.objects.create_person(name, None, name=name)
        for _time in range(self.rng.choice([0, 1, 1, 2, 2])):
            place = self.rng.choice([self.ministry, *self.offices, *self.operators, *self.operators, self.body])
            fitting = roles.AUTHORITY_ROLES if place.is_authority else roles.OPERATOR_ROLES
            role = self.rng.choice(sorted(roles.BODY_ROLES if place is self.body else fitting))
            began = self.now + timedelta(days=self.rng.choice([-400, -300, -30, 30]))
            ended = self.rng.choice([None, None, began + timedelta(days=10), began + timedelta(days=900)])
            Membership.objects.create(account=account, organisation=place, role=role, since=began, until=ended)
            if role in roles.BY_ASSIGNMENT:
                self._assign(account)
        if self.rng.random() < 0.15:
            Account.objects.filter(pk=account.pk).update(is_active=False)
        return account

    def _assign(self, account: Account) -> None:
        for _kind, thing in self.rng.sample(self.things, 4):
            since = self.now + timedelta(days=self.rng.choice([-20, -20, 5]))
            Assignment.objects.create(
                account=account, kind=kind_of(thing), thing_id=thing.pk, given_by=account, since=since,
                until=since + timedelta(days=self.rng.choice([3, 60])),
            )  # fmt: skip


def sees(person: Account, right: str, thing: Any, now: datetime) -> bool:
    """The rule in plain Python."""
    if not Account.objects.get(pk=person.pk).is_active:
        return False
    for one in Membership.objects.filter(account=person):
        place = one.organisation
        in_force = one.since <= now and (one.until is None or now < one.until) and place.is_active
        if not in_force or right not in roles.rights_of(one.role):
            continue
        if one.role in {Role.EXPERT, Role.ASSESSOR}:
            given = Assignment.objects.filter(account=person, kind=kind_of(thing), thing_id=thing.pk)
            if any(a.since <= now < a.until for a in given):
                return True
        elif place.kind == K.NATIONAL:
            return True
        elif place.kind == K.PROVINCIAL:
            if place.area in areas_of(thing) or place in owners_of(thing):
                return True
        elif any(is_under(owner, place) for owner in owners_of(thing)):
            return True
    return False


def owners_of(thing: Any) -> list[Organisation]:
    owner = getattr(thing, "operator", None) or thing.owner
    return [owner, thing.warning.issuer] if hasattr(thing, "warning") else [owner]


def areas_of(thing: Any) -> set[str]:
    """Where a thing lies: a unit and an incident say it themselves, an incident through its units too."""
    name = type(thing).__name__
    if name == "NetworkUnit":
        return {thing.area}
    if name == "Incident":
        return {thing.area, *(unit.area for unit in thing.units.all())}
    return {(getattr(thing, "operator", None) or thing.owner).area}


def is_under(owner: Organisation, place: Organisation) -> bool:
    """Is it this organisation, or a subsidiary managed all the way up to it?"""
    current: Organisation | None = owner
    while current is not None and current != place:
        current = current.parent if current.managed_by_parent else None
    return current is not None


def client_of(account: Account) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(account, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    return client


def answers(client: Client, thing: Any) -> tuple[int, int]:
    address = thing.get_absolute_url()
    page = client.get(address)
    return page.status_code, client.get("/api/v1" + address.rstrip("/"), HTTP_X_PURPOSE="test").status_code


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pages_lists_and_programs_answer_as_the_plain_rule_says(seed: int, tmp_path, settings) -> None:
    settings.BASTIDE_HOME = tmp_path
    world, opened = Tenants(seed), 0
    for person in world.people:
        client, now = client_of(person), terms.now()
        is_active = Account.objects.get(pk=person.pk).is_active
        for kind, thing in world.rng.sample(world.things, 8):
            told = f"seed {seed}: {person}, {thing}"
            page, api = answers(client, thing)
            if not is_active:
                assert (page, api) == (302, 401), told
            elif sees(person, PLAIN[kind][0], thing, now):
                assert (page, api) == (200, 200), told
                opened += 1
            else:
                assert page in {403, 404}, told
                assert api == 404, told
        if not is_active:
            continue
        for kind, (right, head) in PLAIN.items():
            mine = {thing.number for k, thing in world.things if k == kind and sees(person, right, thing, now)}
            listed = client.get(f"/api/v1{head.rstrip('/')}?limit=100")
            every = {thing.number for k, thing in world.things if k == kind}
            assert {number for number in every if f'"{number}"' in listed.content.decode()} == mine, (
                f"seed {seed}: {person}, {kind}"
            )
            found = client.get(f"{head}?export=csv&q=")
            body = b"".join(found.streaming_content).decode() if found.streaming else ""
            assert {number for number in every if number in body} <= mine, f"seed {seed}: {person}, export of {kind}"
    assert opened, f"seed {seed} opens nothing to anybody: it proves nothing"


# ---- seen, then gone


def thing_at(head: str, operator: Organisation) -> Any:
    """One of the kind whose pages are there."""
    made = make_all(operator).values()
    return next(one for one in made if hasattr(one, "get_absolute_url") and one.get_absolute_url().startswith(head))


def gone(how: str, person: Account, unit: Any, other: Organisation) -> None:
    """What happens between the list and the click."""
    if how == "moved":
        type(unit).objects.filter(pk=unit.pk).update(operator=other)
    elif how == "role ended":
        Membership.objects.filter(account=person).update(until=terms.now() - timedelta(seconds=1))
    elif how == "organisation closed":
        Organisation.objects.filter(memberships__account=person).update(is_active=False)
    else:
        Account.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.parametrize("how", ["moved", "role ended", "organisation closed", "suspended"])
def test_what_was_listed_and_then_lost_is_neither_shown_nor_changed(
    how: str, operator, telco, other_telco, tmp_path, settings
) -> None:
    settings.BASTIDE_HOME = tmp_path
    unit, client = thing_at("/registry/units/", telco), client_of(operator)
    form = f"{unit.get_absolute_url()}acts/withdraw/"
    assert unit.number in client.get("/registry/units/").content.decode()
    assert client.get(form).status_code == 200
    gone(how, operator, unit, other_telco)
    before = (type(unit).objects.filter(pk=unit.pk).values().get(), Entry.objects.filter(is_read=False).count())
    refused = {302} if how == "suspended" else {403, 404}
    for path in (unit.get_absolute_url(), f"{unit.get_absolute_url()}picture/", form):
        assert client.get(path).status_code in refused, path
    assert client.post(form, {"reason": "lost", "version": unit.version}).status_code in refused
    acted = client.post(
        f"/api/v1{form.rstrip('/')}", {"reason": "lost"}, content_type="application/json", HTTP_X_PURPOSE="test"
    )
    assert acted.status_code in {401, 403, 404}
    assert unit.number not in client.get("/registry/units/", follow=True).content.decode()
    after = (type(unit).objects.filter(pk=unit.pk).values().get(), Entry.objects.filter(is_read=False).count())
    assert after == before


def test_an_assignment_that_ended_takes_page_act_and_file_with_it(expert, telco, national, tmp_path, settings) -> None:
    settings.BASTIDE_HOME = tmp_path
    visit, client, now = thing_at("/inspection/visits/", telco), client_of(expert), terms.now()
    given = Assignment.objects.create(
        account=expert, kind="inspection.visit", thing_id=visit.pk, given_by=national, since=now - timedelta(days=2),
        until=now + timedelta(days=1),
    )  # fmt: skip
    assert client.get(visit.get_absolute_url()).status_code == 200
    assert visit.number in client.get("/inspection/visits/").content.decode()
    Assignment.objects.filter(pk=given.pk).update(until=now - timedelta(days=1))
    assert client.get(visit.get_absolute_url()).status_code == 404
    assert client.post(f"{visit.get_absolute_url()}acts/approve/").status_code == 404
    assert client.get(f"/api/v1{visit.get_absolute_url().rstrip('/')}").status_code == 404
    assert visit.number not in client.get("/inspection/visits/").content.decode()
