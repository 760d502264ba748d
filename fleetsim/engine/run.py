"""Running an engine: rows are fed, records gathered, the laws checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from fleetsim.engine.laws import assert_laws
from fleetsim.errors import EngineFault
from fleetsim.plan import Plan
from fleetsim.records import Recorder, Records
from fleetsim.tables import REFUSAL_NS, TASKS

ENGINES = ("core", "reference")

Progress = Callable[[float], None]
"""Told now and then which share of the horizon is done."""


class Tasks(Protocol):
    """Where the rows of tables.TASKS come from, in order."""

    def chunks(self) -> Iterator[np.recarray]:
        """Blocks of rows; in a closed loop whole rounds, without end."""


def run(plan: Plan, tasks: Tasks, *, engine: str = "core", progress: Progress | None = None) -> Records:
    """Simulate a plan and assert the laws on what came out.

    Raises EngineFault if a rule breaks its contract (a balancer leaves its pool, say) or a law is broken.
    """
    if engine not in ENGINES:
        raise EngineFault(f"no engine {engine!r}; write one of {', '.join(ENGINES)}")
    records = (_run_core if engine == "core" else _run_reference)(plan, tasks, progress)
    assert_laws(plan, records)
    return records


def _run_core(plan: Plan, tasks: Tasks, progress: Progress | None) -> Records:
    from fleetsim.engine.core import Core

    recorder, final = Recorder(), []

    def drain(name: str, rows: np.recarray) -> None:
        if name == "final":
            final.append(rows.copy())
        else:
            recorder.add(**{name: rows})

    core = Core(plan, tasks.chunks(), drain)
    while core.slice():
        if progress is not None:
            progress(min(1.0, core.now_ns / plan.horizon_ns))
    return recorder.finish(final[0])


def _run_reference(plan: Plan, tasks: Tasks, progress: Progress | None) -> Records:
    from fleetsim.engine.reference import simulate

    outcome = simulate(plan, _enough(plan, tasks))
    recorder = Recorder()
    recorder.add(calls=outcome.calls, tasks=outcome.tasks, runs=outcome.runs, samples=outcome.samples)
    if progress is not None:
        progress(1.0)
    return recorder.finish(outcome.final)


def _enough(plan: Plan, tasks: Tasks) -> np.recarray:
    """All rows; in a closed loop as many rounds as the quickest client could possibly get through."""
    if not plan.clients:
        parts = [rows for rows in tasks.chunks() if len(rows)]
        return np.concatenate(parts).view(np.recarray) if parts else TASKS.empty(0)
    parts, rows, thought_ns = [], 0, np.zeros(plan.clients, np.int64)
    least_ns = _least_ns(plan)  # every way through a workflow makes a call; then comes the client's pause
    for block in tasks.chunks():
        parts.append(block)
        rows += len(block)
        rounds = block.think_ns.reshape(-1, plan.clients)
        thought_ns += rounds.sum(axis=0) + least_ns * len(rounds)
        if thought_ns.min() >= plan.horizon_ns:
            break
    return np.concatenate(parts).view(np.recarray)


def _least_ns(plan: Plan) -> int:
    """What a task takes its client at least: a refusal, the shortest step or the first token of an endpoint."""
    calls_ns = [REFUSAL_NS, *plan.base_ns[plan.base_ns > 0]]
    for pool in plan.pools[plan.pools.endpoint == 1]:
        calls_ns += plan.times_ns[pool.ttft_offset : pool.ttft_offset + pool.ttft_count].tolist()
    return max(1, int(min(calls_ns)))
