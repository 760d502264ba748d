"""How many calls a second the core simulates, against the reference engine in the same process.

    python benchmarks/core_speed.py --tasks 1000000 --replicas 8 --json
    python benchmarks/core_speed.py --tasks 200000 --workflow agent --core-only

Poisson arrivals, lognormal lengths (mean 555 in, 189 out), least_outstanding, Llama-3.1-8B on H100 at a steady
load. Compile time is given apart; all seconds are processor seconds of this one-threaded process, for the machine
may be shared. `--workflow`: `single` is one call a task; `cascade` a weak model, a check of its answer and, where that
fails, a strong model; `agent` eight calls a task on a conversation that grows and is kept. The last line with --json is
one JSON object. `calls_per_second` counts simulating, feeding tasks and gathering records;
`whole_run_calls_per_second` also making the tasks, sorting the records and checking the laws.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from fleetsim import planning
from fleetsim.engine.laws import assert_laws
from fleetsim.plan import Plan
from fleetsim.quality.answers import Quality
from fleetsim.records import Recorder
from fleetsim.scenario import loading, read
from fleetsim.tables import CALLS, JUDGED_DOMAINS, JUDGED_MODELS, LABELS, NODES, PROTOTYPES, Look, NodeKind
from fleetsim.workload import materialise

MEAN_OUTPUT_TOKENS = 189
TASKS_PER_S_AND_REPLICA = {"single": 12.0, "cascade": 8.0, "agent": 1.0}
AGENT_CALLS = 8


def make_nodes(*rows: dict) -> np.recarray:
    """Rows of NODES: what is not said is what a plain call has."""
    nodes = NODES.empty(len(rows))
    for column in ("other", "prompt_tokens", "prompt_limit", "output_tokens", "selector", "times_offset", "model"):
        nodes[column] = -1
    nodes.output_scale = nodes.weight = 1.0
    for number, row in enumerate(rows):
        for column, value in row.items():
            nodes[column][number] = value
    return nodes


def cascade(plan: Plan) -> Plan:
    """A weak model on half of the replicas, a check, and a strong model on the other half for what fails."""
    pools, call = plan.pools.copy(), {"kind": NodeKind.CALL, "solves": 1}
    pools.model = [0, 1]
    nodes = make_nodes(
        {**call, "pool": 0, "next": 1},
        {"kind": NodeKind.VERIFY, "look": Look.ANSWER, "next": 3, "other": 2, "separation": 2.0, "threshold": 1.0},
        {**call, "pool": 1, "next": 3},
        {"kind": NodeKind.END},
    )
    models, domains = JUDGED_MODELS.empty(2), JUDGED_DOMAINS.empty(1)
    models.family, models.rho_within, models.blank_share = [0, 1], 0.7, 0.1
    domains.unsolvable, domains.rho_family = 0.05, 0.1
    wrong = np.broadcast_to(np.linspace(0.1, 1.0, LABELS - 2), (1, PROTOTYPES, LABELS - 2)).copy()
    common = np.full((2, 1), 0.4), np.full((2, 1), 0.2)
    recorded = np.zeros((0, 0), np.int8), np.zeros((0, 2), np.int64)
    quality = Quality(models, domains, np.array([[0.3], [1.2]]), *common, wrong, *recorded)
    return dataclasses.replace(plan, pools=pools, nodes=nodes, quality=quality)


def agent(plan: Plan) -> Plan:
    """Calls with a tool's time between them; what was said before is kept at its replica while there is room."""
    pools, call = plan.pools.copy(), {"kind": NodeKind.CALL, "pool": 0, "context": 1, "keeps": 1}
    pools.caches = 1
    nodes = make_nodes(
        {"kind": NodeKind.LOOP, "next": 1, "other": 3, "limit": AGENT_CALLS},
        {**call, "next": 2, "added_tokens": 100},
        {"kind": NodeKind.DELAY, "next": 0, "times_offset": 0, "times_count": 4},
        {"kind": NodeKind.END},
    )
    times_ns = np.array([10**8, 3 * 10**8, 10**9, 3 * 10**9])
    return dataclasses.replace(plan, pools=pools, nodes=nodes, times_ns=times_ns)


WORKFLOWS = {"single": lambda plan: plan, "cascade": cascade, "agent": agent}


