"""Second factors: who must have one, and who has."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from bastide.base.people.models import Account

# Recovery codes are a way back in, not a factor of their own.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Kept in a session: this person has a factor, or the identity provider vouches for one.
SESSION = "has_second_factor"


def needs_one(account: Account) -> bool:
    """Must this account have a second factor? Demonstration accounts never, whatever their roles."""
    if settings.BASTIDE_MFA == "nobody" or account.is_house or account.is_demo:
        return False
    return settings.BASTIDE_MFA == "everyone" or any(m.organisation.is_authority for m in account.standing())


def has_one(account: Account) -> bool:
    return Authenticator.objects.filter(user=account, type__in=KINDS).exists()


def wants_one(request: HttpRequest, account: Account) -> bool:
    """Is this session without the factor its account must have? Answered from the session once it has one."""
    if request.session.get(SESSION) or not needs_one(account):
        return False
    if has_one(account):
        request.session[SESSION] = True
        return False
    return True
