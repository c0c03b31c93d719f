"""Asking again who acts, before acts a person answers for by name.

Programs do not step up: a key decides only if it was given the scope `decide`, and giving it asked its owner.
"""

from __future__ import annotations

import time

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bastide.base.flow.refusals import Forbidden
from bastide.base.people.models import Account

DECIDE = "decide"  # the scope of a key that may take deciding acts


def is_fresh(request: HttpRequest, account: Account) -> bool:
    """Did this person prove who they are within the minutes the installation sets?"""
    minutes = settings.BASTIDE_STEP_UP_MINUTES
    if not minutes:
        return True
    moments = [record["at"] for record in get_authentication_records(request, account)]
    return bool(moments) and time.time() - max(moments) < minutes * 60


def require(request: HttpRequest, account: Account) -> None:
    """Send a person whose proof is old to prove it again; what was typed comes back with them.

    Raises allauth's `ReauthenticationRequired`, which its middleware answers.
    """
    if is_fresh(request, account):
        return
    if not get_adapter().get_reauthentication_methods(account):
        raise Forbidden(_("This act asks for a fresh sign-in. Sign out, sign in again, and come back."))
    raise ReauthenticationRequired


def require_of_program(request: HttpRequest, account: Account) -> None:
    """The same for the API: a key needs its scope, a session a fresh proof."""
    if account.token is not None:
        if DECIDE not in account.token.scopes:
            raise Forbidden(_("This key does not decide. A person does, or a key with the scope “decide”."))
    elif not is_fresh(request, account):
        raise Forbidden(_("Prove again who you are, at /account/reauthenticate/, then send this again."))
