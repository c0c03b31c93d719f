"""Why a rule is not evaluated or a line is put aside: the engine's codes in the reader's words.

The engine's own sentence stays beside them: it names the field, the line and the value, always in English.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RULE: dict[str, str | Promise] = {
    "yaml": _("Not readable as YAML"),
    "rule": _("Mistake in the rule"),
    "condition": _("Mistake in the condition"),
    "value": _("Mistake in a value"),
    "regex": _("Regular expression that cannot be run in linear time"),
    "placeholder": _("Placeholder without values here"),
    "correlation": _("Correlation rule: not about single events"),
    "filter": _("Filter document: not a rule"),
    "kind": _("Unknown kind of document"),
    "long": _("Larger than a rule needs to be"),
    "duplicate": _("Its id is taken by another rule"),
}

EVENT: dict[str, str | Promise] = {
    "json": _("Not JSON"),
    "object": _("Not a JSON object"),
    "text": _("Holds a value JSON does not know"),
    "deep": _("Nested too deeply"),
    "wide": _("Too many fields"),
    "long": _("Too long"),
    "future": _("Its time lies in the future"),
}


def of_rule(rejected: str) -> str:
    """What `RuleRecord.rejected` ("code: reason") says, in words; "" for a rule in force."""
    return str(RULE.get(rejected.partition(": ")[0], rejected))


def of_line(code: str, reason: str) -> str:
    """Why a line was put aside, in words."""
    return str(EVENT.get(code, reason))


def detail_of(rejected: str) -> str:
    """The engine's own sentence of `RuleRecord.rejected`."""
    code, colon, reason = rejected.partition(": ")
    return reason if colon and code in RULE else rejected
