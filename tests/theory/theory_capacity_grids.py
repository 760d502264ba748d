"""Capacity questions whose answer is known by simulating every fleet there is, on small grids of real machines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from theory_runs import seed_of

from fleetsim import scenario
from fleetsim.study.capacity import CapacityAnswer, capacity
from fleetsim.study.capacity.bench import Bench, Fleet
from fleetsim.study.capacity.feasibility import LimitTest
from fleetsim.study.capacity.question import Question, question_of
from fleetsim.study.sweep import run_points

RUNS = 24
"""Runs of every fleet of a full grid."""


@dataclass(frozen=True)
class Grid:
    """A question on real machines."""

    name: str
    pools: dict
    variables: dict
    constraint: dict
    rate: float
    output: int = 150

    def document(self, seed_name: str) -> dict:
        """The scenario."""
        return {
            "name": "grid",
            "horizon": "120 s",
            "warm_up": "20 s",
            "seed": seed_of(seed_name),
            "workload": {
                "arrivals": {"kind": "poisson", "rate": f"{self.rate} per s"},
                "classes": {
                    "chat": {
                        "prompt": {"kind": "lognormal", "mean": 400, "cv": 1.0, "max": 4000},
                        "output": {"kind": "geometric", "mean": self.output},
                        "slo": {"ttft": "1 s", "tpot": "80 ms"},
                    }
                },
            },
            "architectures": {
                name: {"pools": {name: keys}, "workflow": {"kind": "single", "pool": name}}
                for name, keys in self.pools.items()
            },
            "capacity": {"variables": self.variables, "constraints": [self.constraint]},
        }

    def load(self, folder: Path, seed_name: str) -> scenario.Loaded:
        """The scenario as a file, loaded."""
        path = Path(folder) / "grid.yaml"
        path.write_text(json.dumps(self.document(seed_name)))
        return scenario.load(path)

    def truth(self, folder: Path) -> Truth:
        """Every fleet simulated RUNS times, under luck that no search sees."""
        question = question_of(self.load(folder, f"full grid of {self.name}"), lambda text: None)
        block, variants = question.block, question.space.variants
        bench = Bench(
            variants,
            question.constraints,
            lambda points: run_points(points, workers=1),
            failures=0,
            first_runs=block.first_runs,
            most_runs=block.most_runs,
            steering=question.steering,
        )
        rows = []
        for number, variant in enumerate(variants):
            for index in variant.indices():
                values = bench.values(bench.results(Fleet(number, index), RUNS), question.constraints[0])
                rows.append((float(variant.usd_per_hour[index]), float(np.mean(_test(question).slack(values)))))
        return Truth(tuple(rows), _test(question).tolerance)

    def ask(self, folder: Path, repeat: int) -> CapacityAnswer:
        """Have the search answer it."""
        return capacity(self.load(folder, f"search {self.name} {repeat}"), more=False)


def _test(question: Question) -> LimitTest:
    constraint = question.constraints[0]
    share = question.surveys[0].figures[constraint.figure, constraint.scope].unit == "share"
    return LimitTest.of(constraint, share, 0.05, question.block.first_runs)


@dataclass(frozen=True)
class Truth:
    """Price and mean slack of every fleet."""

    fleets: tuple[tuple[float, float], ...]
    tolerance: float

    def right(self, answer: CapacityAnswer) -> bool:
        """Whether the answer keeps the limit, or nearly, and no cheaper fleet surely does."""
        if answer.answer is None:
            return all(slack < self.tolerance for _, slack in self.fleets)
        price = answer.answer.usd_per_hour
        own = max((slack for usd, slack in self.fleets if abs(usd - price) < 1e-6), default=-np.inf)
        return own > -self.tolerance and all(s < self.tolerance for usd, s in self.fleets if usd < price - 1e-6)


def _pool(hardware: str) -> dict:
    return {"model": "llama-3.1-8b", "hardware": hardware, "replicas": 1}


def _replicas(name: str) -> str:
    return f"architectures.{name}.pools.{name}.replicas"


GRIDS = (
    Grid(
        "L4 by batch",
        {"l4": _pool("l4")},
        {_replicas("l4"): "1:12", "architectures.l4.pools.l4.max_num_seqs": [4, 8, 16, 32]},
        {"figure": "slo_attainment", "at_least": "95 %", "tolerance": 0.01},
        4.0,
    ),
    Grid(
        "three machines",
        {"l4": _pool("l4"), "l40s": _pool("l40s"), "a100": _pool("a100-80")},
        {_replicas("l4"): "1:24", _replicas("l40s"): "1:12", _replicas("a100"): "1:12"},
        {"figure": "slo_attainment", "at_least": "97 %", "tolerance": 0.005},
        10.0,
    ),
    Grid(
        "A100 by tensor parallelism",
        {"a100": _pool("a100-80")},
        {_replicas("a100"): "1:16", "architectures.a100.pools.a100.tp": [1, 2, 4]},
        {"figure": "e2e_p99", "at_most": "12 s", "tolerance": 400},
        16.0,
        300,
    ),
)
