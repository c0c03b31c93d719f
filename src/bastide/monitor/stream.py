"""`bastide monitor stream`: new batches of the lake evaluated on a Spark cluster, each exactly once.

Spark follows the files of the lake and remembers in its checkpoint which it has handed out; a batch's matches are one
file under its name, put in place whole. So a job that is killed and begun again writes the same files once more and
nothing twice. The workers need the folder of the lake and this package, not the database; alerts are raised here by the
job that evaluates batches, from the matches found there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import close_old_connections

from bastide.monitor import detect, lake
from bastide.monitor.models import Source

EVENTS = "source string, line long, at timestamp, host string, raw string"
FOUND = "file string, line long, rule_id string"
SEEN = -1  # the line of a row that says only that a file was seen


def run(master: str, *, checkpoint: Path, once: bool, every: int, say: Callable[[str], None]) -> None:
    """Follow the lake until stopped; `once`: until everything there now is done. Raises CannotScale."""
    events = Path(settings.BASTIDE_HOME) / "lake" / "events"
    events.mkdir(parents=True, exist_ok=True)
    with detect.session(master, "bastide monitor stream") as spark:
        followed = (
            spark.readStream.schema(EVENTS)
            .option("pathGlobFilter", "[0-9a-f]*.parquet")  # joined files hold batches that were seen alone
            .option("recursiveFileLookup", "true")
            .parquet(str(events))
        )
        chosen = followed.selectExpr("_metadata.file_path AS file", "source", "line", "raw")
        writing = chosen.writeStream.foreachBatch(lambda rows, _number: _evaluate(spark, rows, say))
        writing = writing.option("checkpointLocation", str(checkpoint))
        writing = writing.trigger(availableNow=True) if once else writing.trigger(processingTime=f"{every} seconds")
        writing.start().awaitTermination()


def _evaluate(spark: Any, rows: Any, say: Callable[[str], None]) -> None:
    """Some files, each of which comes whole in one turn; their matches are kept under the name of their batch."""
    close_old_connections()
    rules = detect.active_rules()
    declared = {one.name: detect.declared(one) for one in Source.objects.all()}
    carried = spark.sparkContext.broadcast(detect.Streamed.of(rules, declared))
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    matched = 0
    for row in rows.mapInArrow(_mapped(carried), FOUND).toLocalIterator():
        if row["line"] == SEEN:
            found[row["file"]] += []
        else:
            found[row["file"]].append((row["line"], row["rule_id"]))
            matched += 1
    for file, pairs in found.items():
        path = Path(unquote(urlsplit(file).path))
        lake.keep_matches(path.parent.name.removeprefix("source="), path.stem, pairs, rules.digest)
    say(f"{len(found)} batches, {matched} matches")
    carried.unpersist()


def _mapped(carried: Any) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            table = pa.Table.from_batches([batch])
            for file in pc.unique(table.column("file")).to_pylist():
                own = table.filter(pc.equal(table.column("file"), file))
                lines = own.column("line").to_pylist()
                pairs = [(SEEN, ""), *((lines[row], rule) for row, rule in carried.value.matches(own))]
                yield pa.record_batch(
                    {
                        "file": pa.array([file] * len(pairs), pa.string()),
                        "line": pa.array([line for line, _rule in pairs], pa.int64()),
                        "rule_id": pa.array([rule for _line, rule in pairs], pa.string()),
                    }
                )

    return run
