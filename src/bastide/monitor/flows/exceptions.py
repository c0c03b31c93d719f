"""What happens to an exception of a rule: made with a reason, ended. It withholds alerts; matches stay in the lake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Organisation
from bastide.monitor import detect, reasons
from bastide.monitor.access import Can
from bastide.monitor.models import Batch, RuleException, RuleRecord

S = RuleException.State

EXCEPTION = Flow(
    RuleException,
    Step("make", (), S.ACTIVE, can=Can.KEEP_RULES, title=gettext_lazy("Make an exception")),
    Step("end", (S.ACTIVE,), S.ENDED, can=Can.KEEP_RULES, title=gettext_lazy("End the exception")),
)


def make_exception(
    *, by: Account, at: datetime, rule: str, text: str, reason: str, operator: Organisation | None = None,
    until: datetime | None = None,
) -> RuleException:  # fmt: skip
    """Let the events of a rule that a selection describes raise no alert, at one operator or at all, for a time or not.

    `rule` is its id. Raises Refused where there is none, or where the selection cannot be evaluated.
    """
    held = RuleRecord.objects.filter(rule_id=rule, kind=RuleRecord.Kind.SIGMA, rejected="").first()
    if held is None:
        raise Refused(_("There is no such rule in the register."), field="rule")
    if until is not None and until <= at:
        raise Refused(_("This time is past."), field="until")
    found = detect.sought(text)
    if isinstance(found, detect.Rejected):
        raise Refused(f"{reasons.RULE.get(found.code, found.code)}: {found.reason}", field="text")
    exception = RuleException(rule=held, text=text, reason=reason, operator=operator, until=until)
    with EXCEPTION.begin("make", exception, by=by, at=at, note=reason):
        return exception


def end_exception(
    exception: RuleException, *, by: Account, at: datetime, reason: str = "", version: int | None = None
) -> RuleException:
    """From the next batch on its events raise alerts again."""
    with EXCEPTION.step("end", exception, by=by, at=at, version=version, note=reason):
        return exception


def without_excepted(batch: Batch, found: Sequence[detect.Found], *, at: datetime) -> list[detect.Found]:
    """What was found in a batch but for the events that exceptions in force describe."""
    rows = RuleException.objects.filter(Q(until=None) | Q(until__gt=at), state=S.ACTIVE)
    rows = rows.filter(
        Q(operator=None) | Q(operator=batch.operator_id), rule__rule_id__in={one.rule_id for one in found}
    )
    texts: dict[str, list[str]] = defaultdict(list)
    for rule_id, text in rows.values_list("rule__rule_id", "text"):
        texts[rule_id].append(text)
    if not texts:
        return list(found)
    events = detect.events_of(batch)
    withheld: set[detect.Found] = set()
    for rule_id, selections in texts.items():
        own = [one for one in found if one.rule_id == rule_id]
        matched = events.take([one.row for one in own])
        for text in selections:
            rule = detect.sought(text)
            if not isinstance(rule, detect.Rejected):
                rules = detect.RuleSet((rule,))
                withheld.update(own[row] for row, _rule in detect.rows_matched(batch.source, matched, rules))
    return [one for one in found if one not in withheld]
