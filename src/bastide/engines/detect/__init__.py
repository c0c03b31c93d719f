"""Sigma rules evaluated on batches of events: pure, without a database; `docs/detect.md` says what it promises."""

from .event import Trouble
from .evidence import evidence, time_of
from .match import Matches, match
from .rules import Logsource, NoRules, Rejected, Rule, RuleSet, load_rules

__all__ = [
    "Logsource",
    "Matches",
    "NoRules",
    "Rejected",
    "Rule",
    "RuleSet",
    "Trouble",
    "evidence",
    "load_rules",
    "match",
    "time_of",
]
