"""A small program for the number tests: makes the tables, and issues orders as fast as it can.

    python -m tests.base.papers.office prepare | work COUNT

Every third act is undone after its number was given. Numbers that stay are written to the file named by SHIFT_LOG.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from bastide.base import papers  # noqa: E402
from bastide.base.people.models import Account, Organisation  # noqa: E402
from tests.base.papers.conftest import ORDER  # noqa: E402

AT = datetime(2026, 6, 16, 4, tzinfo=UTC)


class Undone(Exception):
    """The act around a document did not come to its end."""


def note(word: str, number: str) -> None:
    handle = os.open(os.environ["SHIFT_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, f"{word} {number}\n".encode())
    os.close(handle)


def issue(*, undo: bool) -> None:
    office, telco = Organisation.objects.get(code="CA-11"), Organisation.objects.get(code="OP-A")
    try:
        with transaction.atomic():
            by = Account.objects.house()
            number = papers.issue("DOC-16", telco, by=by, at=AT, data=ORDER, issuer=office, addressee=telco).number
            if undo:
                note("undone", number)
                raise Undone
    except Undone:
        return
    note("issued", number)


def main(verb: str, *rest: str) -> None:
    if verb == "prepare":
        call_command("migrate", verbosity=0)
        Account.objects.house()
        Organisation.objects.create(code="CA-11", kind="provincial_office", area="110000", name_zh="某局（测试）")
        Organisation.objects.create(code="OP-A", kind="operator", area="110000", name_zh="某公司（测试）")
    elif verb == "work":
        for turn in range(int(rest[0])):
            issue(undo=turn % 3 == 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
