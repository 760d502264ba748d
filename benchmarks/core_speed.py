"""How many calls a second the core simulates, against the reference engine in the same process.

    python benchmarks/core_speed.py --tasks 1000000 --replicas 8 --json

Poisson arrivals, lognormal lengths (mean 555 in, 189 out), least_outstanding, Llama-3.1-8B on H100 at a steady
load. Compile time is given apart; all seconds are processor seconds of this one-threaded process, for the machine
may be shared. The last line with --json is one JSON object. `calls_per_second` counts simulating, feeding tasks and
gathering records; `whole_run_calls_per_second` also making the tasks, sorting the records and checking the laws.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from fleetsim import planning
from fleetsim.engine.laws import assert_laws
from fleetsim.records import Recorder
from fleetsim.scenario import loading, read
from fleetsim.tables import CALLS
from fleetsim.workload import materialise

MEAN_OUTPUT_TOKENS = 189
TASKS_PER_S_AND_REPLICA = 12.0


def scenario(tasks: int, replicas: int, longer: float) -> dict:
    """The benchmark's scenario: outputs `longer` times as long arrive as many times as seldom, so the load is one."""
    rate = TASKS_PER_S_AND_REPLICA * replicas / longer
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
                "pools": {"all": {"model": "llama-3.1-8b", "hardware": "h100", "replicas": replicas}},
                "workflow": {"kind": "single", "pool": "all"},
            }
        },
    }


def prepared(tasks: int, replicas: int, longer: float):
    """The plan and the workload of the benchmark."""
    text = read.write(scenario(tasks, replicas, longer))
    loaded = loading.accepted(read.parse(text, "benchmark"), "benchmark", Path.cwd(), text, {})
    horizon_ns = round(loaded.scenario.horizon_s * 1e9)
    workload = materialise(loaded.scenario.workload, seed=1, horizon_ns=horizon_ns, base=loaded.base)
    return planning.plan_architecture(loaded.scenario, "one", planning.equip(loaded), workload, 1), workload


def time_core(tasks: int, replicas: int, longer: float = 1.0, *, keep: bool = True) -> dict[str, float]:
    """Simulate on the core; the seconds that simulating took, and all. `keep`: gather records and check the laws."""
    from fleetsim.engine.core import Core

    plan, workload = prepared(tasks, replicas, longer)
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


def time_reference(tasks: int, replicas: int) -> dict[str, float]:
    """Simulate on the reference engine."""
    from fleetsim.engine.reference import simulate

    plan, workload = prepared(tasks, replicas, 1.0)
    rows = workload.tasks()
    began = time.process_time()
    outcome = simulate(plan, rows)
    return {"calls": len(outcome.calls), "seconds": time.process_time() - began}


def measure(tasks: int, replicas: int, rounds: int) -> dict[str, float]:
    """All figures; each speed is the best of `rounds` that alternate with the others."""
    began = time.process_time()
    time_core(200, replicas)
    compile_s = time.process_time() - began
    reference_tasks = max(100, min(2000, tasks))
    runs, longer, references = [], [], []
    for _ in range(rounds):
        runs.append(time_core(tasks, replicas))
        longer.append(time_core(tasks, replicas, longer=4.0))
        references.append(time_reference(reference_tasks, replicas))
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
    parser.add_argument("--rounds", type=int, help="repeats, of which the best counts; 3, or 1 beyond 2 million tasks")
    parser.add_argument("--core-only", action="store_true", help="one run of the core, for memory at large --tasks")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    if options.core_only:
        run = time_core(options.tasks, options.replicas)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        figures = {"tasks": options.tasks, "calls_per_second": run["calls"] / run["seconds"], "peak_memory_bytes": peak}
    else:
        rounds = options.rounds or (3 if options.tasks <= 2_000_000 else 1)
        figures = measure(options.tasks, options.replicas, rounds)
    for name, value in figures.items():
        sys.stdout.write(f"{name:28s} {value:,.3f}\n" if isinstance(value, float) else f"{name:28s} {value:,}\n")
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
