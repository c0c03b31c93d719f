"""What happens to accounts: invited, accepted, given and losing roles, suspended; and the keys of programs."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from bastide.base.entry.access import ROLES_IN, Can
from bastide.base.entry.stepup import DECIDE
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people import roles
from bastide.base.people.models import Account, ApiToken, Invitation, Membership, Organisation, digest_of
from bastide.base.people.roles import Role
from bastide.base.trail import ledger

log = logging.getLogger(__name__)
INVITATION_DAYS = 7
LONGEST_TOKEN = timedelta(days=366)


def _ask(by: Account, right: str, organisation: Organisation) -> None:
    if not by.may(right, organisation):
        raise Forbidden(_("You may not do that in this organisation."))


def _fits(role: str, organisation: Organisation) -> None:
    if role not in ROLES_IN[organisation.kind]:
        raise Refused(_("This role does not exist in this kind of organisation."), field="role")


def enter_organisation(*, by: Account, at: datetime, **fields: object) -> Organisation:
    """Add an organisation. Only an administrator; the code is never used again."""
    if not by.can(Can.CHANGE_ORGANISATION):
        raise Forbidden(_("You may not add organisations."))
    with transaction.atomic():
        organisation = Organisation(**fields)  # type: ignore[misc]
        try:
            organisation.full_clean()
        except ValidationError as error:
            raise _refusal(error) from error
        organisation.created_at = at
        organisation.save()
        if not by.may(Can.CHANGE_ORGANISATION, organisation):
            raise Forbidden(_("You may not add organisations there."))
        told = {name: str(value) for name, value in fields.items() if value not in (None, "", False)}
        ledger.record(at=at, by=by, act="people.organisation.enter", thing=organisation, changes=told)
    return organisation


def _refusal(error: ValidationError) -> Refused:
    """What a model refuses, at the first field it names."""
    fields = [name for name in getattr(error, "error_dict", {}) if name != "__all__"]
    return Refused(" ".join(error.messages), field=fields[0] if fields else "")


def invite(
    organisation: Organisation, *, by: Account, at: datetime, email: str, name: str, role: str, url_of: str = ""
) -> tuple[Invitation, str]:
    """Offer an account; returns the invitation and the secret of its link. The link is mailed if `url_of` is given.

    `url_of` is the address of the welcome page with `{secret}` in it.
    """
    _ask(by, Can.INVITE, organisation)
    _fits(role, organisation)
    if Account.objects.filter(email__iexact=email).exists():
        raise Refused(_("An account with this e-mail exists: give it the role instead."), field="email")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            organisation=organisation, email=email, name=name, role=role, token_hash=digest_of(secret),
            invited_by=by, created_at=at, expires_at=at + timedelta(days=INVITATION_DAYS),
        )  # fmt: skip
        ledger.record(
            at=at, by=by, act="people.account.invite", thing=invitation, changes={"email": email, "role": role}
        )
        if url_of:
            transaction.on_commit(lambda: _mail(invitation, url_of.format(secret=secret)))
    return invitation, secret


def _mail(invitation: Invitation, url: str) -> None:
    """Mail the link in every language of the console; nobody knows yet which one the person reads.

    A mail server that does not answer leaves the invitation open: the link can be handed over.
    """
    subjects, texts = [], []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            subjects.append(_("Your invitation to Bastide"))
            texts.append(
                _(
                    "You are invited to work with Bastide for %(organisation)s.\n"
                    "Open this address within %(days)s days:\n\n%(url)s"
                )
                % {"organisation": invitation.organisation.name, "days": INVITATION_DAYS, "url": url}
            )
    try:
        send_mail(" / ".join(subjects), "\n\n".join(texts) + "\n", None, [invitation.email])
    except OSError:  # smtplib's errors are among them
        log.exception("an invitation could not be mailed")
    else:
        invitation.was_mailed = True


def withdraw(invitation: Invitation, *, by: Account, at: datetime) -> None:
    """Take an open invitation back."""
    _ask(by, Can.INVITE, invitation.organisation)
    with transaction.atomic():
        changed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(
            withdrawn_at=at
        )
        if not changed:
            raise Refused(_("This invitation is no longer open."))
        ledger.record(at=at, by=by, act="people.account.withdraw_invitation", thing=invitation)


def accept(secret: str, *, at: datetime, username: str, password: str) -> Account:
    """Open the account an invitation offers. Each invitation works once."""
    with transaction.atomic():
        invitation = Invitation.find(secret, at=at)
        if invitation is None:
            raise Refused(_("This invitation is not open any more. Ask for a new one."))
        held = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
        account = Account(username=username, email=held.email, name=held.name)
        _check(account, password)
        account.set_password(password)
        account.save()
        Membership.objects.create(account=account, organisation=held.organisation, role=held.role, since=at)
        held.accepted_at, held.account = at, account
        held.save()
        ledger.record(at=at, by=account, act="people.account.accept", thing=held, changes={"username": username})
    return account


def _check(account: Account, password: str) -> None:
    """Refuse a name that is taken or malformed, and a weak password, each at its field."""
    try:
        account.full_clean(exclude=["password", "last_login"])
    except ValidationError as error:
        raise _refusal(error) from error
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error


def give_role(account: Account, organisation: Organisation, *, by: Account, at: datetime, role: str) -> Membership:
    """Give a person a role in an organisation."""
    _ask(by, Can.INVITE, organisation)
    _fits(role, organisation)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(account=account, organisation=organisation, role=role, since=at)
            ledger.record(
                at=at, by=by, act="people.account.give_role", thing=account, changes={"role": [None, str(membership)]}
            )
    except IntegrityError as error:
        raise Refused(_("This person holds that role already."), field="role") from error
    return membership


def end_role(membership: Membership, *, by: Account, at: datetime) -> None:
    """End a role now. It stays in the register as having been held."""
    _ask(by, Can.SUSPEND, membership.organisation)
    if membership.until is not None and membership.until <= at:
        raise Refused(_("This role has ended already."))
    if membership.role == Role.ADMINISTRATOR and _is_last_administrator(membership):
        raise Refused(_("This is the last administrator. Give somebody else the role first."))
    with transaction.atomic():
        Membership.objects.filter(pk=membership.pk).update(until=at)
        account = membership.account
        ledger.record(
            at=at, by=by, act="people.account.end_role", thing=account, changes={"role": [str(membership), None]}
        )


def _is_last_administrator(membership: Membership) -> bool:
    others = Membership.objects.filter(role=Role.ADMINISTRATOR, until=None, account__is_active=True)
    return not others.exclude(pk=membership.pk).exists()


def suspend(account: Account, *, by: Account, at: datetime, reason: str) -> None:
    """Close an account: its sessions and tokens end with the next request."""
    _ask_account(account, by)
    if account.pk == by.pk:
        raise Refused(_("You cannot suspend yourself."))
    if any(m.role == Role.ADMINISTRATOR and _is_last_administrator(m) for m in account.standing()):
        raise Refused(_("This is the last administrator. Give somebody else the role first."))
    _set_active(account, False, by=by, at=at, act="suspend", note=reason)


def restore(account: Account, *, by: Account, at: datetime, reason: str) -> None:
    """Open a suspended account again."""
    _ask_account(account, by)
    _set_active(account, True, by=by, at=at, act="restore", note=reason)


def _ask_account(account: Account, by: Account) -> None:
    if account.is_house or not by.may(Can.SUSPEND, account):
        raise Forbidden(_("You may not do that to this account."))


def _set_active(account: Account, active: bool, *, by: Account, at: datetime, act: str, note: str) -> None:
    with transaction.atomic():
        if not Account.objects.filter(pk=account.pk, is_active=not active).update(is_active=active):
            raise Refused(_("The account is in that state already."))
        account.is_active = active
        ledger.record(at=at, by=by, act=f"people.account.{act}", thing=account, note=note)


def make_token(account: Account, *, at: datetime, name: str, scopes: list[str], days: int) -> tuple[ApiToken, str]:
    """A key for a program that acts as this account, within scopes the account itself has. The secret is shown once."""
    if not account.can(Can.OWN_TOKENS):
        raise Forbidden(_("Your role has no keys for programs."))
    allowed = [*scopes_of(account), DECIDE]
    unknown = [scope for scope in scopes if scope not in allowed]
    if unknown or not [scope for scope in scopes if scope != DECIDE]:
        raise Refused(_("Choose at least one scope, and only scopes you have."), field="scopes")
    if not 1 <= days <= LONGEST_TOKEN.days:
        raise Refused(_("A key lives between 1 and %(most)s days.") % {"most": LONGEST_TOKEN.days}, field="days")
    with transaction.atomic():
        token, secret = ApiToken.make(account, name=name, scopes=scopes, expires_at=at + timedelta(days=days))
        ledger.record(at=at, by=account, act="people.token.make", thing=token, changes={"name": name, "scopes": scopes})
    return token, secret


def scopes_of(account: Account) -> list[str]:
    """The scopes this account may put into a key: whole contexts ("respond.") in which it has any right."""
    rights = {right for membership in account.standing() for right in roles.rights_of(membership.role)}
    return sorted({right.split(".")[0] + "." for right in rights})


def revoke_token(token: ApiToken, *, by: Account, at: datetime) -> None:
    """End a key now."""
    if token.account_id != by.pk and not by.may(Can.SUSPEND, token.account):
        raise Forbidden(_("You may not end this key."))
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
            raise Refused(_("This key has ended already."))
        ledger.record(at=at, by=by, act="people.token.revoke", thing=token)