def scenario(tasks: int, replicas: int, longer: float, workflow: str) -> dict:
    """The benchmark's scenario: outputs `longer` times as long arrive as many times as seldom, so the load is one."""
    rate = TASKS_PER_S_AND_REPLICA[workflow] * replicas / longer
    sizes = {"weak": replicas - replicas // 2, "strong": replicas // 2} if workflow == "cascade" else {"all": replicas}
    return {
        "name": "core speed",
        "seed": 1,
        "horizon": f"{tasks / rate:.6f} s",
        "warm_up": "0 s",
        "workload": {
            "arrivals": {"kind": "poisson", "rate": f"{rate} per s"},
            "classes": {
                "chat": {
                    "prompt": {"kind": "lognormal", "mean": 555, "cv": 1.0},
                    "output": {"kind": "lognormal", "mean": MEAN_OUTPUT_TOKENS * longer, "cv": 0.8},
                }
            },
        },
        "architectures": {
            "one": {
                "pools": {
                    pool: {"model": "llama-3.1-8b", "hardware": "h100", "replicas": size}
                    for pool, size in sizes.items()
                },
                "workflow": {"kind": "single", "pool": next(iter(sizes))},
            }
        },
    }


def prepared(tasks: int, replicas: int, longer: float, workflow: str):
    """The plan and the workload of the benchmark."""
    text = read.write(scenario(tasks, replicas, longer, workflow))
    loaded = loading.accepted(read.parse(text, "benchmark"), "benchmark", Path.cwd(), text, {})
    horizon_ns = round(loaded.scenario.horizon_s * 1e9)
    workload = materialise(loaded.scenario.workload, seed=1, horizon_ns=horizon_ns, base=loaded.base)
    plan = planning.plan_architecture(loaded.scenario, "one", planning.equip(loaded), workload, 1)
    return WORKFLOWS[workflow](plan), workload


def time_core(
    tasks: int, replicas: int, longer: float = 1.0, *, workflow: str = "single", keep: bool = True
) -> dict[str, float]:
    """Simulate on the core; the seconds that simulating took, and all. `keep`: gather records and check the laws."""
    from fleetsim.engine.core import Core

    plan, workload = prepared(tasks, replicas, longer, workflow)
    recorder, final, calls = Recorder(), [], 0

    def drain(name: str, rows: np.recarray) -> None:
        nonlocal calls
        calls += len(rows) if rows.dtype == CALLS.dtype else 0
        if name == "final":
            final.append(rows.copy())
        elif keep:
            recorder.add(**{name: rows})

    began = time.process_time()
    making_s = 0.0

    def chunks():
        nonlocal making_s
        source = workload.chunks()
        while True:
            start = time.process_time()
            rows = next(source, None)
            making_s += time.process_time() - start
            if rows is None:
                return
            yield rows

    core = Core(plan, chunks(), drain)
    while core.slice():
        pass
    simulated_s = time.process_time() - began - making_s
    if keep:
        assert_laws(plan, recorder.finish(final[0]))
    whole_s = time.process_time() - began
    return {"calls": calls, "events": core.events, "seconds": simulated_s, "whole_seconds": whole_s}


def time_reference(tasks: int, replicas: int, workflow: str) -> dict[str, float]:
    """Simulate on the reference engine."""
    from fleetsim.engine.reference import simulate

    plan, workload = prepared(tasks, replicas, 1.0, workflow)
    rows = workload.tasks()
    began = time.process_time()
    outcome = simulate(plan, rows)
    return {"calls": len(outcome.calls), "seconds": time.process_time() - began}


def measure(tasks: int, replicas: int, rounds: int, workflow: str) -> dict[str, float]:
    """All figures; each speed is the best of `rounds` that alternate with the others."""
    began = time.process_time()
    time_core(200, replicas, workflow=workflow)
    compile_s = time.process_time() - began
    reference_tasks = max(100, min(2000, tasks))
    runs, longer, references = [], [], []
    for _ in range(rounds):
        runs.append(time_core(tasks, replicas, workflow=workflow))
        longer.append(time_core(tasks, replicas, longer=4.0, workflow=workflow))
        references.append(time_reference(reference_tasks, replicas, workflow))
    best, best_longer = (min(r, key=lambda x: x["seconds"]) for r in (runs, longer))
    reference = min(references, key=lambda x: x["seconds"])
    speed = best["calls"] / best["seconds"]
    return {
        "tasks": tasks,
        "replicas": replicas,
        "calls_per_second": speed,
        "whole_run_calls_per_second": best["calls"] / min(r["whole_seconds"] for r in runs),
        "events_per_second": best["events"] / best["seconds"],
        "reference_calls_per_second": reference["calls"] / reference["seconds"],
        "speedup": speed * reference["seconds"] / reference["calls"],
        "cost_ratio_outputs_4x": best_longer["seconds"] / best_longer["calls"] * speed,
        "compile_or_load_seconds": compile_s,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def main() -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--replicas", type=int, default=8)
    parser.add_argument("--workflow", choices=WORKFLOWS, default="single")
    parser.add_argument("--rounds", type=int, help="repeats, of which the best counts; 3, or 1 beyond 2 million tasks")
    parser.add_argument("--core-only", action="store_true", help="one run of the core, for memory at large --tasks")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    if options.core_only:
        run = time_core(options.tasks, options.replicas, workflow=options.workflow)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        figures = {"tasks": options.tasks, "calls_per_second": run["calls"] / run["seconds"], "peak_memory_bytes": peak}
    else:
        rounds = options.rounds or (3 if options.tasks <= 2_000_000 else 1)
        figures = measure(options.tasks, options.replicas, rounds, options.workflow)
    for name, value in figures.items():
        sys.stdout.write(f"{name:28s} {value:,.3f}\n" if isinstance(value, float) else f"{name:28s} {value:,}\n")
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
