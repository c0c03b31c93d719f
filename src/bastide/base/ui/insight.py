"""The page “Why can this person see this?”: one person and one thing, or everyone who sees a thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bastide.base import packs, terms
from bastide.base.entry import reads, why
from bastide.base.entry.access import Can
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.base.ui import panels
from bastide.base.ui.pages import account_of, page
from bastide.base.words.fields import NameField, TextField

ASKED = "entry.sight.explain"
SIZE = 20


class WhyForm(forms.Form):
    """Whose sight, of what. Without a person: everyone who sees it."""

    thing = TextField(
        label=gettext_lazy("Number of the thing"), max_length=80,
        help_text=gettext_lazy(
            "Such as INC-2026-000012, the code of an operator, or a kind with its key: registry.import:7."
        ),
    )  # fmt: skip
    person = NameField(
        label=gettext_lazy("User name of the person"), max_length=60, required=False,
        help_text=gettext_lazy("Left empty: everyone who can see it."),
    )  # fmt: skip

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_thing(self) -> tuple[Model, why.Visible]:
        found = find_thing(self.cleaned_data["thing"].strip(), self.by)
        if found is None:
            raise forms.ValidationError(_("There is nothing with this number in your sight."))
        return found

    def clean_person(self) -> Account | None:
        name = self.cleaned_data["person"].strip()
        found = reads.accounts(self.by).filter(username=name).first() if name else None
        if name and found is None:
            raise forms.ValidationError(_("There is no person with this user name in your sight."))
        return found


@require_safe
@page("ui/why.html", can=Can.EXPLAIN)
def why_page(request: HttpRequest) -> dict[str, Any]:
    """Every answer leaves an entry in the trail: who asked about whom and what."""
    by, at = account_of(request), terms.now()
    given = request.GET if "thing" in request.GET else None
    form = WhyForm(given, by=by, initial={"person": request.GET.get("person", "")})
    values: dict[str, Any] = {"title": _("Why can this person see this?"), "form": form}
    if not form.is_bound or not form.is_valid():
        return {**values, "status": 422 if form.errors else 200}
    (thing, visible), person = form.cleaned_data["thing"], form.cleaned_data["person"]
    ledger.saw(at=at, by=by, act=ASKED, thing=thing, note=person.username if person else "*")
    return {**values, "asked": thing, "kind": thing._meta.verbose_name, "owners": _owners(thing),
            "looked": ledger.readers_of(thing).exclude(act=ASKED)[:SIZE],
            **(_one(person, thing, visible) if person else _everyone(request, by, thing, visible))}  # fmt: skip


def _one(person: Account, thing: Model, visible: why.Visible) -> dict[str, Any]:
    return {"answer": why.explain(person, thing, visible)}


def _everyone(request: HttpRequest, by: Account, thing: Model, visible: why.Visible) -> dict[str, Any]:
    """Those in the sight of whoever asks, a page at a time."""
    given = request.GET
    found, after = why.seeing(
        thing, visible, among=reads.accounts(by), after=given.get("after", ""), size=SIZE
    )  # fmt: skip
    more = urlencode({"thing": given["thing"], "after": after}) if after else ""
    return {"everyone": found, "more": f"{reverse('ui:why')}?{more}" if more else ""}


def find_thing(text: str, by: Account) -> tuple[Model, why.Visible] | None:
    """A thing by its number, an organisation by its code, or anything as kind:key – in scope of whoever asks."""
    kind, _colon, key = text.partition(":")
    for visible in panels.lenders().values():
        model = visible(by).model
        wanted = {"pk": key} if key.isdecimal() and kind == model._meta.label_lower else _numbered(model, text)
        thing = model._default_manager.filter(**wanted).first() if wanted else None
        if thing is not None and by.may(Can.EXPLAIN, thing):
            return thing, visible
    return None


def _numbered(model: type[Model], text: str) -> dict[str, str]:
    name = "code" if model is Organisation else "number"
    return {name: text} if any(field.name == name for field in model._meta.concrete_fields) else {}


def _owners(thing: Model) -> list[tuple[Organisation, str]]:
    """Whom a thing belongs to, and where that is."""
    area: Callable[[str], Any] = packs.active().area_name
    return [(one, str(area(one.area)) if one.area else str(_("Nationwide"))) for one in why.owners_of(thing)]
