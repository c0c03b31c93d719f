"""What a step on a visit or an observation needs; each answers with a refusal in words, or None."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from bastide.base import packs
from bastide.inspection import criteria
from bastide.inspection.flows import timing
from bastide.inspection.models import Answer, Observation, TeamMember, Visit

Given = dict[str, Any]
Refusal = str | Promise | None
INSPECTING = (TeamMember.Part.LEADER, TeamMember.Part.OFFICER)


def item_is_published(visit: Visit, given: Given) -> Refusal:
    """What is not on the published list, or stands on no law, must not be inspected."""
    wanted = given.get("item") or visit.item
    try:
        item = packs.pack(visit.pack).inspection_item(wanted)
    except LookupError:
        return format_lazy(
            _("“{item}” is not a published inspection item. What is not published must not be inspected."), item=wanted
        )
    if not item.basis:
        return format_lazy(
            _("The inspection item “{item}” names no legal basis, so it must not be carried out."), item=item.name
        )
    return None


def team_is_lawful(visit: Visit, given: Given) -> Refusal:
    """Enough officers, all of an authority; other bodies only as assistants."""
    team = list(visit.team.select_related("organisation", "account"))
    for member in team:
        if member.part in INSPECTING and not criteria.may_inspect(member.organisation.kind):
            return format_lazy(
                _("{person} is not of the authority and may only assist, not inspect."), person=str(member.account)
            )
    limit = packs.pack(visit.pack).counted_limit("officers")
    needed = (limit.number or 1) if limit else 1
    lacking = criteria.missing_officers(sum(m.part in INSPECTING for m in team), needed)
    if not lacking:
        return None
    return format_lazy(
        _("An inspection takes at least {needed} officers ({basis}); {lacking} more must be named."),
        needed=needed, basis=limit.clause if limit else "", lacking=lacking,
    )  # fmt: skip


def cap_is_kept(visit: Visit, given: Given) -> Refusal:
    """Daily and special inspections of one operator stay under the yearly cap; a case may go over it."""
    from bastide.inspection import reads

    cap = reads.cap_of(visit)
    if cap is None or visit.inspection_class == "case" or cap.used < cap.limit:
        return None
    return format_lazy(
        _("This operator already has {used} inspections approved in {year}; the yearly cap is {limit}."),
        used=cap.used, year=str(cap.year), limit=cap.limit,
    )  # fmt: skip


def is_on_team(visit: Visit, given: Given) -> Refusal:
    """Only the officers named in the notice inspect."""
    by = given.get("who")
    if by is None or visit.team.filter(account=by, part__in=INSPECTING).exists():
        return None
    return _("Only the officers named in the notice may do this.")


def visit_is_under_way(answer: Answer, given: Given) -> Refusal:
    if answer.visit.state == Visit.State.OPENED:
        return None
    return _("The checklist is answered while the inspection is under way.")


def answers_for_the_team(answer: Answer, given: Given) -> Refusal:
    return is_on_team(answer.visit, given)


def questions_are_answered(visit: Visit, given: Given) -> Refusal:
    open_questions = visit.answers.exclude(status=Answer.Status.DONE).count()
    if not open_questions or given.get("rest_not_assessed"):
        return None
    return ngettext_lazy(
        "%(count)d question is not answered yet. Answer it, or say that the rest was not assessed.",
        "%(count)d questions are not answered yet. Answer them, or say that the rest was not assessed.",
        open_questions,
    ) % {"count": open_questions}


def has_observations(visit: Visit, given: Given) -> Refusal:
    if visit.observations.filter(state=Observation.State.DRAFT).exists():
        return None
    return _("There is no finding to send. Draft one, or conclude without findings.")


def has_no_observations(visit: Visit, given: Given) -> Refusal:
    if visit.observations.filter(state=Observation.State.DRAFT).exists():
        return _("There are findings in draft. Send them to the operator or take them back first.")
    return None


def wanting_answers_are_covered(visit: Visit, given: Given) -> Refusal:
    """An answer that is not compliant leads to a finding, or says in its note why not."""
    wanting = visit.answers.filter(result__in=criteria.WANTING, note="").values_list("item", flat=True)
    observed = visit.observations.exclude(state=Observation.State.WITHDRAWN).values_list("item", flat=True)
    left = criteria.uncovered(wanting, observed)
    if not left:
        return None
    return format_lazy(
        _("These questions are answered as not compliant, without a finding or a note: {items}."), items=", ".join(left)
    )


def reply_is_late(visit: Visit, given: Given) -> Refusal:
    """Silence counts only after the operator's time to reply has run out."""
    at, owed = given.get("moment"), timing.running(visit, "inspection.confirm")
    if at is None or owed is None or (owed.due_at is not None and owed.due_at <= at):
        return None
    return _("The operator's time to reply has not run out yet.")


def visit_takes_observations(observation: Observation, given: Given) -> Refusal:
    if observation.visit.takes_observations:
        return None
    return _("Findings are drafted while the inspection is under way and until they are sent to the operator.")
