"""Acts as doors: one table of (step → form, flow function) serves the act pages and the API alike.

A context declares its table once in `acts.py`::

    INCIDENTS = Acts(flows.INCIDENT, reads.incident_for, {
        "confirm": Door(forms.Confirm, flows.confirm),
        "report": Door(forms.Report, flows.report),      # a creating step
    })

and mounts it twice: `acts.page` / `acts.create_page` in urls.py, `mount(router, "/incidents", INCIDENTS)` in api.py.
The form is the only schema of the act: the API's JSON schema is derived from its fields and checked by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.functional import Promise
from ninja import Router, Schema, Status
from ninja.errors import HttpError
from pydantic import ConfigDict, Field, create_model

from bastide.base import terms
from bastide.base.entry import stepup
from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.models import Thing
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.ui import timeline
from bastide.base.ui.pages import page


class ActForm(forms.Form):
    """The input of one act. `thing` is None for creating acts; `by` is who acts."""

    # What the reader should know before deciding, shown above the fields.
    intro: str | Promise = ""

    def __init__(self, *args: Any, thing: Thing | None = None, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.thing, self.by = thing, by
        for field in self.fields.values():
            if isinstance(field, forms.DateTimeField):
                field.widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            elif isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self.prepare()

    def prepare(self) -> None:
        """Set choices and initial values from `self.thing` and `self.by`; overridden where needed."""


class Confirm(ActForm):
    """An act that needs no more than the decision itself."""


@dataclass(frozen=True)
class Door:
    """The form that asks and the flow function that acts. `template` shows the form.

    `tells` gives what the person who acted is told once, such as the secret of a new key.
    """

    form: type[ActForm]
    act: Callable[..., Thing]
    template: str = "ui/act.html"
    tells: Callable[[Any], dict[str, str]] | None = None


class Acts:
    """All acts of one noun: the pages, the buttons and the API endpoints of its flow's steps."""

    def __init__(self, flow: Flow[Any], find: Callable[[Account, str], Thing], doors: dict[str, Door]) -> None:
        unknown = set(doors) - set(flow.steps)
        missing = {name for name, step in flow.steps.items() if step.by_hand} - set(doors)
        if unknown or missing:
            raise ValueError(f"{flow.kind}: doors without step {sorted(unknown)}, steps without door {sorted(missing)}")
        self.flow, self.find, self.doors = flow, find, doors

    def next_acts(self, thing: Thing, by: Account) -> list[dict[str, Any]]:
        """Buttons for a detail page: step, title, address."""
        return [
            {"step": step, "name": step.name, "title": step.title, "deciding": step.deciding,
             "url": f"{thing.get_absolute_url()}acts/{step.name}/"}
            for step in self.flow.open_steps(thing, by)
        ]  # fmt: skip

    def page(self, request: HttpRequest, number: str, act: str) -> HttpResponseBase:
        """GET shows the form of an act on a thing, POST carries it out. Out of sight or unknown is 404."""
        step = self._step(act, creates=False)
        thing = self.find(_account(request), number)
        return self._answer(request, step, thing)

    def create_page(self, act: str) -> Callable[[HttpRequest], HttpResponseBase]:
        """The page of a creating act."""
        step = self._step(act, creates=True)

        def create(request: HttpRequest) -> HttpResponseBase:
            if not _account(request).can(step.can):
                raise Http404
            return self._answer(request, step, None)

        return create

    def _step(self, act: str, *, creates: bool) -> Step:
        step = self.flow.steps.get(act)
        if step is None or step.creates != creates or act not in self.doors:
            raise Http404
        return step

    def _answer(self, request: HttpRequest, step: Step, thing: Thing | None) -> HttpResponseBase:
        door = self.doors[step.name]
        return page(door.template)(_act_page)(request, step=step, door=door, thing=thing, flow=self.flow)

    def run(self, step: Step, thing: Thing | None, form: ActForm, *, by: Account, version: int | None) -> Thing:
        """Carry out an act from a valid form; the same for pages and programs."""
        door, at = self.doors[step.name], terms.now()
        if thing is None:
            return door.act(by=by, at=at, **form.cleaned_data)
        return door.act(thing, by=by, at=at, version=version, **form.cleaned_data)


