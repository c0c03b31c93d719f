"""How people come in: no open sign-up, demo accounts only in demonstration mode."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from bastide.base.people.models import Account


class ClosedDoorAdapter(DefaultAccountAdapter):
    """Accounts are given by invitation; nobody opens one alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class EntryBackend(AuthenticationBackend):
    """Password sign-in. Asked again at every request of a session, so closing an account ends its sessions."""

    def user_can_authenticate(self, user: Account) -> bool:
        if user.is_house or (user.is_demo and not settings.BASTIDE_DEMO):
            return False
        return bool(user.is_active)
