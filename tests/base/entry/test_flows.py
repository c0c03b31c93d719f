"""Invitations, roles, suspension and keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bastide.base.entry import flows
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account, Invitation, Membership
from bastide.base.people.roles import Role
from bastide.base.trail.models import Entry

PASSWORD = "correct-horse-battery"


class TestInvite:
    def test_an_accepted_invitation_opens_one_account_with_its_role(self, operator, telco, at) -> None:
        _invitation, secret = flows.invite(telco, by=operator, at=at, email="a@b.example", name="A", role=Role.REPORTER)
        account = flows.accept(secret, at=at, username="new.person", password=PASSWORD)
        assert account.roles() == {Role.REPORTER}
        assert account.check_password(PASSWORD)
        with pytest.raises(Refused, match="not open any more"):
            flows.accept(secret, at=at, username="second", password=PASSWORD)

    def test_it_expires(self, operator, telco, at) -> None:
        _invitation, secret = flows.invite(telco, by=operator, at=at, email="a@b.example", name="A", role=Role.REPORTER)
        with pytest.raises(Refused):
            flows.accept(secret, at=at + timedelta(days=8), username="late", password=PASSWORD)

    def test_the_secret_is_not_kept(self, operator, telco, at) -> None:
        _invitation, secret = flows.invite(telco, by=operator, at=at, email="a@b.example", name="A", role=Role.REPORTER)
        assert secret not in str(list(Invitation.objects.values())) + str(list(Entry.objects.values()))

    def test_an_operator_cannot_invite_into_another(self, operator, other_telco, at) -> None:
        with pytest.raises(Forbidden):
            flows.invite(other_telco, by=operator, at=at, email="a@b.example", name="A", role=Role.REPORTER)

    def test_an_operator_cannot_make_an_authority_officer(self, operator, telco, at) -> None:
        with pytest.raises(Refused, match="does not exist in this kind"):
            flows.invite(telco, by=operator, at=at, email="a@b.example", name="A", role=Role.OFFICER)

    def test_a_weak_password_is_refused_and_the_invitation_stays_open(self, operator, telco, at) -> None:
        invitation, secret = flows.invite(telco, by=operator, at=at, email="a@b.example", name="A", role=Role.REPORTER)
        with pytest.raises(Refused):
            flows.accept(secret, at=at, username="new", password="short")
        invitation.refresh_from_db()
        assert invitation.accepted_at is None
        assert not Account.objects.filter(username="new").exists()


class TestRoles:
    def test_the_last_administrator_stays(self, administrator, at) -> None:
        with pytest.raises(Refused, match="last administrator"):
            flows.end_role(administrator.memberships.get(), by=administrator, at=at)

    def test_an_ended_role_stays_in_the_register(self, operator, telco, at) -> None:
        membership = flows.give_role(operator, telco, by=operator, at=at, role=Role.REPORTER)
        flows.end_role(membership, by=operator, at=at + timedelta(days=1))
        assert Membership.objects.get(pk=membership.pk).until == at + timedelta(days=1)
        flows.give_role(operator, telco, by=operator, at=at + timedelta(days=2), role=Role.REPORTER)


class TestSuspend:
    def test_it_needs_the_right_over_that_account(self, operator, other_operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.suspend(other_operator, by=operator, at=at, reason="no")

    def test_it_is_written_into_the_trail_with_its_reason(self, administrator, operator, at) -> None:
        flows.suspend(operator, by=administrator, at=at, reason="left the company")
        operator.refresh_from_db()
        assert not operator.is_active
        assert Entry.objects.get(act="people.account.suspend").note == "left the company"

    def test_nobody_suspends_themselves(self, operator, at) -> None:
        with pytest.raises(Refused, match="yourself"):
            flows.suspend(operator, by=operator, at=at, reason="tired")


class TestMakeToken:
    def test_scopes_beyond_ones_own_are_refused(self, operator, at) -> None:
        with pytest.raises(Refused, match="only scopes you have"):
            flows.make_token(operator, at=at, name="x", scopes=["nothing."], days=10)

    def test_it_can_be_revoked_once(self, operator, at) -> None:
        token, _secret = flows.make_token(operator, at=at, name="x", scopes=[flows.scopes_of(operator)[0]], days=10)
        flows.revoke_token(token, by=operator, at=at)
        with pytest.raises(Refused):
            flows.revoke_token(token, by=operator, at=at)
