"""A person with a password."""

from __future__ import annotations

import pytest

from bastide.base.people.models import Account
from tests.base.entry.doors import PASSWORD


@pytest.fixture
def person(operator: Account) -> Account:
    operator.set_password(PASSWORD)
    operator.email = "person@op-a.example"
    operator.save()
    return operator


@pytest.fixture
def officer(national: Account) -> Account:
    """An officer of the national authority, with a password."""
    national.set_password(PASSWORD)
    national.email = "officer@authority.example"
    national.save()
    return national
