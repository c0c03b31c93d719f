"""Which personal data is kept, why and how long – and what of it is about one person.

Rooms above add what they keep with `register`. Source: Personal Information Protection Law of the PRC (2021),
articles 17 (say what is processed), 45 (copy for the person), 47 (deletion when the purpose is gone); GDPR articles
15, 20 and 30 alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bastide.base.entry.access import Can
from bastide.base.flow.models import Remembered
from bastide.base.flow.refusals import Forbidden
from bastide.base.inbox.models import Notification
from bastide.base.people.models import Account, ApiToken, Assignment, Invitation, Membership
from bastide.base.trail import ledger
from bastide.base.trail.models import Entry

CHUNK = 500


@dataclass(frozen=True)
class Holding:
    """One kind of personal data: what it is, what for, for how long, and the rows of a person."""

    name: str
    title: Promise
    purpose: Promise
    kept: Promise
    rows: Callable[[Account], QuerySet[Any]]
    fields: tuple[str, ...]

    def of(self, account: Account) -> Iterator[dict[str, Any]]:
        """The rows of one person as plain values, one after the other."""
        yield from self.rows(account).values(*self.fields).iterator(chunk_size=CHUNK)

    def count(self, account: Account) -> int:
        return self.rows(account).count()


_register: dict[str, Holding] = {}


def register(*holdings: Holding) -> None:
    """Take in what a room keeps about persons."""
    _register.update({holding.name: holding for holding in holdings})


def holdings() -> list[Holding]:
    return list(_register.values())


def export(
    account: Account, *, by: Account, at: datetime, reason: str = ""
) -> Iterator[tuple[Holding, Iterable[dict[str, Any]]]]:
    """Everything kept about a person, holding by holding; recorded. Whoever takes it for somebody else says why."""
    if account.pk != by.pk and not by.may(Can.SUSPEND, account):
        raise Forbidden(_("You may not do that to this account."))
    ledger.record(at=at, by=by, act="people.account.export_personal", thing=account, note=reason)
    return ((holding, holding.of(account)) for holding in holdings())


def _own(model: type[Model], field: str = "account") -> Callable[[Account], QuerySet[Any]]:
    return lambda account: model._default_manager.filter(**{field: account}).order_by("pk")


def _invitations(account: Account) -> QuerySet[Invitation]:
    return Invitation.objects.filter(email__iexact=account.email or "–").order_by("pk")


WHILE_ACCOUNT = _("As long as the account exists")
DUTY = _("As long as the records of the trade: they prove who acted")

register(
    Holding(
        "account", _("Account"), _("To let the person sign in and to name them to others"), DUTY,
        lambda account: Account.objects.filter(pk=account.pk),
        ("username", "name", "email", "phone", "language", "is_active", "created_at", "last_login"),
    ),
    Holding(
        "memberships", _("Roles held"), _("To decide what the person may see and do"), DUTY,
        _own(Membership), ("organisation__code", "organisation__name_zh", "role", "since", "until"),
    ),
    Holding(
        "assignments", _("Files assigned"), _("To open single files to experts and assessors"), DUTY,
        _own(Assignment), ("kind", "thing_id", "since", "until"),
    ),
    Holding(
        "invitations", _("Invitations"), _("To open the account"), DUTY,
        _invitations, ("name", "email", "role", "organisation__code", "created_at", "accepted_at", "withdrawn_at"),
    ),
    Holding(
        "factors", _("Second factors"), _("To sign in; their secrets are kept encrypted and are not given out"),
        WHILE_ACCOUNT, _own(Authenticator, "user"), ("type", "created_at", "last_used_at"),
    ),
    Holding(
        "identities", _("Linked identities"), _("Single sign-on"), WHILE_ACCOUNT,
        _own(SocialAccount, "user"), ("provider", "uid", "date_joined", "last_login"),
    ),
    Holding(
        "sessions", _("Sessions"), _("To show and end where one is signed in"), _("Until the session ends"),
        _own(UserSession, "user"), ("ip", "user_agent", "created_at", "last_seen_at"),
    ),
    Holding(
        "keys", _("Keys for programs"), _("To let programs act in the person's name"), DUTY,
        _own(ApiToken), ("name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"),
    ),
    Holding(
        "notifications", _("Notifications"), _("To tell the person what waits"), WHILE_ACCOUNT,
        _own(Notification), ("at", "text", "args", "number", "read_at", "mailed_at"),
    ),
    Holding(
        "requests", _("Requests sent once"), _("To answer a request that is sent twice without acting twice"),
        _("A day"), _own(Remembered), ("at", "status"),
    ),
    Holding(
        "trail", _("Trail of acts and looks"), _("To prove who did and saw what"), DUTY,
        _own(Entry), ("at", "act", "number", "address", "purpose", "note", "is_read"),
    ),
)  # fmt: skip
