"""The situation room, the list of who reports, and My desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.inbox import notes
from bastide.base.ui.desk import waiting_for
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page
from bastide.home import desk, reads, tables
from bastide.monitor import reads as monitor
from bastide.registry import reads as registry

SHOWN = 12


@page("home/situation.html", fragment="home/_situation.html")
def situation(request: HttpRequest) -> dict[str, Any]:
    """The sector now. Sorting, a chosen standing and "stand still" live in the address."""
    given, account = request.GET, account_of(request)
    stands_still = given.get("still") == "1"
    seen = reads.situation(
        account, at=terms.now(), sort=given.get("sort", ""), only=given.get("standing", ""),
        everything=given.get("all") == "1", kept={"still": "1"} if stands_still else {},
    )  # fmt: skip
    toggled = given.copy()
    toggled["still"] = "" if stands_still else "1"
    return {
        "title": _("Situation room"), "seen": seen, "stands_still": stands_still, "roles": account.roles(),
        "toggle_url": "?" + toggled.urlencode() if toggled["still"] else request.path,
    }  # fmt: skip


@page("ui/list.html")
def coverage(request: HttpRequest) -> Any:
    """Operators in sight, with what the figures rest on and how long ago their events arrived."""
    account = account_of(request)
    rows, table = registry.supervised(account), tables.KnownTable
    if monitor.sees_coverage(account):
        rows, table = monitor.with_coverage(rows, account, at=terms.now()), tables.CoverageTable
    return list_page(
        request, table, rows, title=_("Who reports"),
        intro=_("Every number of the situation room says how many operators it rests on. This is the list behind it."),
        empty=_("No operator is in your sight."),
    )  # fmt: skip


@page("home/desk.html")
def my_desk(request: HttpRequest) -> dict[str, Any]:
    """Clocks due, decisions waiting, news: what this person has to do now."""
    account, now, everything = account_of(request), terms.now(), request.GET.get("all") == "1"
    unread = notes.unread(account)
    return {
        "title": _("My desk"), "waiting": waiting_for(account),
        "clocks": desk.clocks(account, at=now, everything=everything),
        "notes": unread[:SHOWN], "unread": unread.count(),
    }  # fmt: skip
