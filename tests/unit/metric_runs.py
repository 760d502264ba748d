"""One small run with numbers that are easy to add up, for tests of metrics.

Warm-up 1 s, horizon 11 s: a window of 10 s. Pool big has two replicas, pool small one that idles.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fleetsim.metrics.contract import ClassFacts, Figure, PoolFacts, RunFacts
from fleetsim.records import Records
from fleetsim.records.run_log import RunLog
from fleetsim.tables import CALLS, RUNS, SAMPLES, TASK_RECORDS, UNLIMITED_BLOCKS, Status

MS = 1_000_000


def a_pool(name: str, first_replica: int, replicas: int, **changed: object) -> PoolFacts:
    pool = PoolFacts(
        name=name,
        model="a model",
        hardware="a device",
        replicas=replicas,
        first_replica=first_replica,
        accelerators=1,
        usd_per_s=0.001,
        price_note="",
        idle_w=100.0,
        prefill_w=700.0,
        decode_w=500.0,
        kv_blocks=10,
        block_tokens=16,
        max_num_seqs=8,
        basis="given",
        pue=1.5,
        carbon_g_per_kwh=360.0,
    )
    return replace(pool, **changed)


def some_facts(**changed: object) -> RunFacts:
    facts = RunFacts(
        arm="an arm",
        architecture="an arm",
        description="",
        variation=(),
        replicate=0,
        seed=1,
        horizon_s=11.0,
        warm_up_s=1.0,
        pools=(a_pool("big", 0, 2), a_pool("small", 2, 1, usd_per_s=0.002, idle_w=50.0, kv_blocks=UNLIMITED_BLOCKS)),
        classes=(ClassFacts("chat", ttft_s=0.35, tpot_s=0.15), ClassFacts("code", tpot_s=0.001, e2e_s=1.0)),
        domains=("any",),
        attainment_goal=0.99,
    )
    return replace(facts, **changed)


def some_tasks() -> np.recarray:
    """In ms: task, class, prompt, output, status, arrival, first token, finish."""
    rows = [
        (0, 0, 100, 15, Status.FINISHED, 500, 600, 2_000),  # arrived in the warm-up, ended behind it
        (1, 0, 10, 5, Status.FINISHED, 1_000, 1_100, 1_500),  # ttft 100, tpot 100, e2e 500
        (2, 0, 20, 3, Status.FINISHED, 2_000, 2_300, 2_700),  # ttft 300, tpot 200, e2e 700: tpot too long
        (3, 1, 30, 1, Status.FINISHED, 3_000, 3_400, 3_400),  # ttft 400, one token, e2e 400
        (4, 1, 999, 0, Status.REFUSED_CONTEXT, 4_000, -1, 4_001),
        (5, 0, 50, 90, Status.IN_FLIGHT, 5_000, 5_100, -1),
        (6, 1, 60, 4, Status.CUT, 10_500, 10_800, 12_000),  # ttft 300, tpot 400, e2e 1,500: too long
    ]
    tasks = TASK_RECORDS.empty(len(rows))
    for place, (task, class_id, prompt, output, status, *times_ms) in enumerate(rows):
        times_ns = [t * MS if t >= 0 else -1 for t in times_ms]
        tasks[place] = (task, class_id, 0, 0, 1, 0, prompt, output, status, -1, 0, *times_ns)
    tasks.preemptions[2] = 2
    return tasks


def some_calls(tasks: np.recarray) -> np.recarray:
    """One call a task at pool big, sent at its arrival, delivered 1 ms and admitted 3 + task ms later."""
    calls = CALLS.empty(len(tasks))
    for name in ("task", "prompt_tokens", "output_tokens", "status", "first_token_ns", "finish_ns", "preemptions"):
        calls[name] = tasks[name]
    calls.sent_ns, calls.queued_ns = tasks.arrival_ns, tasks.arrival_ns + MS
    calls.admitted_ns = tasks.arrival_ns + (3 + tasks.task) * MS
    calls.admitted_ns[tasks.status == Status.REFUSED_CONTEXT] = -1
    return calls


def some_samples() -> tuple[np.recarray, np.recarray]:
    """Samples at 0, 1, 6 and 11 s and the final ones at 12 s."""
    samples, final = SAMPLES.empty(12), SAMPLES.empty(3)
    samples.time_ns, samples.replica = np.repeat([0, 1_000, 6_000, 11_000], 3) * MS, np.tile([0, 1, 2], 4)
    final.time_ns, final.replica = 12_000 * MS, [0, 1, 2]
    grid = samples.reshape(4, 3)
    grid.running[:, 0], grid.running[:, 1] = [0, 2, 4, 0], [0, 0, 1, 1]
    grid.waiting[:, 0], grid.waiting[:, 1] = [9, 1, 3, 0], [0, 0, 0, 2]
    grid.kv_blocks[:, 0], grid.kv_blocks[:, 1] = [0, 5, 10, 0], [0, 0, 2, 1]
    grid.prefill_ns[:, 0] = np.array([0, 500, 1_500, 2_500]) * MS  # 2 s in the window
    grid.decode_ns[:, 0], grid.decode_ns[:, 1] = (
        np.array([[0, 500, 2_500, 3_500], [0, 0, 4_000, 4_000]]) * MS
    )  # 3 s, 4 s
    grid.output_tokens[:, 0], grid.output_tokens[:, 1] = [0, 10, 100, 210], [0, 0, 90, 100]
    grid.prefill_tokens[:, 0] = [0, 0, 1_000, 1_000]
    return samples, final


def some_runs() -> RunLog:
    """In the window: gaps 10 10 10 10 20 20 ms at replica 0; 40 ms at replica 1. Before it one of 500 ms."""
    rows = RUNS.empty(4)
    rows[0] = (0, 500.0 * MS, 0.0, 0, 1, 1, 0)
    rows[1] = (1_000 * MS, 10.0 * MS, 0.0, 0, 2, 2, 0)
    rows[2] = (2_000 * MS, 20.0 * MS, 0.0, 0, 1, 2, 0)
    rows[3] = (10_970 * MS, 40.0 * MS, 0.0, 1, 1, 1, 0)  # emitted at 11.01 s: behind the horizon
    log = RunLog()
    log.add(rows)
    rows[3] = (5_000 * MS, 40.0 * MS, 0.0, 1, 1, 1, 0)
    log.add(rows[3:])
    return log


def some_records(**changed: object) -> Records:
    tasks = some_tasks()
    samples, final = some_samples()
    return replace(Records(some_calls(tasks), tasks, some_runs(), samples, final), **changed)


def no_records(replicas: int = 3) -> Records:
    final = SAMPLES.empty(replicas)
    final.replica = np.arange(replicas)
    return Records(CALLS.empty(0), TASK_RECORDS.empty(0), RunLog(), SAMPLES.empty(0), final)


def by_name(figures: list[Figure]) -> dict[tuple[str, str], float]:
    """Values by (name, scope)."""
    return {(figure.name, figure.scope): figure.value for figure in figures}
