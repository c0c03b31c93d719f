"""Answering the checklist, question by question; several officers may answer at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import vault
from bastide.base.flow import Refused
from bastide.base.people.models import Account
from bastide.inspection.flows.table import ANSWER
from bastide.inspection.models import Answer, Visit


def answer(
    visit: Visit,
    item: str,
    *,
    by: Account,
    at: datetime,
    result: str,
    note: str = "",
    evidence: Iterable[Any] = (),
    seen: int | None = None,
) -> Answer:
    """Give or change the answer to one question.

    `seen` is the version of the answer this person looked at: two officers cannot overwrite each other silently.
    """
    given = visit.answers.filter(item=item).first()
    if given is None:
        raise Refused(_("This inspection does not ask that question now."))
    step = _step(result, note.strip(), done=given.status == Answer.Status.DONE)
    with ANSWER.step(step, given, by=by, at=at, version=seen, who=by) as held:
        held.result, held.note = result, note.strip()
        held.answered_by, held.answered_at = by, at
        vault.keep(evidence, thing=held, by=by, at=at)
    return given


def _step(result: str, note: str, *, done: bool) -> str:
    """A result ends a question, a note begins it; the note of an ended question may also say why it was left out."""
    if result != Answer.Result.NOT_ASSESSED or (note and done):
        return "give"
    return "begin" if note else "clear"
