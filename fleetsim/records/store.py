"""Records: everything an engine reports of a run, as tables; and how they are gathered, saved and loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.records.run_log import CAP_ROWS, RunLog
from fleetsim.records.segments import MEMORY_BYTES, Segments, forget
from fleetsim.tables import CALLS, RUNS, SAMPLES, TASK_RECORDS, Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

_ROW_GROUP = 1 << 20
_FILES = {"calls": CALLS, "tasks": TASK_RECORDS, "timeline": SAMPLES, "final": SAMPLES, "runs": RUNS}
_FOLDED = Table(
    Column("replica", "i4", "whose tokens"),
    Column("bin", "i8", "upper 24 bits of the float64 of the gap in ns: bins of 2**-12 relative width"),
    Column("tokens", "i8", "tokens whose gap lies in the bin"),
)


@dataclass(frozen=True)
class Records:
    """What happened in one run; columns and units are those of `fleetsim.tables`.

    Large tables may be read-only maps of a temporary file; `forget` them after a pass to keep memory low.
    """

    calls: np.recarray  # CALLS, sorted by (task, node, attempt)
    tasks: np.recarray  # TASK_RECORDS, sorted by task
    runs: RunLog
    samples: np.recarray  # SAMPLES on the regular grid, by (time, replica)
    final: np.recarray  # SAMPLES, one row a replica at the end of the run

    def save(self, folder: Path | str) -> None:
        """Write calls, tasks, timeline, final and runs as Parquet files; the folder is made if it is not there."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self._tables().items():
            _write(folder / f"{name}.parquet", name, rows, _FILES[name])
        _write_runs(folder, self.runs)

    def _tables(self) -> dict[str, np.recarray]:
        return {"calls": self.calls, "tasks": self.tasks, "timeline": self.samples, "final": self.final}

    @classmethod
    def load(cls, folder: Path | str) -> Records:
        """Read what `save` wrote. Raises FileNotFoundError if a table is missing."""
        tables = {name: _read(Path(folder) / f"{name}.parquet", _FILES[name]) for name in _FILES if name != "runs"}
        return cls(tables["calls"], tables["tasks"], _read_runs(Path(folder)), tables["timeline"], tables["final"])


class Recorder:
    """Gathers what an engine drains, block by block; blocks are copied and may be reused by the engine."""

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES, run_rows: int = CAP_ROWS) -> None:
        self._calls = Segments(CALLS, memory_bytes=memory_bytes)
        self._tasks = Segments(TASK_RECORDS, memory_bytes=memory_bytes)
        self._samples = Segments(SAMPLES, memory_bytes=memory_bytes)
        self._runs = RunLog(run_rows)

    def add(
        self,
        *,
        calls: np.ndarray | None = None,
        tasks: np.ndarray | None = None,
        runs: np.ndarray | None = None,
        samples: np.ndarray | None = None,
    ) -> None:
        """Append blocks of rows, in any order of task; samples in order of time."""
        if calls is not None:
            self._calls.append(calls)
        if tasks is not None:
            self._tasks.append(tasks)
        if runs is not None:
            self._runs.add(runs)
        if samples is not None:
            self._samples.append(samples)

    def finish(self, final: np.ndarray | None = None) -> Records:
        """Sort the tables and hand them over; the recorder is empty afterwards.

        `final` are the rows at the run's end, one a replica; None: they are the last rows of the samples.
        """
        samples = self._samples.take()
        if final is None:
            replicas = int(samples.replica.max(initial=-1)) + 1
            samples, final = samples[: len(samples) - replicas], samples[len(samples) - replicas :]
        runs, self._runs = self._runs, RunLog(self._runs.cap_rows)
        return Records(
            calls=self._calls.take("task", "node", "attempt"),
            tasks=self._tasks.take("task"),
            runs=runs,
            samples=samples.view(np.recarray),
            final=final.view(np.recarray),
        )


def _schema(name: str, table: Table, extra: dict[str, object]) -> pa.Schema:
    import pyarrow as pa

    about = {"table": name, "columns": {column.name: column.meaning for column in table}} | extra
    fields = [pa.field(c.name, pa.from_numpy_dtype(np.dtype(c.dtype)), nullable=False) for c in table]
    return pa.schema(fields, metadata={"fleetsim": json.dumps(about)})


def _write(path: Path, name: str, rows: np.ndarray, table: Table, **extra: object) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(name, table, extra)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, max(len(rows), 1), _ROW_GROUP):
            block = rows[start : start + _ROW_GROUP]
            columns = [pa.array(np.ascontiguousarray(block[c.name])) for c in table]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            forget(rows)


def _read(path: Path, table: Table) -> np.recarray:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        rows, start = table.empty(file.metadata.num_rows), 0
        for batch in file.iter_batches(_ROW_GROUP):
            for column in table:
                rows[column.name][start : start + batch.num_rows] = batch.column(column.name).to_numpy()
            start += batch.num_rows
    return rows


def _write_runs(folder: Path, runs: RunLog) -> None:
    _write(folder / "runs.parquet", "runs", runs.rows, RUNS, cap_rows=runs.cap_rows)
    if runs.exact:
        return
    replica, place = np.nonzero(runs.folded.counts)
    rows = _FOLDED.empty(len(replica))
    rows.replica, rows.bin, rows.tokens = replica, place + runs.folded.base, runs.folded.counts[replica, place]
    _write(folder / "runs_folded.parquet", "runs_folded", rows, _FOLDED, sums_ns=runs.folded.sums_ns.tolist())


def _read_runs(folder: Path) -> RunLog:
    import pyarrow.parquet as pq

    def about(path: Path) -> dict:
        return json.loads(pq.read_schema(path).metadata[b"fleetsim"])

    runs = RunLog(about(folder / "runs.parquet")["cap_rows"])
    runs.add(_read(folder / "runs.parquet", RUNS))
    path = folder / "runs_folded.parquet"
    if path.exists():
        rows, sums_ns = _read(path, _FOLDED), np.array(about(path)["sums_ns"])
        runs.folded.base, runs.folded.sums_ns = int(rows.bin.min()), sums_ns
        runs.folded.counts = np.zeros((len(sums_ns), int(rows.bin.max()) + 1 - runs.folded.base), np.int64)
        runs.folded.counts[rows.replica, rows.bin - runs.folded.base] = rows.tokens
    return runs
