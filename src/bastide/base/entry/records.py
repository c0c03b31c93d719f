"""What of signing in goes into the trail: who came in and how, who went out, which ways of signing in came and went."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from bastide.base import terms
from bastide.base.entry import factors, sso
from bastide.base.people.models import Account
from bastide.base.trail import ledger


def listen() -> None:
    """Called once, when the room opens."""
    account_signals.user_logged_in.connect(_came_in, dispatch_uid="entry.came_in")
    user_logged_out.connect(_went_out, dispatch_uid="entry.went_out")
    account_signals.password_changed.connect(_password_changed, dispatch_uid="entry.password_changed")
    mfa_signals.authenticator_removed.connect(_ask_for_factor, dispatch_uid="entry.factor_removed")
    # allauth tells of factors after the commit; the trail keeps them in the same transaction.
    post_save.connect(_factor_added, sender=Authenticator, dispatch_uid="entry.factor_kept")
    post_delete.connect(_factor_removed, sender=Authenticator, dispatch_uid="entry.factor_gone")


def _came_in(request: HttpRequest, user: Account, **more: Any) -> None:
    login = more.get("sociallogin")
    sso.keep_factor(request, login)
    ways = [
        str(record.get("type") or record["method"])
        for record in request.session.get("account_authentication_methods", [])
    ]
    if login is not None:
        ways = [f"sso:{login.account.provider}"]
    _record(user, "sign_in", changes={"by": [None, " + ".join(dict.fromkeys(ways))]})


def _went_out(request: HttpRequest, user: Account | None, **more: Any) -> None:
    if isinstance(user, Account):
        _record(user, "sign_out")


def _password_changed(request: HttpRequest, user: Account, **more: Any) -> None:
    _record(user, "change_password")


def _ask_for_factor(request: HttpRequest, **more: Any) -> None:
    request.session.pop(factors.SESSION, None)


def _factor_added(instance: Authenticator, created: bool, **more: Any) -> None:
    if created:
        _record(instance.user, "add_factor", changes={"factor": [None, str(instance.type)]})


def _factor_removed(instance: Authenticator, **more: Any) -> None:
    _record(instance.user, "remove_factor", changes={"factor": [str(instance.type), None]})


def _record(account: Account, act: str, **more: Any) -> None:
    ledger.record(at=terms.now(), by=account, act=f"people.account.{act}", thing=account, **more)
