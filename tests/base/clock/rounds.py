"""A small program for the process tests: makes late clocks, and sends reminders until none is due.

python -m tests.base.clock.rounds prepare | late COUNT | work
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from bastide.base.clock import flows, jobs  # noqa: E402
from bastide.base.people.models import Account, Membership, Organisation  # noqa: E402

START = datetime(2026, 3, 2, 1, tzinfo=UTC)


def late(count: int) -> None:
    """So many operators with one clock each, nearly due, and one person to be told."""
    by = Account.objects.house()
    for number in range(count):
        bearer = Organisation.objects.create(
            code=f"OP-{number}", kind="operator", area="110000", name_zh=f"运营者{number}"
        )
        person = Account.objects.create(username=f"op{number}", name=f"op{number}")
        Membership.objects.create(account=person, organisation=bearer, role="reporter", since=START)
        flows.start(bearer, "CK-01", at=START, by=by, bearer=bearer)


def main(verb: str, *rest: str) -> None:
    if verb == "prepare":
        call_command("migrate", verbosity=0)
        Account.objects.house()
    elif verb == "late":
        late(int(rest[0]))
    elif verb == "work":
        with open(os.environ["SHIFT_LOG"], "a") as log:
            log.write("begun\n")
        jobs.tick(at=START + timedelta(minutes=30))


if __name__ == "__main__":
    main(*sys.argv[1:])
