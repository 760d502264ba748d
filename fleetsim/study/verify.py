"""Holding the core to the reference: random scenarios on both engines, every record equal to the nanosecond."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fleetsim import engine, planning
from fleetsim.errors import FleetsimError
from fleetsim.records import Records
from fleetsim.scenario import loading, read
from fleetsim.study.random_scenarios import Data, random_scenario
from fleetsim.units import nanoseconds
from fleetsim.workload import materialise

_TIMES = {
    "calls": ("sent_ns", "queued_ns", "admitted_ns", "first_token_ns", "finish_ns"),
    "tasks": ("arrival_ns", "first_token_ns", "finish_ns"),
    "samples": ("time_ns",),
    "final": ("time_ns",),
    "runs": ("start_ns",),
}
_KEYS = {"calls": ("task", "node", "attempt"), "tasks": ("task",), "samples": ("time_ns", "replica")}


@dataclass(frozen=True)
class Difference:
    """Where the two engines first differ on a scenario."""

    table: str
    where: str  # the row, by its key
    column: str
    core: Any
    reference: Any

    def __str__(self) -> str:
        return f"{self.table}[{self.where}].{self.column}: core {self.core}, reference {self.reference}"


@dataclass(frozen=True)
class Disagreement:
    """A scenario on which the engines differ, made as small as it would go."""

    number: int
    scenario: str  # YAML
    difference: Difference


def compare(data: Data) -> Difference | None:
    """Run a scenario (the data of its file) on both engines; the earliest difference, or None.

    Raises FleetsimError if the scenario is faulty.
    """
    text = read.write(data)
    loaded = loading.accepted(read.parse(text, "scenario"), "scenario", Path.cwd(), text, {})
    scenario, equipment = loaded.scenario, planning.equip(loaded)
    tasks = materialise(
        scenario.workload, seed=scenario.seed, horizon_ns=nanoseconds(scenario.horizon_s), base=loaded.base
    )
    judged = planning.judge(loaded)
    for name in scenario.architectures:
        plan = planning.plan_architecture(scenario, name, equipment, tasks, scenario.seed, judged)
        found = first_difference(engine.run(plan, tasks), engine.run(plan, tasks, engine="reference"))
        if found:
            return found
    return None


def first_difference(core: Records, reference: Records) -> Difference | None:
    """The difference that happened earliest in simulated time, over all tables; None if all are equal."""
    found: list[tuple[int, Difference]] = []
    for table in _TIMES:
        ours, theirs = _rows(core, table), _rows(reference, table)
        if len(ours) != len(theirs):
            found.append((np.iinfo(np.int64).max, Difference(table, "", "rows", len(ours), len(theirs))))
        elif not np.array_equal(ours, theirs):
            found += _differences(table, ours, theirs)
    return min(found, key=lambda item: item[0])[1] if found else None


def _rows(records: Records, table: str) -> np.recarray:
    if table != "runs":
        return getattr(records, table)
    rows = records.runs.rows
    return rows[np.lexsort((rows.first_ns, rows.kind, rows.start_ns, rows.replica))]


def _differences(table: str, ours: np.recarray, theirs: np.recarray) -> Iterator[tuple[int, Difference]]:
    """For each row that differs: when, and its first column that does."""
    for row in np.flatnonzero(ours != theirs)[:1000]:
        column = next(name for name in ours.dtype.names if ours[name][row] != theirs[name][row])
        times = [column] if column in _TIMES[table] else _TIMES[table]
        when = min(int(t) for rows in (ours, theirs) for t in (rows[name][row] for name in times) if t >= 0)
        where = ", ".join(f"{key} {ours[key][row]}" for key in _KEYS.get(table, ("replica",)))
        yield when, Difference(table, where, column, ours[column][row], theirs[column][row])


def verify(
    *, scenarios: int, first_seed: int = 0, report: Callable[[int], None] = lambda done: None
) -> Disagreement | None:
    """Compare the engines on so many random scenarios; the first disagreement, shrunk, or None.

    `report` is told after each scenario how many are done.
    """
    for done, number in enumerate(range(first_seed, first_seed + scenarios), start=1):
        data = random_scenario(number)
        if compare(data):
            small = shrink(data, lambda candidate: compare(candidate) is not None)
            return Disagreement(number, read.write(small), compare(small))
        report(done)
    return None


def shrink(data: Data, fails: Callable[[Data], bool]) -> Data:
    """The scenario made simpler for as long as it still fails: fewer parts, shorter, plainer."""
    while True:
        for candidate in _simpler(data):
            try:
                if fails(candidate):
                    data = candidate
                    break
            except FleetsimError:
                continue
        else:
            return data


def _simpler(data: Data) -> Iterator[Data]:
    """Scenarios a little simpler than this one."""
    seconds = float(data["horizon"].split()[0])
    if seconds > 0.05:
        yield {**data, "horizon": f"{seconds / 2} s"}
        yield {**data, "horizon": f"{seconds * 0.9:.3f} s"}
    for path, value in _leaves(data):
        plainer = _PLAINER.get(path[-1], ())
        for simple in plainer[: plainer.index(value)] if value in plainer else plainer:
            yield _with(data, path, simple)
    for name in list(data["workload"]["classes"])[1:]:
        smaller = copy.deepcopy(data)
        del smaller["workload"]["classes"][name]
        yield smaller


# For each key the plainest values first, so that a value is only ever made plainer.
_PLAINER: dict[str, tuple[Any, ...]] = {
    "replicas": (1, 2),
    "network": ("0 s",),
    "balancer": ("round_robin",),
    "per_token": ("0 s",),
    "per_context_token": ("0 s",),
    "per_token_pair": ("0 s",),
    "block_size": (1,),
    "accuracy": (1.0,),
    "samples": (1,),
    "drain": ("0 s",),
    "max_num_batched_tokens": (2048,),
    "prompt": (3,),
    "output": (1, 6),
    "clients": (1, 2),
    "ramp": ("0 s",),
}


def _leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, data
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, key))


def _with(data: Data, path: tuple[Any, ...], value: Any) -> Data:
    changed = copy.deepcopy(data)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed
