"""Who sees what: the same rule as a filter and as a question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bastide.base import terms
from bastide.base.people import roles
from bastide.base.people.models import Account, ApiToken, Assignment, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.base.people.scope import covers, scope_of, scoped
from tests.conftest import make_account, make_organisation

SEE = "test.organisation.see"


@pytest.fixture(autouse=True)
def _grant() -> Iterator[None]:
    granted = (Role.OFFICER, Role.SECURITY_OFFICER, Role.EXPERT)
    for role in granted:
        roles._grants[role].add(SEE)
    yield
    for role in granted:
        roles._grants[role].discard(SEE)


def seen(account: Account) -> set[str]:
    """Codes in sight; the filter and the question must agree on every row."""
    rows = set(scoped(Organisation.objects.all(), account, SEE).values_list("code", flat=True))
    for organisation in Organisation.objects.all():
        assert covers(account, SEE, organisation) == (organisation.code in rows), organisation.code
    return rows


class TestSight:
    def test_the_ministry_sees_all(self, national, telco, other_telco, province) -> None:
        assert seen(national) == {"MIIT", "OP-A", "OP-B", "CA-11"}

    def test_a_province_sees_its_own_province(self, provincial, telco, other_telco) -> None:
        assert seen(provincial) == {"CA-11", "OP-A"}

    def test_an_operator_sees_itself(self, operator, other_telco) -> None:
        assert seen(operator) == {"OP-A"}

    def test_a_group_sees_the_subsidiaries_it_manages_at_any_depth(self, operator, telco) -> None:
        child = make_organisation("OP-A1", Organisation.Kind.OPERATOR, "310000", telco, managed_by_parent=True)
        make_organisation("OP-A2", Organisation.Kind.OPERATOR, "310000", telco)
        make_organisation("OP-A11", Organisation.Kind.OPERATOR, "440000", child, managed_by_parent=True)
        assert seen(operator) == {"OP-A", "OP-A1", "OP-A11"}

    def test_a_stranger_sees_nothing(self, stranger, telco) -> None:
        assert seen(stranger) == set()

    def test_a_role_without_the_right_sees_nothing(self, auditor, telco) -> None:
        assert seen(auditor) == set()

    def test_an_expert_sees_the_file_assigned_while_it_is_assigned(
        self, expert, telco, other_telco, national, at
    ) -> None:
        Assignment.objects.create(
            account=expert, kind="people.organisation", thing_id=telco.pk, given_by=national,
            since=at - timedelta(days=1), until=at + timedelta(days=1),
        )  # fmt: skip
        assert seen(expert) == {"OP-A"}
        with terms.frozen(at + timedelta(days=2)):
            assert seen(expert) == set()

    def test_an_ended_membership_opens_nothing(self, telco, at) -> None:
        account = make_account("gone", telco, Role.SECURITY_OFFICER)
        Membership.objects.filter(account=account).update(until=at - timedelta(days=1))
        assert seen(account) == set()

    def test_a_suspended_account_sees_nothing(self, operator, telco) -> None:
        operator.is_active = False
        assert not scoped(Organisation.objects.all(), operator, SEE).exists()

    def test_a_model_without_scope_cannot_be_asked_for(self, national) -> None:
        with pytest.raises(LookupError, match="declares no SCOPE"):
            scope_of(Membership)


class TestToken:
    def test_a_token_narrows_rights_to_its_scopes(self, operator, at) -> None:
        token, secret = ApiToken.make(operator, name="feed", scopes=["monitor."], expires_at=at + timedelta(days=1))
        found = ApiToken.find(secret, at=at)
        assert found == token
        operator.token = token
        assert not operator.can(SEE)
        token.scopes = ["test."]
        assert operator.can(SEE)

    def test_an_expired_or_revoked_token_is_not_found(self, operator, at) -> None:
        token, secret = ApiToken.make(operator, name="feed", scopes=["test."], expires_at=at + timedelta(days=1))
        assert ApiToken.find(secret, at=at + timedelta(days=2)) is None
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=at)
        assert ApiToken.find(secret, at=at) is None

    def test_only_the_hash_is_kept(self, operator, at) -> None:
        token, secret = ApiToken.make(operator, name="feed", scopes=[], expires_at=at)
        assert secret not in str(ApiToken.objects.filter(pk=token.pk).values().get())
