"""Hands evidence in until a file appears; prints the number of each once it is acknowledged."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(until: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bastide.settings"
    import django

    django.setup()
    from bastide.base import terms
    from bastide.base.people.models import Account
    from bastide.base.trail import seals
    from bastide.base.vault import flows

    turn = 0
    while not until.exists():
        turn += 1
        content = f"turn {turn}\n".encode() * 400 * turn
        evidence = flows.receive(content, name=f"{turn}.txt", by=Account.objects.house(), at=terms.now())
        if turn % 10 == 0:
            seals.seal_waiting(at=terms.now())
        print(evidence.number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
