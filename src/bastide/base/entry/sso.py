"""Single sign-on: an identity provider vouches for people who have an account here; it opens none.

A person is known by the identity once it was linked. The first time, an OIDC provider must say that it verified the
mail address, a SAML provider is believed in what it signs, and the address must belong to an account of the
organisations the provider may vouch for.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.saml.views import finish_acs
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from bastide.base import terms
from bastide.base.entry import factors
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger


class ClosedDoorSocialAdapter(DefaultSocialAccountAdapter):
    """Links an identity to the account it belongs to, and opens none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find whose identity this is; whoever is unknown gets a page that says what to do."""
        about = sociallogin.provider.app.settings["bastide"]
        known = sociallogin.user if sociallogin.is_existing else None
        account = known or _owner_of(_address(sociallogin, about["kind"]))
        if account is None or not _may_vouch(about, account):
            raise ImmediateHttpResponse(_nobody(request, about["name"]))
        if not sociallogin.is_existing:
            sociallogin.connect(request, account)
            ledger.record(
                at=terms.now(), by=account, act="people.account.link", thing=account,
                changes={"identity": [None, f"{about['id']}: {sociallogin.account.uid}"]},
            )  # fmt: skip

    def on_authentication_error(self, request: HttpRequest, provider: Any, **more: Any) -> None:
        raise ImmediateHttpResponse(_fault(request, provider.name))


def vouches_for_factor(sociallogin: SocialLogin) -> bool:
    """Does the provider ask for a second factor itself?"""
    return bool(sociallogin.provider.app.settings["bastide"]["second_factor"])


def keep_factor(request: HttpRequest, sociallogin: SocialLogin | None) -> None:
    """A session begun through a provider that asks for a second factor has one."""
    if sociallogin is not None and vouches_for_factor(sociallogin):
        request.session[factors.SESSION] = True


def _address(sociallogin: SocialLogin, kind: str) -> str:
    """The mail address the provider vouches for; empty if it does not."""
    for address in sociallogin.email_addresses:
        if address.verified or kind == "saml":
            return str(address.email)
    return ""


def _owner_of(address: str) -> Account | None:
    """The account of an address."""
    found = Account.objects.filter(email__iexact=address, is_house=False) if address else Account.objects.none()
    return found.first()


def _may_vouch(about: dict[str, Any], account: Account) -> bool:
    """Active, no demonstration account in service, and of the organisations the provider answers for."""
    if not account.is_active or account.is_house or (account.is_demo and not settings.BASTIDE_DEMO):
        return False
    if not about["organisations"]:
        return True
    answered: set[int] = set()
    for organisation in Organisation.objects.filter(code__in=about["organisations"]):
        answered.update(organisation.managed())
    return bool(account.standing()) and all(m.organisation_id in answered for m in account.standing())


def _fault(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "entry/no_identity.html", {"provider": name, "is_fault": True}, status=401)


def _nobody(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "entry/no_identity.html", {"provider": name}, status=403)


@login_not_required
def finish_saml(request: HttpRequest, organization_slug: str) -> HttpResponseBase:
    """The end of a SAML sign-in. An answer that is no XML, or has a document type, is a failed one like any other."""
    try:
        return finish_acs(request, organization_slug=organization_slug)
    except (SyntaxError, ValueError):  # lxml's and python3-saml's own, which allauth lets through
        return _fault(request, organization_slug)
