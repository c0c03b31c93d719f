"""People from a file: judged row by row, carried out or only checked, the same file twice changes nothing."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bastide.base.entry import provision
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Invitation, Membership
from tests.base.entry.doors import english

pytestmark = pytest.mark.django_db
HEAD = "email,name,organisation,role,state\n"


def take_in(rows: str, by: Account, at, *, dry_run: bool = False) -> provision.Receipt:
    return provision.take_in((HEAD + rows).encode(), by=by, at=at, dry_run=dry_run)


class TestRows:
    def test_who_is_new_is_invited_who_is_known_gets_the_role(self, administrator, person, telco, at) -> None:
        receipt = take_in(
            f"new@op-a.example,New,OP-A,reporter,\n{person.email.upper()},Known,OP-A,reporter,held\n", administrator, at
        )
        assert receipt.counts() == {"invite": 1, "give": 1, "end": 0, "keep": 0, "refuse": 0}
        assert Invitation.objects.get().email == "new@op-a.example"
        assert Membership.objects.filter(account=person, role="reporter", until=None).count() == 1

    def test_the_same_file_again_changes_nothing(self, administrator, person, telco, at) -> None:
        rows = f"new@op-a.example,New,OP-A,reporter,\n{person.email},Known,OP-A,reporter,\n"
        take_in(rows, administrator, at)
        before = (Invitation.objects.count(), Membership.objects.count())
        assert take_in(rows, administrator, at).counts()["keep"] == 2
        assert (Invitation.objects.count(), Membership.objects.count()) == before

    def test_a_role_that_ended_there_ends_here(self, administrator, person, at) -> None:
        receipt = take_in(f"{person.email},,OP-A,head,ended\n", administrator, at)
        assert receipt.count("end") == 1
        assert not Membership.objects.filter(account=person, role="head", until=None).exists()
        assert take_in(f"{person.email},,OP-A,head,ended\n", administrator, at).count("keep") == 1

    def test_dry_it_only_judges(self, administrator, telco, at) -> None:
        assert take_in("new@op-a.example,New,OP-A,reporter,\n", administrator, at, dry_run=True).count("invite") == 1
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize(
        ("row", "field", "words"),
        [
            ("not-an-address,N,OP-A,reporter,", "email", "is not a mail address"),
            ("n@op-a.example,,OP-A,reporter,", "name", "missing"),
            ("n@op-a.example,N,OP-A,officer,", "role", "write one of: contestant, head, reporter, security_officer"),
            ("n@op-a.example,N,OP-A,house,", "role", "no role there"),
            ("n@op-a.example,N,OP-X,reporter,", "organisation", "No organisation “OP-X” in your care"),
            ("n@op-a.example,N,OP-A,reporter,perhaps", "state", "held or ended"),
        ],
    )
    def test_a_bad_row_is_named_and_the_good_ones_take_effect(
        self, administrator, telco, at, row, field, words
    ) -> None:
        receipt = take_in(f"{row}\ngood@op-a.example,Good,OP-A,reporter,\n", administrator, at)
        (refused,) = receipt.refused
        assert (refused.number, refused.wrong) == (2, field)
        assert words in refused.words
        assert receipt.count("invite") == 1

    def test_one_address_in_two_roles_is_invited_once(self, administrator, telco, at) -> None:
        rows = "n@op-a.example,N,OP-A,reporter,\nN@op-a.example,N,OP-A,head,\n"
        for dry_run in (True, False):
            receipt = take_in(rows, administrator, at, dry_run=dry_run)
            assert (receipt.count("invite"), receipt.refused[0].number) == (1, 3)
        assert Invitation.objects.count() == 1

    def test_a_head_reaches_their_own_operator_only(self, operator, telco, other_telco, at) -> None:
        receipt = take_in("a@x.example,A,OP-A,reporter,\nb@x.example,B,OP-B,reporter,\n", operator, at)
        assert [(line.organisation, line.outcome) for line in receipt.lines] == [("OP-A", "invite"), ("OP-B", "refuse")]


class TestFiles:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"\xff\xfe", "not UTF-8"),
            (b"email,name\na,b\n", "organisation, role"),
            (b"", "columns are missing"),
            ((HEAD + '"open').encode(), "Line 2 is not CSV"),
            (b"x" * (provision.MOST_BYTES + 1), "larger than 4 MiB"),
        ],
    )
    def test_an_unreadable_file_says_where(self, administrator, at, data, words) -> None:
        with pytest.raises(Refused, match=words):
            provision.take_in(data, by=administrator, at=at)


class TestPage:
    def test_checked_then_carried_out_with_mails(
        self, administrator: Account, telco, django_capture_on_commit_callbacks
    ) -> None:
        client = english()
        client.force_login(administrator)
        data = (HEAD + "new@op-a.example,New,OP-A,reporter,\nbad,N,OP-A,reporter,\n").encode()
        checked = client.post("/entry/accounts/import/", {"file": SimpleUploadedFile("people.csv", data)})
        page = checked.content.decode()
        assert "What the file would do" in page
        assert "is not a mail address" in page
        assert not Invitation.objects.exists()
        with django_capture_on_commit_callbacks(execute=True):
            done = client.post("/entry/accounts/import/", {"text": data.decode(), "carry_out": "1"})
        assert "Receipt" in done.content.decode()
        assert Invitation.objects.get().email == "new@op-a.example"
        assert "/entry/welcome/" in mail.outbox[0].body

    def test_nothing_chosen_is_said(self, administrator: Account) -> None:
        client = Client()
        client.cookies["django_language"] = "en"
        client.force_login(administrator)
        answer = client.post("/entry/accounts/import/", {"text": ""})
        assert (answer.status_code, b"Choose a file" in answer.content) == (422, True)
