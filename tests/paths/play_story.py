"""Plays the demonstration story into the installation the environment names, and prints what it left behind as JSON."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime

END = datetime(2026, 6, 22, 6, 0, tzinfo=UTC)  # a Monday, 14:00 in Beijing


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bastide.settings"
    import django

    django.setup()
    from bastide import install
    from bastide.base import terms
    from bastide.demo import story

    with terms.frozen(END):
        install.prepare(lambda words: None)
        story.play_if_empty(lambda words: None, at=END)
    print(json.dumps(left_behind(), ensure_ascii=False, sort_keys=True))


def left_behind() -> dict[str, object]:
    """Numbers of things by kind and state, acts of the trail, clocks by state, documents by series."""
    from bastide.base.clock.models import Clock
    from bastide.base.flow import flows
    from bastide.base.papers.models import Document
    from bastide.base.trail.models import Entry, Hearing
    from bastide.monitor.models import Alert

    states: dict[str, object] = {}
    for kind, flow in sorted(flows().items()):
        rows = flow.model._default_manager.values_list(flow.field, flat=True)
        states[kind] = dict(sorted(Counter(str(row) for row in rows).items()))
    return {
        "states": states,
        "acts": dict(sorted(Counter(Entry.objects.values_list("act", flat=True)).items())),
        "clocks": sorted(
            f"{c.thing_number} {c.type_id} {c.state} {c.due_at and c.due_at.isoformat()}" for c in Clock.objects.all()
        ),
        "documents": sorted(Document.objects.values_list("number", flat=True)),
        "alerts": sorted(f"{a.rule.title} | {a.host} | {a.count}" for a in Alert.objects.select_related("rule")),
        "unheard": Hearing.objects.filter(heard_at=None).count(),
    }


if __name__ == "__main__":
    main()
