"""The records of all runs of a study as columns with names: what is written to Parquet and shown in frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fleetsim.records import forget
from fleetsim.tables import CALLS, SAMPLES, TASK_RECORDS, Column, Status, Table

if TYPE_CHECKING:
    import pandas as pd

    from fleetsim.metrics.contract import RunFacts
    from fleetsim.records import Records

BLOCK_ROWS = 1 << 17
_TABLES = {"calls": (CALLS, "calls"), "tasks": (TASK_RECORDS, "tasks"), "timeline": (SAMPLES, "samples")}
_LISTS = {"pool": "pool", "answer_pool": "pool", "class_id": "class", "domain": "domain", "status": "status"}
_RENAMED = {"class_id": "task_class"}
_BEFORE = (Column("arm", "i4", "alternative of the study"), Column("replicate", "i4", "number of the replicate"))
_STATUSES = tuple(status.name.lower() for status in Status)
_POOL = Column("pool", "i4", "pool of the replica")


@dataclass(frozen=True)
class Names:
    """A column of names: positions in a list that all runs of the study share; -1 where there is none."""

    codes: np.ndarray  # int32
    names: tuple[str, ...]


class Recorded(Protocol):
    """What is taken of a run: who and what its numbers stand for, and its records."""

    @property
    def facts(self) -> RunFacts:
        """The run's names and numbers of arm, pools, classes and domains."""

    @property
    def records(self) -> Records:
        """Calls, tasks and samples."""


class Naming:
    """The names of a study, each list holding those of all its runs, so that every block of a file has the same."""

    def __init__(self, runs: Iterable[Recorded]) -> None:
        self.runs = tuple(runs)
        facts = [run.facts for run in self.runs]
        self._lists = {
            "arm": _distinct(f.arm for f in facts),
            "pool": _distinct(pool.name for f in facts for pool in f.pools),
            "class": _distinct(c.name for f in facts for c in f.classes),
            "domain": _distinct(domain for f in facts for domain in f.domains),
            "status": _STATUSES,
        }

    @staticmethod
    def shown(table: Table) -> list[tuple[Column, str]]:
        """The columns of a table of records with the names under which they are shown."""
        return [(column, _RENAMED.get(column.name, column.name)) for column in table]

    @staticmethod
    def own(facts: RunFacts, column: str) -> Sequence[str] | None:
        """The run's own list of names that a column of numbers stands for; None for a column of plain numbers."""
        kind = _LISTS.get(column)
        return None if kind is None else _own(facts, kind)

    @staticmethod
    def columns(table: str) -> tuple[Column, ...]:
        """The columns of a table (calls, tasks or timeline) as they are shown."""
        own = tuple(Column(shown, c.dtype, c.meaning) for c, shown in Naming.shown(_TABLES[table][0]))
        return (*_BEFORE, *((_POOL,) if table == "timeline" else ()), *own)

    def list_of(self, column: str) -> tuple[str, ...] | None:
        """All names that a shown column may hold; None for a column of numbers."""
        by_shown_name = {_RENAMED.get(name, name): self._lists[kind] for name, kind in _LISTS.items()}
        return (by_shown_name | {"arm": self._lists["arm"]}).get(column)

    def blocks(self, run: Recorded, table: str) -> Iterator[dict[str, np.ndarray | Names]]:
        """The rows of one run, BLOCK_ROWS at a time, by the names of `columns`; one empty block if there are none."""
        columns, attribute = _TABLES[table]
        rows = getattr(run.records, attribute)
        for start in range(0, max(len(rows), 1), BLOCK_ROWS):
            yield self._block(run, columns, rows[start : start + BLOCK_ROWS])
            forget(rows)

    def _block(self, run: Recorded, columns: Table, rows: np.recarray) -> dict[str, np.ndarray | Names]:
        facts, count = run.facts, len(rows)
        arm = self._lists["arm"].index(facts.arm)
        block: dict[str, np.ndarray | Names] = {
            "arm": Names(np.full(count, arm, np.int32), self._lists["arm"]),
            "replicate": np.full(count, facts.replicate, np.int32),
        }
        if columns is SAMPLES:
            firsts = np.array([pool.first_replica for pool in facts.pools])
            block["pool"] = self._named(run, "pool", np.searchsorted(firsts, rows["replica"], side="right") - 1)
        for column in columns:
            values = np.ascontiguousarray(rows[column.name])
            kind = _LISTS.get(column.name)
            block[_RENAMED.get(column.name, column.name)] = self._named(run, kind, values) if kind else values
        return block

    def _named(self, run: Recorded, kind: str, numbers: np.ndarray) -> Names:
        """Numbers of the run's own list as positions in the shared one."""
        names = self._lists[kind]
        own = _own(run.facts, kind)
        positions = np.array([*map(names.index, own), -1], np.int32)  # the number -1 finds the last one
        return Names(positions[numbers], names)


def _own(facts: RunFacts, kind: str) -> Sequence[str]:
    """The names of a kind in the order of the run's numbers."""
    return {
        "pool": [pool.name for pool in facts.pools],
        "class": [c.name for c in facts.classes],
        "domain": facts.domains,
        "status": _STATUSES,
    }[kind]


def as_frame(block: dict[str, np.ndarray | Names]) -> pd.DataFrame:
    """A block as a frame; names become categories."""
    import pandas as pd

    def series(values: np.ndarray | Names) -> np.ndarray | pd.Categorical:
        return pd.Categorical.from_codes(values.codes, list(values.names)) if isinstance(values, Names) else values

    return pd.DataFrame({name: series(values) for name, values in block.items()})


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