def told_once(request: HttpRequest, thing: Thing) -> dict[str, str]:
    """What the last act on this thing told this person; read once, then gone."""
    found: dict[str, str] = request.session.pop(f"told:{thing.kind}:{thing.number}", {})
    return found


def _account(request: HttpRequest) -> Account:
    user = request.user
    assert isinstance(user, Account)
    return user


def _act_page(request: HttpRequest, *, step: Step, door: Door, thing: Thing | None, flow: Flow[Any]) -> Any:
    by, status = _account(request), 200
    meanwhile, is_closed = None, False
    if thing is not None and step not in flow.open_steps(thing, by):
        if not by.may(step.can, thing):
            raise Forbidden(_not_open(step, thing, flow))
        if request.method != "POST":
            raise Refused(_not_open(step, thing, flow))
        is_closed = True  # somebody was faster; what was typed is shown again
    if step.deciding and not is_closed:
        stepup.require(request, by)
    if is_closed and thing is not None:
        form, status = door.form(request.POST, request.FILES, thing=thing, by=by), 409
        form.full_clean()
        form.add_error(None, _not_open(step, thing, flow))
        meanwhile = changed_since(thing, request.POST.get("version"), by, flow)
    elif request.method == "POST":
        form = door.form(request.POST, request.FILES, thing=thing, by=by)
        if form.is_valid():
            try:
                done = _carry_out(door, thing, form, by, request.POST.get("version"))
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
                status = 409
                if thing is not None and isinstance(refusal, Stale):
                    thing.refresh_from_db()
                    meanwhile = changed_since(thing, request.POST.get("version"), by, flow)
            else:
                messages.success(request, str(step.title))
                if door.tells:
                    request.session[f"told:{done.kind}:{done.number}"] = door.tells(done)
                return redirect(done.get_absolute_url())
        else:
            status = 422
    else:
        form = door.form(thing=thing, by=by, initial=request.GET.dict())
    return {
        "title": step.title, "form": form, "step": step, "thing": thing, "subject": thing, "status": status,
        "meanwhile": meanwhile, "is_closed": is_closed,
    }  # fmt: skip


def changed_since(thing: Thing, version: str | None, by: Account, flow: Flow[Any]) -> list[timeline.Line]:
    """What others did after this version was read: the acts that are open to this person too."""
    count = thing.version - int(version) if version and version.isdigit() else 1
    if count < 1:
        return []
    known = [f"{flow.kind}.{step.name}" for step in flow.steps.values() if by.may(step.can, thing)]
    since = [entry for entry in ledger.of(thing).order_by("-pk")[: min(count, 20)] if entry.act in known]
    return timeline.tell(since, to=by)


def _not_open(step: Step, thing: Thing, flow: Flow[Any]) -> str:
    state = dict(flow.states).get(getattr(thing, flow.field), "")
    return translation.gettext("“%(act)s” is not open for %(number)s now (state: %(state)s).") % {
        "act": step.title, "number": thing.number, "state": state,
    }  # fmt: skip


def _carry_out(door: Door, thing: Thing | None, form: ActForm, by: Account, version: str | None) -> Thing:
    at = terms.now()
    if thing is None:
        return door.act(by=by, at=at, **form.cleaned_data)
    seen = int(version) if version and version.isdigit() else None
    return door.act(thing, by=by, at=at, version=seen, **form.cleaned_data)


# ---- the same acts for programs


class Done(Schema):
    """What an act left behind. `told` holds what is said only once, such as the secret of a new key."""

    number: str
    state: str
    version: int
    url: str
    told: dict[str, str] = {}


def schema_of(form: type[ActForm], name: str) -> type[Schema]:
    """The JSON schema of an act, derived from its form."""
    fields: dict[str, Any] = {
        "version": (int | None, Field(None, description="The version you read; refuses if it moved on."))
    }
    with translation.override("en"):
        for key, field in form.base_fields.items():
            kind, text = _type_of(field), " ".join(str(part) for part in (field.label, field.help_text) if part)
            if field.required:
                fields[key] = (kind, Field(..., description=text))
            else:
                fields[key] = (kind | None, Field(None, description=text))
    base = type(f"{name}Base", (Schema,), {"model_config": ConfigDict(extra="forbid"), "__module__": __name__})
    return create_model(name, __base__=base, **fields)  # type: ignore[call-overload,no-any-return]


