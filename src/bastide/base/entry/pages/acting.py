"""How a page runs an act, and how it hands out personal data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from django import forms
from django.http import StreamingHttpResponse

from bastide.base.entry.personal import Holding
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account


def attempt(form: forms.Form, act: Callable[[], Any]) -> Any | None:
    """Run an act; a refusal becomes an error of the form."""
    try:
        return act()
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


def personal_file(person: Account, held: Iterable[tuple[Holding, Iterable[dict[str, Any]]]]) -> StreamingHttpResponse:
    """Personal data as JSON, written while it is read."""
    response = StreamingHttpResponse(_json(held), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="bastide-personal-{person.username}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


def _json(held: Iterable[tuple[Holding, Iterable[dict[str, Any]]]]) -> Iterator[bytes]:
    yield b"{"
    for place, (holding, rows) in enumerate(held):
        about = {"title": str(holding.title), "purpose": str(holding.purpose), "kept": str(holding.kept)}
        yield (
            (b",\n" if place else b"\n")
            + orjson.dumps(holding.name)
            + b": "
            + orjson.dumps(about)[:-1]
            + b', "rows": ['
        )
        for at, row in enumerate(rows):
            yield (b",\n  " if at else b"\n  ") + orjson.dumps(row)
        yield b"]}"
    yield b"\n}\n"
