"""Arrow schemas that engines and contexts agree on: what an event and a match look like as a table."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

EVENT: Final = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False, metadata={"means": "name of the registered source or file"}),
        pa.field("line", pa.int64(), nullable=False, metadata={"means": "line in the source, counted from 0"}),
        pa.field("at", pa.timestamp("us", tz="UTC"), metadata={"means": "time the event states, if it states one"}),
        pa.field("host", pa.string(), metadata={"means": "host the event states, if it states one"}),
        pa.field("raw", pa.string(), nullable=False, metadata={"means": "the event as one JSON object"}),
    ]
)
"""A batch of events as the lake keeps it. Engines need `raw` alone; further columns may follow."""

MATCH: Final = pa.schema(
    [
        pa.field("event", pa.uint32(), nullable=False, metadata={"means": "row in the batch that was matched"}),
        pa.field("rule", pa.uint32(), nullable=False, metadata={"means": "position in RuleSet.rules"}),
    ]
)
"""Which rule fired on which row of a batch, sorted by row, then rule."""
