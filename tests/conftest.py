"""The cast by role, the fixed clock, and where real data lies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation
from xdist.scheduler import LoadScopeScheduling

from bastide.base import terms
from bastide.base.people.models import Account, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.base.trail import guards

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("BASTIDE_SHARED_DATA", ROOT.parent / "shared" / "data"))
EVERYTHING = os.environ.get("BASTIDE_TEST_ALL") == "1"
# A Tuesday morning in Beijing, a plain working day.
NOON = datetime(2026, 6, 16, 4, 0, tzinfo=UTC)


class ByDatabase(LoadScopeScheduling):
    """Tests go to whichever process is free, but those whose databases are made once stay together in one."""

    # A folder or a file: the story is played once, the databases of a file with workers are made once.
    TOGETHER = (
        "tests/paths/", "tests/base/jobs/test_survival.py", "tests/base/clock/test_rounds.py",
        "tests/base/papers/test_numbers.py", "tests/monitor/test_survival.py", "tests/engines/detect/test_spark.py",
    )  # fmt: skip

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in self.TOGETHER if nodeid.startswith(place)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByDatabase:
    return ByDatabase(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "everything" in item.keywords and not EVERYTHING:
            item.add_marker(pytest.mark.skip(reason="runs with BASTIDE_TEST_ALL=1"))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Tests read refusals in English; page tests choose their language themselves."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _tables_can_be_emptied() -> Iterator[None]:
    """Tests with real transactions empty all tables at their end; the guards of the trail step aside for that alone."""
    empty = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def emptied(case: TransactionTestCase) -> None:
        guards.take_down(connection)
        try:
            empty(case)
        finally:
            guards.put_up(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptied)
        yield


@pytest.fixture(autouse=True)
def _already_proven(settings: Any) -> None:
    """Clients are signed in without a password here; the tests of entry ask for factors and fresh proofs themselves."""
    settings.BASTIDE_MFA, settings.BASTIDE_STEP_UP_MINUTES = "nobody", 0


@pytest.fixture
def at() -> Iterator[datetime]:
    """A fixed moment; the wall clock stands still at it."""
    with terms.frozen(NOON):
        yield NOON


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data beside the repository; tests that need it are skipped without."""
    if not SHARED.is_dir():
        pytest.skip(f"real data not found at {SHARED}; set BASTIDE_SHARED_DATA")
    return SHARED


def make_organisation(
    code: str, kind: str, area: str = "", parent: Organisation | None = None, **more: object
) -> Organisation:
    return Organisation.objects.create(
        code=code, kind=kind, area=area, parent=parent, name_zh=f"{code}（测试）", name_en=f"{code} (test)", **more
    )


def make_account(username: str, organisation: Organisation | None, *roles: Role) -> Account:
    account = Account.objects.create_person(username, None, name=username)
    for role in roles:
        Membership.objects.create(
            account=account, organisation=organisation, role=role, since=datetime(2020, 1, 1, tzinfo=UTC)
        )
    return account


@pytest.fixture
def ministry(db: None) -> Organisation:
    return make_organisation("MIIT", Organisation.Kind.NATIONAL)


@pytest.fixture
def province(ministry: Organisation) -> Organisation:
    return make_organisation("CA-11", Organisation.Kind.PROVINCIAL, "110000", ministry)


@pytest.fixture
def other_province(ministry: Organisation) -> Organisation:
    return make_organisation("CA-31", Organisation.Kind.PROVINCIAL, "310000", ministry)


@pytest.fixture
def telco(db: None) -> Organisation:
    return make_organisation("OP-A", Organisation.Kind.OPERATOR, "110000", operator_kind="basic_telecom")


@pytest.fixture
def other_telco(db: None) -> Organisation:
    return make_organisation("OP-B", Organisation.Kind.OPERATOR, "310000", operator_kind="value_added")


@pytest.fixture
def laboratory(db: None) -> Organisation:
    return make_organisation("LAB-1", Organisation.Kind.ASSESSMENT_BODY)


@pytest.fixture
def national(ministry: Organisation) -> Account:
    return make_account("national", ministry, Role.OFFICER, Role.LEADER, Role.DUTY_OFFICER)


@pytest.fixture
def provincial(province: Organisation) -> Account:
    return make_account("provincial", province, Role.OFFICER, Role.LEADER, Role.DUTY_OFFICER)


@pytest.fixture
def other_provincial(other_province: Organisation) -> Account:
    return make_account("other_provincial", other_province, Role.OFFICER, Role.LEADER, Role.DUTY_OFFICER)


@pytest.fixture
def operator(telco: Organisation) -> Account:
    return make_account("operator", telco, Role.SECURITY_OFFICER, Role.HEAD)


@pytest.fixture
def other_operator(other_telco: Organisation) -> Account:
    return make_account("other_operator", other_telco, Role.SECURITY_OFFICER, Role.HEAD)


@pytest.fixture
def inspector(province: Organisation) -> Account:
    return make_account("inspector", province, Role.INSPECTOR)


@pytest.fixture
def analyst(ministry: Organisation) -> Account:
    return make_account("analyst", ministry, Role.ANALYST)


@pytest.fixture
def expert(laboratory: Organisation) -> Account:
    return make_account("expert", laboratory, Role.EXPERT)


@pytest.fixture
def contestant(telco: Organisation) -> Account:
    return make_account("contestant", telco, Role.CONTESTANT)


@pytest.fixture
def auditor(ministry: Organisation) -> Account:
    return make_account("auditor", ministry, Role.AUDITOR)


@pytest.fixture
def administrator(ministry: Organisation) -> Account:
    return make_account("administrator", ministry, Role.ADMINISTRATOR)


@pytest.fixture
def stranger(db: None) -> Account:
    """Signed in, without any role."""
    return make_account("stranger", None)
