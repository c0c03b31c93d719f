"""The append-only ledger of what was done and seen, and the outbox of facts.

`ledger.record`, `ledger.saw`, `outbox.announce` and `outbox.hears` are offered here by name once Django is set up.
"""

from __future__ import annotations

from typing import Any

_LEDGER = {"record", "saw", "of", "readers_of", "kind_of", "plain"}
_OUTBOX = {"announce", "hears", "deliver_waiting", "hearers"}


def __getattr__(name: str) -> Any:
    if name in _LEDGER:
        from bastide.base.trail import ledger

        return getattr(ledger, name)
    if name in _OUTBOX:
        from bastide.base.trail import outbox

        return getattr(outbox, name)
    raise AttributeError(name)
