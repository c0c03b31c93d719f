"""Every (state, step, role) of every flow: who may, may; whoever may not is refused and nothing changes."""

from __future__ import annotations

import pytest

import bastide.urls  # noqa: F401 – every room registers its flows when its doors are hung
from bastide.base.flow import Forbidden, Refused, flows
from bastide.base.flow.machine import Flow
from bastide.base.people import Scope, roles
from bastide.base.people.models import Account
from bastide.base.people.roles import Role
from tests.conftest import NOON, make_account
from tests.house.cast import makers

pytestmark = pytest.mark.django_db
AUTHORITY = [Role.LEADER, Role.OFFICER, Role.DUTY_OFFICER, Role.INSPECTOR, Role.ANALYST, Role.ORGANISER, Role.AUDITOR, Role.ADMINISTRATOR]  # fmt: skip
OPERATORS = [Role.HEAD, Role.SECURITY_OFFICER, Role.REPORTER, Role.CONTESTANT]
OTHERS = [Role.ASSESSOR, Role.EXPERT]


class Undo(Exception):
    """Raised inside a step that was allowed, so that nothing is kept."""


@pytest.fixture
def people(ministry, province, other_province, telco, other_telco, laboratory) -> dict[tuple[str, str], Account]:
    """(where, role) → account: every role at home in the thing's scope, and every role elsewhere."""
    found: dict[tuple[str, str], Account] = {}
    for where, organisation, known in [
        ("nation", ministry, AUTHORITY), ("province", province, AUTHORITY), ("operator", telco, OPERATORS),
        ("other province", other_province, AUTHORITY), ("other operator", other_telco, OPERATORS), ("body", laboratory, OTHERS),
    ]:  # fmt: skip
        for role in known:
            found[where, role.value] = make_account(f"{where}.{role.value}".replace(" ", "-"), organisation, role)
    return found


def in_scope(where: str, scope: Scope) -> bool:
    """Who sees a thing of OP-A: the nation, its province if the model has one, the operator itself."""
    if where == "province":
        return bool(scope.areas)
    return where == "nation" or (where == "operator" and bool(scope.organisations))


def kinds() -> list[str]:
    return sorted(kind for kind in flows() if any(not step.creates for step in flows()[kind].steps.values()))


@pytest.mark.parametrize("kind", kinds())
def test_every_state_step_and_role(kind: str, people, telco) -> None:
    flow: Flow = flows()[kind]
    assert kind in makers(), f"tests/{kind.split('.')[0]}/makers.py has no maker for {kind}"
    walked = 0
    for state, _title in flow.states:
        thing = makers()[kind](telco, state=state)
        for step in flow.steps.values():
            if step.creates:
                continue
            for (where, role), account in people.items():
                allowed = (
                    state in step.source and in_scope(where, flow.model.SCOPE) and step.can in roles.rights_of(role)
                )
                assert (step in flow.open_steps(thing, account)) == (allowed and step.by_hand), (
                    state,
                    step.name,
                    where,
                    role,
                )
                try:
                    with flow.step(step.name, thing, by=account, at=NOON):
                        raise Undo
                except Undo:
                    assert allowed, f"{where} {role} took “{step.name}” in {state}"
                except Forbidden:
                    assert not allowed
                except Refused as refusal:  # wrong state, or a need that this bare call does not meet
                    assert state not in step.source or step.needs, (str(refusal), state, step.name)
                walked += 1
        thing.refresh_from_db()
        assert getattr(thing, flow.field) == state
    assert walked >= len(people)


@pytest.mark.parametrize("kind", kinds())
def test_every_state_can_be_left_or_is_an_end(kind: str) -> None:
    flow = flows()[kind]
    entered = {step.target for step in flow.steps.values() if step.target}
    states = {state for state, _title in flow.states}
    assert entered <= states, f"{kind}: steps lead to unknown states {entered - states}"
    assert states <= entered, f"{kind}: nothing leads to {states - entered}"
    for step in flow.steps.values():
        assert set(step.source) <= states, f"{kind}.{step.name} starts from an unknown state"


def test_every_step_has_a_right_that_somebody_holds() -> None:
    for flow in flows().values():
        for step in flow.steps.values():
            assert roles.roles_with(step.can), f"{flow.kind}.{step.name}: nobody holds {step.can}"
