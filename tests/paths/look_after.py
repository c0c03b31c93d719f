"""Reads an installation and prints what must hold of it as JSON: evidence by number, broken bytes, faults of the trail."""

from __future__ import annotations

import json
import os


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bastide.settings"
    import django

    django.setup()
    from django.db import connection

    from bastide.base.trail import seals
    from bastide.base.trail.models import Entry, Seal
    from bastide.base.vault import store
    from bastide.base.vault.models import EvidenceFile

    connection.check_constraints()
    numbers = dict(EvidenceFile.objects.order_by("number").values_list("number", "content_id"))
    received = Entry.objects.filter(act="vault.evidence.receive").values_list("number", flat=True)
    print(
        json.dumps(
            {
                "evidence": list(numbers),
                "in_the_trail": sorted(received),
                "broken": [number for number, sha256 in numbers.items() if store.rehash(sha256)[0] != sha256],
                "faults": [str(fault) for fault in seals.verify().faults],
                "seals": Seal.objects.count(),
            }
        )
    )


if __name__ == "__main__":
    main()