def _type_of(field: forms.Field) -> Any:
    """The JSON type of a form field. Choices stay text: the form knows them per person."""
    pairs: tuple[tuple[type[forms.Field], Any], ...] = (
        (forms.MultipleChoiceField, list[str]),
        (forms.ModelMultipleChoiceField, list[str]),
        (forms.BooleanField, bool),
        (forms.NullBooleanField, bool),
        (forms.FloatField, float),
        (forms.DecimalField, Decimal),
        (forms.IntegerField, int),
        (forms.DateTimeField, datetime),
        (forms.JSONField, Any),
        (forms.FileField, list[int]),
    )
    return next((kind for known, kind in pairs if isinstance(field, known)), str)


def mount(router: Router, path: str, acts: Acts) -> None:
    """Add one endpoint per act: POST {path}/{number}/acts/{act}, and POST {path} for the creating ones."""
    noun = acts.flow.model.__name__
    for name in acts.doors:
        step = acts.flow.steps[name]
        schema = schema_of(acts.doors[name].form, f"{noun}{''.join(p.title() for p in name.split('_'))}")
        with translation.override("en"):
            summary = str(step.title or name)
        where = f"{path}/acts/{name}" if step.creates else f"{path}/{{number}}/acts/{name}"
        router.post(where, response={200: Done, 201: Done}, summary=summary, operation_id=f"{noun}_{name}")(
            _endpoint(acts, step, schema)
        )


def _endpoint(acts: Acts, step: Step, schema: type[Schema]) -> Callable[..., Any]:
    def change(request: HttpRequest, number: str, body: Any) -> Any:
        by = _account(request)
        thing = acts.find(by, number)
        if not by.may(step.can, thing):
            raise HttpError(403, "this account may not do that")
        _ask_who(request, step, by)
        _look(by, thing)
        request.told_once = acts.doors[step.name].tells is not None  # type: ignore[attr-defined]
        return Status(200, _done(acts, step, _run(acts, step, thing, body, by)))

    def create(request: HttpRequest, body: Any) -> Any:
        by = _account(request)
        if not by.can(step.can):
            raise HttpError(403, "this account may not do that")
        _ask_who(request, step, by)
        return Status(201, _done(acts, step, _run(acts, step, None, body, by)))

    view: Callable[..., Any] = create if step.creates else change
    view.__annotations__["body"] = schema
    return view


def _ask_who(request: HttpRequest, step: Step, by: Account) -> None:
    """A deciding act takes a fresh proof of who acts, or a key that may decide."""
    if step.deciding:
        stepup.require_of_program(request, by)


def _look(by: Account, thing: Thing) -> None:
    """A program that acts on a classified thing states its purpose, as a person does."""
    from bastide.base.ui.purpose import saw_by_program

    saw_by_program(by, thing)


def _run(acts: Acts, step: Step, thing: Thing | None, body: Schema, by: Account) -> Thing:
    data = body.model_dump(exclude={"version"}, exclude_none=True, mode="json")
    form = acts.doors[step.name].form(data, {k: v for k, v in data.items() if isinstance(v, list)}, thing=thing, by=by)
    if not form.is_valid():
        raise InvalidForm(form)
    return acts.run(step, thing, form, by=by, version=getattr(body, "version", None))


def _done(acts: Acts, step: Step, thing: Thing) -> Done:
    tells = acts.doors[step.name].tells
    return Done(
        told=tells(thing) if tells else {},
        number=thing.number, state=getattr(thing, acts.flow.field), version=thing.version,
        url=thing.get_absolute_url(),
    )  # fmt: skip


class InvalidForm(Exception):
    """A program's input that the act's form refuses; the API root turns it into problem+json."""

    def __init__(self, form: forms.Form) -> None:
        super().__init__("invalid input")
        self.errors = [
            {"field": field, "message": str(error)} for field, errors in form.errors.items() for error in errors
        ]


def choices_of(rows: models.QuerySet, label: Callable[[Any], str] = str) -> list[tuple[str, str]]:
    """Choices from things the person may see, by number."""
    return [(row.number, label(row)) for row in rows]
