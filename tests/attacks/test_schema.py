"""Schemathesis over the whole API: no 5xx, no answer the document does not tell of, right input and wrong."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta
from typing import Any

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, Verbosity, given, seed
from hypothesis import settings as given_settings
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bastide.api import api
from bastide.base.people.models import Account, ApiToken, Organisation
from bastide.base.people.roles import Role, rights_of
from bastide.monitor.models import Source
from bastide.wsgi import application
from tests.conftest import make_account
from tests.house.cast import make_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
SCHEMA.app = application
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}
ROOMS = sorted({label.split("/")[3] for label in OPERATIONS})


@pytest.fixture
def everyone(ministry: Organisation, telco: Organisation) -> Account:
    """Holds every role in the ministry and in the operator, so that every act's inside is reached."""
    account = make_account("everyone", ministry, *Role)
    for role in Role:
        account.memberships.create(organisation=telco, role=role, since=datetime.fromisoformat("2020-01-01T00:00Z"))
    return account


@pytest.fixture
def headers(everyone: Account, at: datetime) -> dict[str, str]:
    heads = sorted({f"{right.split('.')[0]}." if "." in right else right for role in Role for right in rights_of(role)})
    _token, secret = ApiToken.make(everyone, name="all", scopes=heads, expires_at=at + timedelta(days=1))
    return {"Authorization": f"Bearer {secret}", "X-Purpose": "duty review"}


def number_of(path: str, things: dict[str, Any]) -> str:
    """The number, key or code of the sample thing a path speaks of."""
    noun = path.removeprefix("/api/v1/").split("/{")[0]
    for thing in things.values():
        address = getattr(thing, "get_absolute_url", str)()
        if f"/{noun}/" in address:
            return str(address.rstrip("/").rsplit("/", 1)[1])
    return "OP-A"


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("room", ROOMS)
def test_no_answer_is_broken_or_undocumented(
    room: str, mode: GenerationMode, telco: Organisation, headers: dict[str, str], settings: Any, tmp_path: Any
) -> None:
    settings.BASTIDE_HOME = tmp_path
    things, failures = make_all(telco), {}
    for source in Source.objects.all():
        source.account = make_account(f"source.{source.name}", telco, Role.SOURCE)
        source.save()
    for label, operation in OPERATIONS.items():
        if label.split("/")[3] != room:
            continue
        try:
            walk(operation, mode, headers, number_of(operation.path, things))
        except FailureGroup as group:
            failures[label] = [str(one) for one in group.exceptions]
        except Exception as error:
            failures[label] = [repr(error)]
    told = "\n\n".join(f"{label}\n{text}" for label, texts in failures.items() for text in texts)
    assert not failures, f"{len(failures)} operations:\n{told}"


def walk(operation: Any, mode: GenerationMode, headers: dict[str, str], number: str) -> None:
    """Some examples of one operation, every second upon a thing that exists; each leaves nothing behind."""
    turn = iter(range(10**6))

    @seed(20260616)
    @given_settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=False, verbosity=Verbosity.quiet,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def tried(case: Any) -> None:
        if case.path_parameters and next(turn) % 2:
            for name in {"number", "code", "pk"} & set(case.path_parameters):
                case.path_parameters[name] = number
        with transaction.atomic():
            answer = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(answer, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tried()
