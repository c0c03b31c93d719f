"""Which jobs a person sees: their own, and all of them for those who look after the installation."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from bastide.base.jobs.access import Can
from bastide.base.jobs.models import Job
from bastide.base.people.models import Account


def may_all(account: Account, right: str) -> bool:
    """Has the account a right over the whole installation? Only people of the national authority can."""
    return account.is_house or any(one.is_national for one in account.organisations_with(right))


def visible(account: Account) -> QuerySet[Job]:
    """The jobs in sight, newest first."""
    jobs = Job.objects.select_related("by").order_by("-pk")
    return jobs if may_all(account, Can.SEE) else jobs.filter(Q(by=account))
