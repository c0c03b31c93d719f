"""The evidence field: uploads from pages, identifiers from programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict

from bastide.base import vault
from bastide.base.people.models import Account, Organisation
from bastide.base.vault.forms import EvidenceField

pytestmark = pytest.mark.django_db


class Proof(forms.Form):
    evidence = EvidenceField()

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by


class TestUploads:
    def test_it_takes_several(self, operator: Account) -> None:
        files = MultiValueDict(
            {"evidence": [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.csv", b"a,b\n1,2\n")]}
        )
        form = Proof({}, files, by=operator)
        assert form.is_valid(), form.errors
        assert [one.name for one in form.cleaned_data["evidence"]] == ["a.txt", "b.csv"]

    def test_it_says_which_file_may_not_come_in(self, operator: Account) -> None:
        files = MultiValueDict(
            {"evidence": [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.pdf", b"no pdf")]}
        )
        form = Proof({}, files, by=operator)
        assert "b.pdf" in str(form.errors["evidence"])

    def test_it_asks_for_at_least_one(self, operator: Account) -> None:
        assert "at least one" in str(Proof({}, MultiValueDict(), by=operator).errors["evidence"])


class TestReceived:
    def test_it_takes_ids_and_numbers_of_ones_own_files(self, operator: Account, at: datetime) -> None:
        first = vault.receive(b"1", name="a.txt", by=operator, at=at)
        second = vault.receive(b"2", name="b.txt", by=operator, at=at)
        form = Proof({"evidence": [first.pk, second.number]}, {"evidence": [first.pk, second.number]}, by=operator)
        assert form.is_valid(), form.errors
        assert form.cleaned_data["evidence"] == [first, second]

    def test_the_file_of_another_is_unknown(self, operator: Account, other_operator: Account, at: datetime) -> None:
        theirs = vault.receive(b"1", name="a.txt", by=other_operator, at=at)
        form = Proof({}, {"evidence": [theirs.pk]}, by=operator)
        assert "no received file" in str(form.errors["evidence"])

    def test_a_file_already_used_is_refused(self, operator: Account, telco: Organisation, at: datetime) -> None:
        used = vault.receive(b"1", name="a.txt", by=operator, at=at, thing=telco)
        form = Proof({}, {"evidence": [used.pk]}, by=operator)
        assert "already belongs" in str(form.errors["evidence"])
