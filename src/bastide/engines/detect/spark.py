"""The same work on a Spark cluster: files, or pieces of large ones, examined by the workers through `mapInArrow`.

Workers need this package and the files under the same paths. Results come back per piece and are put in order here, so
the outcome is that of one process, line for line, whatever the number of workers, and whichever of them died.
"""

from __future__ import annotations

import io
import os
import pickle
import shutil
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from .indicators import Indicator, Indicators
from .inputs import Block, blocks, blocks_in, form_of
from .match import match
from .rules import Logsource, RuleSet
from .work import CannotScale, Part, Work, examine

PIECE: Final = 16 << 20
"""Bytes of a piece of a file of JSON lines that is not packed; other files are one piece."""
START: Final = 4_096
BATCH: Final = 65_536


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or the lines of one from byte `start` to byte `end`, the first of which has the number `line`."""

    number: int
    path: str
    start: int = 0
    end: int | None = None
    line: int = 0


@contextmanager
def session(master: str, name: str = "bastide") -> Iterator[Any]:
    """A Spark session; stopped at the end. Raises CannotScale where Spark or Java is missing."""
    try:
        import pyspark
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise CannotScale(f"Spark is not installed: pip install 'bastide[scale]' ({problem})") from problem
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise CannotScale("Spark needs Java 17 or later: install openjdk-17-jre-headless, or set JAVA_HOME")
    here = master.startswith("local")
    source = str(Path(__file__).resolve().parents[3])
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if here:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = (
        SparkSession.builder.master(master)
        .appName(name)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.maxResultSize", "0")
    )
    if here:
        builder = builder.config("spark.executorEnv.PYTHONPATH", source).config("spark.driver.host", "127.0.0.1")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def parts(work: Work, inputs: Sequence[Path], master: str, *, form: str | None = None) -> Iterator[tuple[Path, Part]]:
    """What is found in the files, piece by piece in their order. Raises CannotScale; the rest as one process does."""
    if any(str(path) == "-" for path in inputs):
        raise CannotScale("standard input cannot be shared among workers: give files")
    pieces = [piece for number, path in enumerate(inputs) for piece in _pieces(number, path.resolve(), form)]
    with session(master) as spark:
        carried = spark.sparkContext.broadcast(Carried.of(work))

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                for place in batch.column(0).to_pylist():
                    found = _examined(carried.value.work(), pieces[place], form)
                    yield pa.record_batch(
                        {"place": pa.array([place], pa.int64()), "found": pa.array([pickle.dumps(found)], pa.binary())}
                    )

        rows = spark.range(0, len(pieces), 1, len(pieces)).mapInArrow(run, "place long, found binary").collect()
    for row in sorted(rows, key=lambda row: row["place"]):
        path = inputs[pieces[row["place"]].number]
        for part in pickle.loads(row["found"]):  # noqa: S301 – packed by our own workers
            part.rows = [replace(one, file=str(path)) for one in part.rows]
            yield path, part


def _pieces(number: int, path: Path, form: str | None) -> Iterator[Piece]:
    """The pieces of a file; lines are counted here, since a worker that begins in the middle cannot."""
    with path.open("rb") as file:
        start = file.read(START)
        packed = start.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))
        if packed or (form or form_of(start)) != "ndjson" or path.stat().st_size <= PIECE:
            yield Piece(number, str(path))
            return
        file.seek(0)
        begun = line = 0
        while content := file.read(PIECE):
            content += file.readline()
            yield Piece(number, str(path), begun, begun + len(content), line)
            begun += len(content)
            line += content.count(b"\n")


def _examined(work: Work, piece: Piece, form: str | None) -> list[Part]:
    path = Path(piece.path)
    return [examine(work, piece.number, path, block) for block in _blocks(path, piece, form)]


def _blocks(path: Path, piece: Piece, form: str | None) -> Iterator[Block]:
    if piece.end is None:
        yield from blocks(path, form=form)
        return
    with path.open("rb") as file:
        file.seek(piece.start)
        content = file.read(piece.end - piece.start)
    for block in blocks_in(io.BufferedReader(io.BytesIO(content)), "ndjson"):  # type: ignore[arg-type]
        troubles = tuple(replace(one, event=one.event + piece.line) for one in block.troubles)
        yield Block(block.batch, [number + piece.line for number in block.numbers], troubles)


_HELD: dict[str, Work] = {}


@dataclass(frozen=True)
class Carried:
    """Work as it travels to the workers. Each of them makes it ready once."""

    token: str
    rules: RuleSet
    indicators: list[Indicator]
    logsource: Logsource

    @classmethod
    def of(cls, work: Work) -> Carried:
        return cls(uuid.uuid4().hex, work.rules, work.indicators.all, work.logsource)

    def work(self) -> Work:
        """What is looked for, ready to be used in this process."""
        if self.token not in _HELD:
            _HELD.clear()
            _HELD[self.token] = Work(self.rules, Indicators(self.indicators), self.logsource)
        return _HELD[self.token]


@dataclass(frozen=True)
class Streamed:
    """Rules as they travel to the workers of a stream, with the log source each source of events declares."""

    token: str
    rules: RuleSet
    declared: dict[str, Logsource]

    @classmethod
    def of(cls, rules: RuleSet, declared: dict[str, Logsource]) -> Streamed:
        return cls(rules.digest, rules, declared)

    def matches(self, events: pa.Table) -> list[tuple[int, str]]:
        """(row, rule id) of every match on events of one source, which the column `source` names."""
        if not events.num_rows:
            return []
        if self.token not in _HELD:
            _HELD.clear()
            _HELD[self.token] = Work(self.rules, Indicators())
        rules = _HELD[self.token].rules
        source = self.declared.get(events.column("source")[0].as_py(), Logsource())
        return [(row, rules.rules[rule].id) for row, rule in match(rules, events, logsource=source)]
