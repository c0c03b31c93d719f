"""The root of a day as a page and as a PDF, to be pinned to a wall or published."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.timezone import get_default_timezone, localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bastide.base import terms
from bastide.base.papers import printing
from bastide.base.people.models import Organisation
from bastide.base.trail import days
from bastide.base.trail.access import Can
from bastide.base.ui.pages import page

TEMPLATE = printing.HOUSE / "root.typ"


@require_safe
@page("ui/trail_root.html", can=Can.EXPORT)
def trail_root(request: HttpRequest, day: str) -> dict[str, Any]:
    """The root of one day, with the days beside it."""
    root = _root(day)
    before, after = days.neighbours(root.day)
    return {
        "title": _("Root of the trail of %(day)s") % {"day": root.day.isoformat()}, "root": root,
        "groups": days.grouped(root.hash), "groups_before": days.grouped(root.hash_before),
        "fingerprint": _fingerprint(root.seal.signature), "zone": get_default_timezone(), "asked": terms.now(),
        "before": before and reverse("ui:trail_root", args=[before.isoformat()]),
        "after": after and reverse("ui:trail_root", args=[after.isoformat()]),
    }  # fmt: skip


@require_safe
@page("", can=Can.EXPORT)
def trail_root_pdf(request: HttpRequest, day: str) -> HttpResponseBase:
    """The same as one sheet of paper."""
    root = _root(day)
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    printed = printing.render(TEMPLATE, statement(root, language), at=root.seal.sealed_at)
    response = HttpResponse(printed.pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="trail-root-{root.day.isoformat()}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def statement(root: days.Root, language: str) -> dict[str, Any]:
    """What the sheet says; the same day gives the same sheet."""
    authority = Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True).order_by("pk").first()
    name, code = ("Bastide", "") if authority is None else (_name(authority, language), authority.code)
    stamp = root.stamp
    data = {
        "groups": days.grouped(root.hash), "tip": root.tip, "root": root.seal.root, "seal": root.seal.number,
        "sealed_at": _moment(root.seal.sealed_at), "seals": root.seals, "first": root.first, "last": root.seal.last,
        "suite": root.seal.suite or "ed25519-sha256", "key": root.seal.key,
        "fingerprint": _fingerprint(root.seal.signature),
        "before": days.grouped(root.hash_before), "day_before": root.day_before and root.day_before.isoformat(),
        "stamped_at": stamp and _moment(stamp.stamped_at),
        "token": stamp and hashlib.sha256(bytes(stamp.token)).hexdigest(),
    }  # fmt: skip
    return {
        "lang": language, "authentic": True, "data": data, "number": f"ROOT-{root.day.isoformat()}",
        "reference": f"ROOT-{root.day.isoformat()}", "type": "trail.root", "title": _("Root of the trail"),
        "issuer": {"name": name, "code": code}, "addressee": None, "copies": [], "issued_on": root.day.isoformat(),
        "issued_at": _moment(root.seal.sealed_at), "digest": root.hash, "draft": not root.is_over,
    }  # fmt: skip


def _root(words: str) -> days.Root:
    try:
        root = days.root_of(date.fromisoformat(words), at=terms.now())
    except (ValueError, OverflowError):
        root = None
    if root is None:
        raise Http404
    return root


def _fingerprint(signature: str) -> str:
    """A signature is long; its hash is enough to tell two apart."""
    return hashlib.sha256(bytes.fromhex(signature)).hexdigest()[:32]


def _moment(moment: Any) -> str:
    return localtime(moment, get_default_timezone()).isoformat(timespec="seconds")


def _name(authority: Organisation, language: str) -> str:
    return authority.name_zh if language == "zh" else authority.name_en or authority.name_zh
