"""What happens to a hunt: asked, run in the background, asked again. A back-test is the hunt of a rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base import jobs
from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Organisation
from bastide.monitor import detect, hunting, reads, reasons
from bastide.monitor.access import Can
from bastide.monitor.models import Hunt, RuleRecord, Source

S = Hunt.State
RUN = "monitor.hunt"
LONGEST = timedelta(days=366)

HUNT = Flow(
    Hunt,
    Step("ask", (), S.WAITING, can=Can.HUNT, title=gettext_lazy("New hunt")),
    Step("finish", (S.WAITING,), S.DONE, can=Can.HUNT, title=gettext_lazy("Search done"), by_hand=False),
    Step("fail", (S.WAITING,), S.FAILED, can=Can.HUNT, title=gettext_lazy("Hunt failed"), by_hand=False),
    Step("repeat", (S.DONE, S.FAILED), S.WAITING, can=Can.HUNT, title=gettext_lazy("Hunt again")),
)


def ask(
    *, by: Account, at: datetime, name: str, text: str, since: datetime, until: datetime,
    operator: Organisation | None = None, source: Source | None = None, rule: RuleRecord | None = None,
) -> Hunt:  # fmt: skip
    """Ask for a search over the lake. It reads what its asker may see at the moment it runs."""
    if until <= since:
        raise Refused(_("The end lies before the beginning."), field="until")
    if until - since > LONGEST:
        raise Refused(_("A hunt looks over a year at most."), field="since")
    _rule_of(text, rule)
    owner = next((one.organisation for one in by.standing() if by.holds_right(one, Can.HUNT)), None)
    if owner is None:
        raise Refused(_("You belong to no organisation that may hunt."))
    hunt = Hunt(
        name=name, text=text, since=since, until=until, operator=operator, source=source, rule=rule, owner=owner,
        asked_by=by,
    )  # fmt: skip
    with HUNT.begin("ask", hunt, by=by, at=at):
        jobs.enqueue(RUN, by=by, at=at, dedup=hunt.number, number=hunt.number)
    return hunt


def back_test(rule: RuleRecord, *, by: Account, at: datetime, since: datetime, until: datetime) -> Hunt:
    """Try a rule on the past: what it would have found, had it been in force."""
    if rule.kind != RuleRecord.Kind.SIGMA or rule.rejected:
        raise Refused(_("This rule cannot be tried on the past."))
    return ask(by=by, at=at, name=str(rule)[:120], text=rule.text, since=since, until=until, rule=rule)


def repeat(hunt: Hunt, *, by: Account, at: datetime, version: int | None = None) -> Hunt:
    """Run it once more over the same time; what was found before is replaced."""
    with HUNT.step("repeat", hunt, by=by, at=at, version=version) as held:
        held.asked_by = by
        jobs.enqueue(RUN, by=by, at=at, dedup=held.number, number=held.number)
    return hunt


def run(hunt: Hunt, *, at: datetime, progress: Callable[..., None] = lambda done, total: None) -> Hunt:
    """Carry it out in the name of its asker. Begun again after a crash it starts over: nothing was written."""
    by = hunt.asked_by
    try:
        rule = _rule_of(hunt.text, hunt.rule)
        rows = hunting.reached(reads.batches_of_hunt(by, hunt.owner), hunt)
        found = hunting.search(
            rule, rows.iterator(chunk_size=500), hunt.since, hunt.until, total=rows.count(), progress=progress
        )
    except (Refused, OSError) as problem:
        with HUNT.step("fail", hunt, by=by, at=at) as held:
            held.trouble, held.ran_at = str(problem)[:2000], at
        return hunt
    with HUNT.step("finish", hunt, by=by, at=at) as held:
        held.result, held.ran_at, held.trouble = found.plain(), at, ""
    return hunt


def _rule_of(text: str, rule: RuleRecord | None) -> detect.Rule:
    """The rule that is looked for. Raises Refused with what is wrong in it."""
    if rule is not None:
        whole = detect.compile_texts([(rule.path, text)], kept=False)
        if rule.rule_id in whole.by_id:
            return whole.rules[whole.by_id[rule.rule_id]]
    found = detect.sought(text)
    if isinstance(found, detect.Rejected):
        why = reasons.RULE.get(found.code, found.code)
        raise Refused(f"{why}: {found.reason}", field="text")
    return found
