"""Events as columns of a table: what the kernel reads in place, and events made of rows for Python."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from bastide.engines.detect.event import text

from .kernel import Column
from .program import NO_SLOT

Texts = tuple[pa.Array, bool]
"""A column, and whether its texts stand for numbers."""


class Columns:
    """The columns of a batch as texts. A null means that the event does not have the field."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.count = batch.num_rows
        self.batch = batch
        read = [_as_text(column) for column in batch.columns]
        self.readable = all(column is not None for column in read)
        self._texts = list(zip(batch.schema.names, filter(None, read), strict=True)) if self.readable else []
        if any(" " in name for name in batch.schema.names):
            self._texts += _without_spaces(dict(self._texts))

    def described(self, slots: Mapping[str, int]) -> Any:
        """The columns as the kernel takes them; they stay valid as long as this object."""
        return (Column * len(self._texts))(
            *(_described(column, plain, slots.get(name, NO_SLOT)) for name, (column, plain) in self._texts)
        )

    def events(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Events of some rows."""
        taken = self.batch.take(pa.array(rows, pa.uint32()))
        return [events_of(row) for row in taken.to_pylist()]


def _without_spaces(texts: Mapping[str, Texts]) -> list[tuple[str, Texts]]:
    """Columns whose names have spaces, under the names without them: what a field of that name leaves empty."""
    joined: dict[str, list[Texts]] = {}
    for name, column in texts.items():
        if " " in name:
            joined.setdefault(name.replace(" ", ""), []).append(column)
    found = []
    for name, columns in joined.items():
        several = ([texts[name]] if name in texts else []) + columns
        written = [pc.cast(column, pa.large_string()) for column, _ in several]
        plain = all(plain or column.type not in _TEXTS for column, plain in several)
        found.append((name, (pc.coalesce(*written), plain)))
    return found


def events_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a row: fields that are null are not there, times and the like are their texts."""
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | float | bool | list | dict):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _as_text(column: pa.Array) -> Texts | None:
    """The column as the kernel reads it, and whether its texts stand for numbers; None if it holds lists or objects."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.dictionary_decode())
    if kind in LAYOUTS:
        return column, False
    if pa.types.is_string_view(kind):
        return column.cast(pa.large_string()), False
    if pa.types.is_null(kind):
        return pa.nulls(len(column), pa.string()), False
    if pa.types.is_nested(kind):
        return None
    return pa.array([None if value is None else text(_plain(value)) for value in column.to_pylist()], pa.string()), True


_TEXTS: Final = (pa.string(), pa.large_string())
LAYOUTS: Final = {
    pa.string(): 0,
    pa.large_string(): 1,
    pa.bool_(): 2,
    **{kind: 3 + at for at, kind in enumerate((pa.int8(), pa.int16(), pa.int32(), pa.int64()))},
    **{kind: 7 + at for at, kind in enumerate((pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()))},
}
"""How the kernel knows the types of columns it reads in place."""


def _described(column: pa.Array, plain: bool, slot: int) -> Column:
    layout = LAYOUTS[column.type]
    valid, data, *rest = column.buffers()
    texts = rest[0] if rest else None
    return Column(
        slot=slot,
        layout=layout,
        plain=plain,
        unused=0,
        valid=valid.address if valid is not None and column.null_count else None,
        data=data.address if data is not None else ctypes.addressof(_ZERO),
        texts=texts.address if texts is not None else None,
        size=texts.size if texts is not None else 0,
        first=column.offset if data is not None else 0,
    )


_ZERO: Final = ctypes.c_int64(0)
