"""What an installation needs before it serves: database, built-in packs, a first administrator."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from bastide.base import packs, terms
from bastide.base.entry.flows import enter_organisation
from bastide.base.people.models import Account, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.base.trail import ledger
from bastide.norms import flows as norms

Say = Callable[[str], None]


class CannotStart(Exception):
    """Something outside must be mended first; the message says what."""


def prepare(say: Say) -> None:
    """Migrate the database and load the built-in packs. Safe to run at every start."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    _check_assets()
    say("Bringing the database up to date…")
    call_command("migrate", verbosity=0, interactive=False)
    house = Account.objects.house()
    for pack_id in packs.available():
        norms.load_pack(packs.pack(pack_id), by=house, at=terms.now())


def _check_assets() -> None:
    bundle = Path(__file__).parent / "base" / "ui" / "static" / "ui" / "dist"
    if not any(bundle.glob("*.js")):
        raise CannotStart("The front end is not bundled yet: run `make run`, or `python tools/bundle.py`.")


def is_empty() -> bool:
    """No organisation was entered yet."""
    return not Organisation.objects.exists()


def check_port(bind: str, port: int) -> None:
    """Refuse early if another program listens there."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {bind} is taken ({error.strerror}). Stop the other program or set BASTIDE_PORT."
            ) from error


def initialise(*, name_zh: str, name_en: str, code: str, username: str, email: str, password: str) -> Account:
    """A clean installation: the national authority and its first administrator.

    Raises CannotStart if it is not empty.
    """
    if not is_empty():
        raise CannotStart("This installation has organisations already; `bastide init` works on an empty one.")
    at, house = terms.now(), Account.objects.house()
    with transaction.atomic():
        authority = enter_organisation(
            by=house, at=at, code=code, kind=Organisation.Kind.NATIONAL, name_zh=name_zh, name_en=name_en
        )
        account = Account.objects.create_person(username, password, email=email, name=username)
        for role in (Role.ADMINISTRATOR, Role.AUDITOR):
            Membership.objects.create(account=account, organisation=authority, role=role, since=at)
        ledger.record(at=at, by=house, act="people.account.first_administrator", thing=account)
    return account


def demo_password() -> str:
    """The password all demo accounts of this installation share, made once; readable by its owner alone."""
    path = settings.BASTIDE_HOME / "demo-password"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write("-".join(secrets.token_hex(2) for _ in range(4)))
    return path.read_text().strip()
