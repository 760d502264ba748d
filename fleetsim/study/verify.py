"""Holding the core to the reference: random scenarios on both engines, every record equal to the nanosecond."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fleetsim import engine, planning
from fleetsim.errors import EngineFault, FleetsimError
from fleetsim.plan import Plan
from fleetsim.records import Records
from fleetsim.scenario import loading, read
from fleetsim.study.random_scenarios import Data, random_scenario
from fleetsim.units import nanoseconds
from fleetsim.workload import Workload, materialise

_TIMES = {
    "calls": ("sent_ns", "queued_ns", "admitted_ns", "first_token_ns", "transferred_ns", "finish_ns"),
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
    time_ns: int | None = None  # when the difference came to be; None: it is of the whole run

    def __str__(self) -> str:
        when = "" if self.time_ns is None else f", at {self.time_ns / 1e9:.9f} s"
        place = f"{self.table}[{self.where}]" if self.where else self.table
        return f"{place}.{self.column}: core {self.core}, reference {self.reference}{when}"


@dataclass(frozen=True)
class Disagreement:
    """A scenario on which the engines differ, made as small as it would go."""

    number: int
    scenario: str  # YAML
    difference: Difference


def compare(data: Data) -> Difference | None:
    """Run a scenario (the data of its file) on both engines; the earliest difference or a broken law, or None.

    Raises InputFaults if the scenario is faulty.
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
        core, reference = (_outcome(plan, tasks, each) for each in engine.ENGINES)
        if isinstance(core, str) or isinstance(reference, str):
            verdicts = (records if isinstance(records, str) else "held" for records in (core, reference))
            return Difference("run", "", "laws", *verdicts)
        found = first_difference(core, reference)
        if found:
            return found
    return None


def _outcome(plan: Plan, tasks: Workload, name: str) -> Records | str:
    """What an engine made of it: its records, or the words of the law that it broke."""
    try:
        return engine.run(plan, tasks, engine=name)
    except EngineFault as fault:
        return str(fault)


def first_difference(core: Records, reference: Records) -> Difference | None:
    """The difference that happened earliest in simulated time, over all tables; None if all are equal."""
    found: list[Difference] = []
    for table in _TIMES:
        ours, theirs = _rows(core, table), _rows(reference, table)
        if len(ours) != len(theirs):
            found.append(Difference(table, "", "rows", len(ours), len(theirs)))
        elif not np.array_equal(ours, theirs):
            found += _differences(table, ours, theirs)
    return min(found, key=lambda each: math.inf if each.time_ns is None else each.time_ns, default=None)


def _rows(records: Records, table: str) -> np.recarray:
    if table != "runs":
        return getattr(records, table)
    rows = records.runs.rows
    return rows[np.lexsort((rows.first_ns, rows.kind, rows.start_ns, rows.replica))]


def _differences(table: str, ours: np.recarray, theirs: np.recarray) -> Iterator[Difference]:
    """For each row that differs its first column that does."""
    for row in np.flatnonzero(ours != theirs)[:1000]:
        columns = [name for name in ours.dtype.names if ours[name][row] != theirs[name][row]]
        where = ", ".join(f"{key} {ours[key][row]}" for key in _KEYS.get(table, ("replica",)))
        core, reference = (rows[columns[0]][row] for rows in (ours, theirs))
        yield Difference(table, where, columns[0], core, reference, _moment(table, columns, ours[row], theirs[row]))


def _moment(table: str, columns: list[str], ours: np.record, theirs: np.record) -> int:
    """When two rows part: at the first time in which they differ, or else after all that they have in common."""
    apart = [time for time in _TIMES[table] if time in columns]
    times = [int(row[name]) for row in (ours, theirs) for name in apart or _TIMES[table] if row[name] >= 0]
    return min(times) if apart else max(times)


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
    """Scenarios a little simpler than this one, those that leave most out first."""
    pools, workflow = _at(data, _POOLS), _at(data, _WORKFLOW)
    for place in (_CLASSES, _POOLS):
        for name in _at(data, place):
            yield _without(data, (*place, name))
    for name, pool in pools.items():
        if workflow["kind"] != "single":
            yield _with(data, _ARCHITECTURE, {"pools": {name: pool}, "workflow": {"kind": "single", "pool": name}})
    if _at(data, _ARCHITECTURE).get("changes"):
        yield _without(data, (*_ARCHITECTURE, "changes"))
    seconds = float(data["horizon"].split()[0])
    if seconds > 0.05:
        yield {**data, "horizon": f"{seconds / 2} s"}
        yield {**data, "horizon": f"{seconds * 0.9:.3f} s"}
    for path, value in _leaves(data):
        plainer = _PLAINER.get(path[-1], ())
        for simple in plainer[: plainer.index(value)] if value in plainer else plainer:
            yield _with(data, path, simple)
    for path, _ in _leaves(pools):
        if len(path) > 1 and path[-1] not in _PLAINER:
            yield _without(data, (*_POOLS, *path))


_CLASSES = ("workload", "classes")
_ARCHITECTURE = ("architectures", "under_test")
_POOLS = (*_ARCHITECTURE, "pools")
_WORKFLOW = (*_ARCHITECTURE, "workflow")

# For each key the plainest values first, so that a value is only ever made plainer.
_PLAINER: dict[str, tuple[Any, ...]] = {
    "replicas": (1, 2),
    "network": ("0 s",),
    "balancer": ("round_robin",),
    "queue_order": ("first_come",),
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
    "arrivals": ({"kind": "constant", "rate": "20 per s"},),
}


def _leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, data
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, key))


def _at(data: Data, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _with(data: Data, path: tuple[Any, ...], value: Any) -> Data:
    changed = copy.deepcopy(data)
    _at(changed, path[:-1])[path[-1]] = value
    return changed


def _without(data: Data, path: tuple[Any, ...]) -> Data:
    changed = copy.deepcopy(data)
    del _at(changed, path[:-1])[path[-1]]
    return changed
