"""Small rules for tests: a detection in YAML becomes a set of one rule over events of product linux."""

from __future__ import annotations

import textwrap
import uuid
from typing import Any

from bastide.engines.detect import RuleSet, match

HEAD = "title: A test\nid: {ident}\nstatus: test\nlevel: high\nlogsource: {{{logsource}}}\n"


def rule_text(detection: str, *, logsource: str = "product: linux", ident: str = "", more: str = "") -> str:
    """The text of a rule around a detection."""
    ident = ident or str(uuid.uuid5(uuid.NAMESPACE_URL, detection))
    body = textwrap.indent(textwrap.dedent(detection).strip(), "  ")
    return f"{HEAD.format(ident=ident, logsource=logsource)}{more}detection:\n{body}\n"


def rules_of(*detections: str, logsource: str = "product: linux") -> RuleSet:
    """A set of rules; a test that uses it means all of them to be good."""
    texts = [(f"{at}.yml", rule_text(each, logsource=logsource)) for at, each in enumerate(detections)]
    loaded = RuleSet.from_texts(texts)
    assert loaded.rejected == ()
    return loaded


def fires(detection: str, **event: Any) -> bool:
    """Whether a rule with this detection matches the event."""
    found = match(rules_of(detection), [{"sigma_product": "linux", **event}])
    assert found.troubles == ()
    return len(found) == 1


def asks(question: str, **event: Any) -> bool:
    """Whether a rule of one selection matches the event."""
    return fires(f"selection:\n  {question}\ncondition: selection", **event)
