"""Why a rule is not evaluated or a line is put aside: the engine's codes in the reader's words.

The engine's own sentence stays beside them: it names the field, the line and the value, always in English.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bastide.monitor import criteria

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

WATCH: dict[str, tuple[str | Promise, str | Promise]] = {
    criteria.SILENCE: (
        _("Source went silent"),
        _("A source that has sent before sends nothing for longer than it may."),
    ),
    criteria.AHEAD: (
        _("Clock of a source is ahead"),
        _("Events say they happened more than five minutes after they were received."),
    ),
    criteria.FLOOD: (
        _("Source sends far more than usual"),
        _("In the last 24 hours at least five times the median of the seven days before."),
    ),
    criteria.DROUGHT: (
        _("Source sends far less than usual"),
        _("In the last 24 hours less than a fifth of the median of the seven days before."),
    ),
}

TACTIC: dict[str, str | Promise] = {
    "reconnaissance": _("Reconnaissance"),
    "resource-development": _("Resource development"),
    "initial-access": _("Initial access"),
    "execution": _("Execution"),
    "persistence": _("Persistence"),
    "privilege-escalation": _("Privilege escalation"),
    "defense-evasion": _("Defense evasion"),
    "credential-access": _("Credential access"),
    "discovery": _("Discovery"),
    "lateral-movement": _("Lateral movement"),
    "collection": _("Collection"),
    "command-and-control": _("Command and control"),
    "exfiltration": _("Exfiltration"),
    "impact": pgettext_lazy("tactic", "Impact"),
}


def watch_title(rule_id: str) -> str:
    """The title of a watch over sources."""
    return str(WATCH[rule_id][0])


def watch_meaning(rule_id: str) -> str:
    """When a watch over sources raises an alert."""
    return str(WATCH[rule_id][1])


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
