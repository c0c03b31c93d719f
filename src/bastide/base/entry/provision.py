"""People in bulk, from a CSV file: who is invited, who gets a further role, whose role ends.

Columns: `email`, `name`, `organisation` (its code), `role`, `state` (`held` or `ended`; empty is `held`). The file
says how things should be; what is so already is left alone, so the same file can be sent again and again by an
identity system. Every row is judged by itself: good rows take effect, bad ones stand in the receipt with line, field
and what to do.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from bastide.base.entry import flows
from bastide.base.entry.access import ROLES_IN, Can
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account, Invitation, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.base.people.scope import scoped
from bastide.base.words import spelling

COLUMNS = ("email", "name", "organisation", "role", "state")
MOST_ROWS, MOST_BYTES = 10_000, 4 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """One row of the file and what comes of it: `invite`, `give`, `end`, `keep`, or `refuse` with words."""

    number: int
    email: str
    organisation: str
    role: str
    outcome: str = "keep"
    words: str = ""
    wrong: str = ""


@dataclass
class Receipt:
    """What became of a file."""

    dry_run: bool
    lines: list[Line] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(line.outcome == outcome for line in self.lines)

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if line.outcome == "refuse"]

    def counts(self) -> dict[str, int]:
        return {outcome: self.count(outcome) for outcome in ("invite", "give", "end", "keep", "refuse")}


def take_in(data: bytes, *, by: Account, at: datetime, dry_run: bool = True, url_of: str = "") -> Receipt:
    """Read a file and let its good rows take effect; dry, only judge them. An unreadable file raises `Refused`."""
    receipt, invited = Receipt(dry_run), set[str]()
    for number, row in _rows(data):
        line = Line(number, row["email"].lower(), row["organisation"], row["role"])
        try:
            outcome = _apply(row, by=by, at=at, dry_run=dry_run, url_of=url_of, invited=invited)
            receipt.lines.append(_with(line, outcome=outcome))
        except Refused as refusal:
            receipt.lines.append(_with(line, outcome="refuse", words=str(refusal), wrong=refusal.field))
    return receipt


def _with(line: Line, **changed: Any) -> Line:
    return Line(**{**line.__dict__, **changed})


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row."""
    if len(data) > MOST_BYTES:
        raise Refused(_("The file is larger than %(most)s MiB. Divide it.") % {"most": MOST_BYTES // 1024**2})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            _("The file is not UTF-8 (byte %(place)s). Save it as CSV UTF-8.") % {"place": error.start}
        ) from error
    reader = csv.DictReader(io.StringIO(text), strict=True)
    missing = [column for column in COLUMNS[:4] if column not in (reader.fieldnames or [])]
    if missing:
        raise Refused(_("Line 1: these columns are missing: %(columns)s.") % {"columns": ", ".join(missing)})
    try:
        for count, row in enumerate(reader):
            if count >= MOST_ROWS:
                raise Refused(_("The file has more than %(most)s rows. Divide it.") % {"most": MOST_ROWS})
            yield reader.line_num, {column: (row.get(column) or "").strip() for column in COLUMNS}
    except csv.Error as error:
        raise Refused(
            _("Line %(line)s is not CSV: %(error)s.") % {"line": reader.line_num + 1, "error": error}
        ) from error


def _apply(row: dict[str, str], *, by: Account, at: datetime, dry_run: bool, url_of: str, invited: set[str]) -> str:
    """Let one row take effect; what it came to."""
    organisation = _judge(row, by)
    account = Account.objects.filter(email__iexact=row["email"], is_house=False).first()
    held = (
        Membership.objects.filter(account=account, organisation=organisation, role=row["role"], until=None).first()
        if account
        else None
    )
    if row["state"] == "ended":
        if held is None:
            return "keep"
        if not dry_run:
            flows.end_role(held, by=by, at=at)
        return "end"
    if held is not None or _is_invited(row, organisation, at):
        return "keep"
    if account is None:
        if row["email"].lower() in invited or _is_invited(row, None, at):
            raise Refused(
                _("Invited already, in another role. Send this row again when the account is open."), field="email"
            )
        invited.add(row["email"].lower())
        if not dry_run:
            flows.invite(
                organisation, by=by, at=at, url_of=url_of, email=row["email"], name=row["name"], role=row["role"]
            )
        return "invite"
    if not dry_run:
        flows.give_role(account, organisation, by=by, at=at, role=row["role"])
    return "give"


def _is_invited(row: dict[str, str], organisation: Organisation | None, at: datetime) -> bool:
    """Is there an open invitation for this address – into this very role, if an organisation is given?"""
    found = Invitation.objects.filter(
        email__iexact=row["email"], accepted_at=None, withdrawn_at=None, expires_at__gt=at
    )
    if organisation is not None:
        found = found.filter(organisation=organisation, role=row["role"])
    return found.exists()


def _judge(row: dict[str, str], by: Account) -> Organisation:
    """The organisation of a row that can take effect; else a refusal that names the field."""
    try:
        validate_email(row["email"])
    except ValidationError as error:
        raise Refused(_("“%(value)s” is not a mail address.") % {"value": row["email"]}, field="email") from error
    if row["state"] not in {"", "held", "ended"}:
        raise Refused(_("“%(value)s”: write held or ended.") % {"value": row["state"]}, field="state")
    if row["state"] != "ended" and not row["name"]:
        raise Refused(_("The name is missing."), field="name")
    try:
        row["name"] = spelling.named(row["name"])
    except spelling.SpellingError as error:
        raise Refused(_(error.text) % error.args_of, field="name") from None
    right = Can.SUSPEND if row["state"] == "ended" else Can.INVITE
    organisation = scoped(Organisation.objects.all(), by, right).filter(code=row["organisation"]).first()
    if organisation is None:
        raise Forbidden(
            _("No organisation “%(code)s” in your care.") % {"code": row["organisation"]}, field="organisation"
        )
    if row["role"] not in Role.values or Role(row["role"]) not in ROLES_IN[organisation.kind]:
        allowed = ", ".join(sorted(role.value for role in ROLES_IN[organisation.kind]))
        told = {"value": row["role"], "allowed": allowed}
        raise Refused(_("“%(value)s” is no role there; write one of: %(allowed)s.") % told, field="role")
    return organisation
