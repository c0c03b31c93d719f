"""Classified things open for a stated purpose, and every look at one goes into the trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja.errors import HttpError

from bastide.base import terms
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.trail.request import current, whence
from bastide.base.words.fields import TextField

SESSION = "purposes"


class PurposeForm(forms.Form):
    """Why a person opens a classified record."""

    purpose = TextField(
        label=_("Purpose"),
        min_length=4,
        max_length=300,
        help_text=_("For example: verification of order ORD-2026-000012; duty review of the night shift."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def key_of(thing: Model) -> str:
    return f"{ledger.kind_of(thing)}:{thing.pk}"


def key_of_list(kind: str) -> str:
    return f"{kind}:list"


def stated(request: HttpRequest, key: str, at: datetime) -> str:
    """The purpose this session has stated for a thing and that still holds; empty if none."""
    kept = request.session.get(SESSION, {}).get(key)
    if not kept or datetime.fromisoformat(kept["until"]) <= at:
        return ""
    return str(kept["purpose"])


def state(request: HttpRequest, key: str, purpose: str, at: datetime) -> None:
    """Keep a purpose for this session, for the minutes the installation allows; drop those that ran out."""
    until = at + timedelta(minutes=settings.BASTIDE_PURPOSE_MINUTES)
    known = request.session.get(SESSION, {})
    fresh = {k: v for k, v in known.items() if datetime.fromisoformat(v["until"]) > at}
    request.session[SESSION] = {**fresh, key: {"purpose": purpose, "until": until.isoformat()}}


def looks_at(request: HttpRequest, account: Account, thing: Model, *, at: datetime) -> bool:
    """Record a look at a classified thing; False if the purpose must be asked first."""
    purpose = stated(request, key_of(thing), at)
    if not purpose and request.method in {"GET", "HEAD"}:
        return False
    here = current.get()
    if here is not None:
        here.purpose = here.purpose or purpose
    ledger.saw(at=at, by=account, thing=thing, purpose=purpose)
    return True


def saw_by_program(by: Account, thing: Model) -> None:
    """A program names its purpose in the header X-Purpose; without it a classified thing stays closed."""
    if not getattr(thing, "is_classified", False):
        return
    purpose = whence().purpose.strip()
    if not purpose:
        raise HttpError(428, "this record is classified: state your purpose in the header X-Purpose")
    ledger.saw(at=terms.now(), by=by, thing=thing, purpose=purpose)
