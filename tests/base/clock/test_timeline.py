"""What the room of clocks writes into the trail is read in words."""

from __future__ import annotations

from datetime import timedelta

from bastide.base import packs
from bastide.base.clock import flows
from bastide.base.clock.models import Clock
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.base.ui import timeline


def test_clock_types_stand_by_their_names(hour_clock: Clock, telco: Organisation, operator: Account) -> None:
    flows.stop(hour_clock, at=hour_clock.started_at + timedelta(minutes=5), by=operator, fact="reported")
    name = str(packs.active().clock("CK-01").name)
    lines = [line for line in timeline.tell(ledger.of(telco), to=operator) if line.entry.act.startswith("clock.")]
    assert [line.note.split(" · ")[0] for line in lines] == [name, name]
    assert lines[0].note.endswith("reported")
    assert [str(change.label) for change in lines[-1].changes] == [name]
