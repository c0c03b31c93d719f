"""How I am told: choices of mails and digests."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bastide.base.dispatch.forms import ChoicesForm
from bastide.base.inbox import choices as kept
from bastide.base.ui.pages import account_of, page


@page("dispatch/choices.html")
def choices(request: HttpRequest) -> Any:
    """By topic and urgency, how a notification reaches me besides the console."""
    account = account_of(request)
    form = ChoicesForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        kept.choose(account, form.wanted)
        messages.success(request, _("Your choices are kept."))
        return redirect("dispatch:choices")
    return {
        "title": _("How I am told"), "form": form, "account": account, "hour": settings.BASTIDE_DIGEST_HOUR,
        "zone": settings.TIME_ZONE, "status": 422 if form.errors else 200,
    }  # fmt: skip
