"""After the servers were killed: finish all work and check what acts left behind.

python -m tests.kills.later ACTS
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import timedelta
from pathlib import Path

# Of the checks of test_kills those that need no clock to be turned.
HERE = (
    "job that runs though nobody works", "evidence without content", "evidence without custody", "batch not evaluated",
    "alert raised twice or counted twice", "fact not heard", "person told a thing twice", "request without answer",
    "entry sealed twice or not at all", "gap in the sequence",
)  # fmt: skip


def faults(acts: Path) -> list[str]:
    from bastide.base import terms
    from bastide.base.jobs import leases, work
    from bastide.base.trail import outbox, seals
    from tests.kills import checker

    with terms.frozen(terms.now() + timedelta(minutes=11)):  # leases of the dead have run out
        leases.post_schedules(at=terms.now())
        outbox.deliver_waiting()
        while work.work_once() is not None:
            outbox.deliver_waiting()
    found = [f"{name}: {left[:3]}" for name in HERE if (left := checker.rows(checker.HALF[name]))]
    for script, tag, answer in json.loads(acts.read_text()):
        found += [f"{script} {tag}: {words}" for words in checker._not_once(script, tag, answer)]
    return [*found, *(f"trail: {fault}" for fault in seals.verify().faults)]


def main() -> None:
    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    print(json.dumps(faults(Path(sys.argv[1])), default=str, ensure_ascii=False))


if __name__ == "__main__":
    main()
