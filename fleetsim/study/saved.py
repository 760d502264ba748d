"""A saved study read again: what its report is made of.

The figures of single replicates and the steps of replicas are not saved; a study that was read has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fleetsim.errors import NoStudy
from fleetsim.findings import findings_from_plain, from_plain
from fleetsim.metrics.contract import Figure, RunFacts
from fleetsim.records import Records
from fleetsim.records.run_log import RunLog
from fleetsim.study.columns import Naming
from fleetsim.study.output import FORMAT, SUMMARY, TABLES
from fleetsim.study.results import Arm, Run, Study
from fleetsim.tables import CALLS, SAMPLES, TASK_RECORDS

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = dict(zip(TABLES, (CALLS, TASK_RECORDS, SAMPLES), strict=True))


def read_saved(folder: Path | str) -> Study:
    """The study that `save` wrote into a folder. Raises NoStudy if there is none or part of one."""
    folder = Path(folder)
    told = _summary(folder)
    try:
        arms = [(_facts(arm), arm) for arm in told["arms"]]
        tables = {name: _Rows(folder / f"{name}.parquet", name) for name in TABLES} if arms else {}
        return Study(
            told["name"],
            told["question"],
            tuple(_arm(facts, arm, tables) for facts, arm in arms),
            told["provenance"],
            told["scenario"],
            findings_from_plain(told["findings"]),
        )
    except FileNotFoundError as error:
        raise NoStudy(f"{folder} has lost {Path(error.filename).name}; run the scenario again") from None
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise NoStudy(f"{folder} does not hold together ({error}); run the scenario again") from None


def _summary(folder: Path) -> dict[str, Any]:
    path = folder / SUMMARY
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        kind = told["format"]
    except OSError:
        what = f"{folder} holds no {SUMMARY}"
        if (folder / "table.csv").exists():  # a sweep's or a search's
            raise NoStudy(f"{what}, only table.csv; `fleetsim whatif -o` makes a page of what varies") from None
        raise NoStudy(f"{what}; name a folder that `fleetsim run -o` wrote") from None
    except (ValueError, KeyError, TypeError):
        raise NoStudy(f"{path} was not written by fleetsim; name a folder that `fleetsim run -o` wrote") from None
    if kind != FORMAT:
        raise NoStudy(f"{path} is in the form '{kind}', this version reads '{FORMAT}'; run the scenario again")
    return told


def _facts(arm: dict[str, Any]) -> list[tuple[RunFacts, float]]:
    """The facts of every replicate with the end of its warm-up."""
    shared = from_plain(RunFacts, arm["facts"])
    return [
        (replace(shared, replicate=int(run["replicate"]), seed=int(run["seed"])), float(run["warm_up_s"]))
        for run in arm["replicates"]
    ]


def _arm(facts: list[tuple[RunFacts, float]], arm: dict[str, Any], tables: dict[str, _Rows]) -> Arm:
    runs = []
    for own, warm_up_s in facts:
        calls, tasks, samples = (tables[name].of(own) for name in TABLES)
        replicas = sum(pool.replicas for pool in own.pools)
        records = Records(calls, tasks, RunLog(), samples, samples[len(samples) - replicas :])
        runs.append(Run(own, records, (), warm_up_s, 0.0))
    return Arm(arm["name"], tuple(runs), tuple(_figures(arm["figures"])), arm.get("simulated"))


def _figures(scopes: dict[str, dict[str, Any]]) -> Iterator[Figure]:
    for scope, figures in scopes.items():
        for name, told in figures.items():
            yield from_plain(Figure, {"name": name, "scope": scope, **told})


class _Rows:
    """One table of a study, with the rows of each run found by its arm and replicate."""

    def __init__(self, path: Path, table: str) -> None:
        import pyarrow.parquet as pq

        if not path.exists():
            raise FileNotFoundError(2, "no such file", str(path))
        self._read = pq.read_table(path)
        self._columns, self._name = _COLUMNS[table], table
        arms, replicates = _names(self._read["arm"]), self._read["replicate"].to_numpy()
        self._arms, self._replicates = arms, replicates

    def of(self, facts: RunFacts) -> np.recarray:
        """The rows of a run, names as the numbers that they have in it."""
        codes, names = self._arms
        arm = names.index(facts.arm) if facts.arm in names else -2
        mine = (codes == arm) & (self._replicates == facts.replicate)
        rows = self._columns.empty(int(np.count_nonzero(mine)))
        for column, shown in Naming.shown(self._columns):
            own = Naming.own(facts, column.name)
            stored = self._read[shown]
            rows[column.name] = stored.to_numpy()[mine] if own is None else _numbers(stored, own)[mine]
        return rows


def _names(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """A column of names as positions (-1: none) in the list of them."""
    import pyarrow as pa

    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # no rows, or more than one chunk can hold
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    return whole.indices.fill_null(-1).to_numpy(zero_copy_only=False), whole.dictionary.to_pylist()


def _numbers(column: pa.ChunkedArray, own: Sequence[str]) -> np.ndarray:
    codes, names = _names(column)
    positions = {name: number for number, name in enumerate(own)}
    return np.array([*(positions.get(name, -1) for name in names), -1], np.int32)[codes]
