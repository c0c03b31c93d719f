"""What of organisations and accounts a person may see."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from bastide.base.entry.access import Can
from bastide.base.people.models import Account, ApiToken, Invitation, Membership, Organisation
from bastide.base.people.scope import scoped


def organisations(account: Account) -> QuerySet[Organisation]:
    rows = scoped(Organisation.objects.all(), account, Can.SEE_ORGANISATION).select_related("parent")
    people = Count("memberships__account", filter=Q(memberships__until=None), distinct=True)
    return rows.annotate(people=people)


def organisation_for(account: Account, code: str) -> Organisation:
    found = organisations(account).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def accounts(account: Account) -> QuerySet[Account]:
    rows = Account.objects.filter(is_house=False).prefetch_related("memberships__organisation")
    return scoped(rows, account, Can.SEE_ACCOUNT)


def account_for(account: Account, username: str) -> Account:
    found = accounts(account).filter(username=username).first()
    if found is None:
        raise Http404
    return found


def invitations(account: Account) -> QuerySet[Invitation]:
    rows = Invitation.objects.select_related("organisation", "invited_by")
    return scoped(rows, account, Can.SEE_ACCOUNT).order_by("-created_at")


def invitation_for(account: Account, pk: int) -> Invitation:
    found = invitations(account).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def membership_for(account: Account, pk: int) -> Membership:
    """A membership of an account in sight."""
    found = Membership.objects.select_related("account", "organisation").filter(
        pk=pk, account__in=accounts(account).values("pk")
    )
    membership = found.first()
    if membership is None:
        raise Http404
    return membership


def own_tokens(account: Account) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(account=account).order_by("-created_at")
