"""A small program for the process test: takes a batch and dies before anything else, or works like a worker.

python -m tests.monitor.shift prepare | die FILE | work
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from bastide.base import terms  # noqa: E402
from bastide.base.jobs import work  # noqa: E402
from bastide.base.people.models import Account, Organisation  # noqa: E402
from bastide.monitor import flows  # noqa: E402
from bastide.monitor.models import Source  # noqa: E402
from tests.monitor.makers import RULE  # noqa: E402


def main(verb: str, *rest: str) -> None:
    if verb == "prepare":
        call_command("migrate", verbosity=0)
        house, at = Account.objects.house(), terms.now()
        telco = Organisation.objects.create(code="OP-A", kind="operator", area="110000", name_zh="甲")
        flows.register_source(by=house, at=at, operator=telco, name="edge-a")
        rule = Path(settings.BASTIDE_HOME) / "whoami.yml"
        rule.write_text(RULE)
        flows.add_rules([rule], by=house, at=at)
    elif verb == "die":
        source, content = Source.objects.get(), Path(rest[0]).read_bytes()
        flows.take_batch(source, content, by=Account.objects.house(), at=terms.now())
        os.kill(os.getpid(), signal.SIGKILL)
    elif verb == "work":
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        work.work(stop, poll=0.05, lease=timedelta(seconds=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
