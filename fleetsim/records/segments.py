"""Rows of one table, gathered block by block without ever copying what is already there.

Rows are kept in segments; beyond a limit they go to a temporary file that has no name and vanishes
with the process, so that a long run's memory is bounded by what is in flight and not by its length.
"""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from fleetsim.tables import Table

SEGMENT_ROWS = 65_536
MEMORY_BYTES = 160 << 20
"""How much of one table stays in memory before the rest goes to a temporary file."""


class Segments:
    """A growing table. `append` copies the rows given, so that the caller may reuse its block."""

    def __init__(self, table: Table, *, segment_rows: int = SEGMENT_ROWS, memory_bytes: int = MEMORY_BYTES) -> None:
        self.dtype = table.dtype
        self.segment_rows = segment_rows
        self.memory_rows = max(memory_bytes // self.dtype.itemsize, segment_rows)
        self.parts: list[np.ndarray] = []
        self._filled = segment_rows  # of the last part; a new one is opened by the next row
        self._file: BinaryIO | None = None
        self._rows_in_file = 0

    def __len__(self) -> int:
        return self._rows_in_file + self.rows_in_memory

    @property
    def rows_in_memory(self) -> int:
        """How many rows the parts hold."""
        return len(self.parts) * self.segment_rows - (self.segment_rows - self._filled if self.parts else 0)

    def append(self, rows: np.ndarray) -> None:
        """Copy `rows` (dtype of the table) behind the rows there are. Raises ValueError for another dtype."""
        if rows.dtype.names != self.dtype.names:
            raise ValueError(f"rows have columns {rows.dtype.names}, the table has {self.dtype.names}")
        source, done = opaque(np.ascontiguousarray(rows)), 0
        while done < len(rows):
            if self._filled == self.segment_rows:
                self._open_part()
            count = min(len(rows) - done, self.segment_rows - self._filled)
            opaque(self.parts[-1])[self._filled : self._filled + count] = source[done : done + count]
            self._filled, done = self._filled + count, done + count

    def _open_part(self) -> None:
        if self.rows_in_memory >= self.memory_rows:
            self._write_parts()
        self.parts.append(np.empty(self.segment_rows, self.dtype))
        self._filled = 0

    def _write_parts(self) -> None:
        if self._file is None:
            self._file = _temporary_file()
            weakref.finalize(self, self._file.close)
        for part in self.filled_parts():
            _write(self._file, part)
            self._rows_in_file += len(part)
        self.parts, self._filled = [], self.segment_rows

    def filled_parts(self) -> Iterator[np.recarray]:
        """The parts in memory, the last one without its unused rows."""
        for number, part in enumerate(self.parts, 1):
            yield (part if number < len(self.parts) else part[: self._filled]).view(np.recarray)

    def drop_oldest(self) -> np.recarray:
        """Take the oldest part out of memory and return it; it must be full."""
        return self.parts.pop(0).view(np.recarray)

    def take(self, *keys: str) -> np.recarray:
        """All rows sorted by `keys`, the first one first, as one table (in the order of arrival if none is given).

        The segments are given up. What went to a file comes back as a read-only map of a sorted file.
        """
        if self._file is not None:
            self._write_parts()
            with self._file as file:
                self._file, self._rows_in_file = None, 0
                return _sorted_file(file, self.dtype, keys)
        parts = list(self.filled_parts())
        self.parts, self._filled = [], self.segment_rows
        return _sorted_parts(parts, self.dtype, keys)


def opaque(table: np.ndarray) -> np.ndarray:
    """The same rows without their columns: numpy copies such rows whole, eight times faster than column by column."""
    return table.view(np.ndarray).view(f"V{table.dtype.itemsize}")


def forget(table: np.ndarray) -> None:
    """Let the operating system take back the pages of a table that is mapped from a file; others are left alone."""
    base = table
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def order_of(columns: list[np.ndarray]) -> np.ndarray | None:
    """The stable order by `columns`, first one first; None if the rows are in that order already."""
    key = columns[0].astype(np.int64)
    for column in columns[1:]:
        low = int(column.min(initial=0))
        key *= int(column.max(initial=0)) - low + 1
        key += column
        key -= low
    if bool((key[1:] >= key[:-1]).all()):
        return None
    return np.argsort(key, kind="stable")


def _sorted_parts(parts: list[np.recarray], dtype: np.dtype, keys: tuple[str, ...]) -> np.recarray:
    rows = sum(map(len, parts))
    place = None
    if keys and rows:
        order = order_of([np.concatenate([part[key] for part in parts]) for key in keys])
        if order is not None:
            place = np.empty(rows, np.int64)
            place[order] = np.arange(rows)
    table, start = np.empty(rows, dtype), 0
    parts.reverse()
    while parts:  # a part is freed as soon as it is placed
        part = parts.pop()
        to = slice(start, start + len(part))
        opaque(table)[to if place is None else place[to]] = opaque(part)
        start += len(part)
    return table.view(np.recarray)


def _sorted_file(file: BinaryIO, dtype: np.dtype, keys: tuple[str, ...]) -> np.recarray:
    source = _mapped(file, dtype)
    columns = [np.empty(len(source), dtype[key]) for key in keys]
    for start in range(0, len(source), SEGMENT_ROWS):
        for key, column in zip(keys, columns, strict=True):
            column[start : start + SEGMENT_ROWS] = source[key][start : start + SEGMENT_ROWS]
        forget(source)
    order = order_of(columns) if columns else None
    if order is None:
        return source
    with _temporary_file() as target:
        for start in range(0, len(order), SEGMENT_ROWS):
            _write(target, opaque(source)[order[start : start + SEGMENT_ROWS]])
            forget(source)
        return _mapped(target, dtype)


def _temporary_file() -> BinaryIO:
    return tempfile.TemporaryFile(prefix="fleetsim-")  # it outlives this function: its map does


def _write(file: BinaryIO, rows: np.ndarray) -> None:
    file.write(np.ascontiguousarray(rows).view(np.uint8).data)


def _mapped(file: BinaryIO, dtype: np.dtype) -> np.recarray:
    file.flush()
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype).view(np.recarray)
