"""Ordinary scenarios, run as a user would run them: a scenario file is written, loaded, planned and simulated.

Time is told in seconds. A queue's service time is told in tokens: `STEP_S` a step, so that one second of work is
`TOKENS_PER_S` tokens. The core computes runs of steps in closed form, so fine steps cost nothing, and what a queue of
whole steps differs from one of continuous time is of the order of STEP_S over the mean service time.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fleetsim import engine, planning, scenario, units, workload
from fleetsim.plan import Plan
from fleetsim.records import Records
from fleetsim.tables import Status

TOKENS_PER_S = 100_000
STEP_S = 1 / TOKENS_PER_S
_CONTEXT = 2_000_000_000


def pool(*, base: str = "10 us", per_token: str = "0 s", slots: int = 1, **keys: object) -> dict:
    """A pool whose step of n tokens lasts base + n * per_token, with unlimited KV memory."""
    steps = {"base": base, "per_token": per_token, "context": _CONTEXT}
    return {"steps": steps, "max_num_seqs": slots, "block_size": 1} | keys


def job(output: object, **keys: object) -> dict:
    """A task class with a prompt of one token: a task of k output tokens is k steps of its replica."""
    return {"prompt": 1, "output": output} | keys


def exponential(mean_s: float) -> dict:
    """Lengths without memory."""
    return {"kind": "geometric", "mean": mean_s * TOKENS_PER_S}


def fixed(length_s: float) -> dict:
    """Lengths all alike."""
    return {"kind": "fixed", "tokens": length_s * TOKENS_PER_S}


def poisson(per_s: float) -> dict:
    """Poisson arrivals."""
    return {"kind": "poisson", "rate": f"{per_s} per s"}


def queue(arrivals: dict | None, classes: dict, *, horizon_s: float = 1000.0, **the_pool: object) -> dict:
    """One pool that answers everything; `classes` is one `job` or several by name."""
    return fleet(arrivals, classes, {"servers": pool(**the_pool)}, horizon_s=horizon_s)


def fleet(
    arrivals: dict | None,
    classes: dict,
    pools: dict,
    workflow: dict | None = None,
    *,
    horizon_s: float = 1000.0,
    samples: int = 1,
) -> dict:
    """A scenario with one architecture; without a workflow the first pool answers everything."""
    if "output" in classes:
        classes = {"job": classes}
    return {
        "name": "queue",
        "horizon": f"{horizon_s} s",
        "warm_up": "0 s",
        "drain": "20 d",
        "samples": samples,
        "workload": ({"arrivals": arrivals} if arrivals else {}) | {"classes": classes},
        "architectures": {
            "system": {"pools": pools, "workflow": workflow or {"kind": "single", "pool": next(iter(pools))}}
        },
    }


def seed_of(name: str) -> int:
    """A seed of its own for everything that has a name of its own."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


@dataclass(frozen=True)
class Run:
    """A scenario's plan and what came out of it."""

    plan: Plan
    records: Records
    facts: object  # metrics.contract.RunFacts


class Ready:
    """A loaded scenario with its step tables, to be run under many seeds."""

    def __init__(self, document: dict, folder: Path) -> None:
        path = Path(folder) / "scenario.yaml"
        path.write_text(json.dumps(document))  # JSON is YAML
        self.loaded = scenario.load(path)
        self.equipment = planning.equip(self.loaded)

    def run(self, seed: int, *, engine_name: str = "core") -> Run:
        """Simulate the scenario's first architecture."""
        spec = self.loaded.scenario
        name = next(iter(spec.architectures))
        horizon_ns = units.nanoseconds(spec.horizon_s)
        tasks = workload.materialise(spec.workload, seed=seed, horizon_ns=horizon_ns, base=self.loaded.base)
        plan = planning.plan_architecture(spec, name, self.equipment, tasks, seed)
        facts = planning.run_facts(spec, name, self.equipment, tasks, seed=seed, replicate=0, variation={})
        return Run(plan, engine.run(plan, tasks, engine=engine_name), facts)


def simulate(document: dict, seed: int = 1, folder: Path | None = None, *, engine_name: str = "core") -> Run:
    """Write, load and run one scenario; `folder` is where the files are that it names."""
    if folder is not None:
        return Ready(document, folder).run(seed, engine_name=engine_name)
    with tempfile.TemporaryDirectory() as own:
        return Ready(document, Path(own)).run(seed, engine_name=engine_name)


def all_finished(run: Run) -> bool:
    """Whether every task was answered in full."""
    return bool((run.records.tasks.status == Status.FINISHED).all())


def write_trace(path: Path, arrival_ns: np.ndarray, prompt: np.ndarray, output: np.ndarray) -> None:
    """A trace in fleetsim's own format; times are exact to the nanosecond below 10**6 s."""
    rows = zip(arrival_ns, prompt, output, strict=True)
    lines = [f"{t // 10**9}.{t % 10**9:09d},{p},{o}" for t, p, o in rows]
    path.write_text("arrival_s,prompt_tokens,output_tokens\n" + "\n".join(lines) + "\n")


def trace_classes() -> dict:
    """A class whose lengths the trace brings."""
    return {"job": {}}
