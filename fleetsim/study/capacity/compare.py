"""Which of several fleets is best in a figure that only simulation can tell: selection with a stated error.

Kim and Nelson, "A fully sequential procedure for indifference-zone selection in simulation", ACM TOMACS 11(3), 2001,
with c = 1: fleets are dropped as soon as another, under the same luck, is clearly better.
"""

from __future__ import annotations

import numpy as np

from fleetsim.study.capacity.bench import Bench, Fleet
from fleetsim.study.capacity.question import Question

_INDIFFERENT = 0.02
"""Fleets whose figures differ by less than this share of the least are ties."""


def best_of(bench: Bench, rivals: list[Fleet], question: Question, error: float) -> Fleet:
    """The rival with the best objective, but for a probability of `error` and ties of 2 %; of ties the cheapest."""
    objective = question.block.objective
    sign = 1.0 if question.objective.better == "higher" else -1.0
    left, runs = list(rivals), bench.first_runs
    while True:
        rows = bench.together(left, runs)
        values = sign * np.array([[r.value(objective.figure, objective.scope) for r in row] for row in rows])
        values = np.where(np.isfinite(values), values, -np.inf)
        kept = survivors(values, bench.first_runs, error, len(rivals))
        left = [fleet for fleet, keep in zip(left, kept, strict=True) if keep]
        if len(left) == 1 or runs >= bench.most_runs:
            break
        runs = min(bench.most_runs, runs + max(1, runs // 2))
    return min(left, key=lambda f: (bench_price(question, f), f))


def bench_price(question: Question, fleet: Fleet) -> float:
    """Dollars an hour."""
    return float(question.space.variants[fleet.variant].usd_per_hour[fleet.index])


def survivors(values: np.ndarray, first_runs: int, error: float, rivals: int) -> np.ndarray:
    """bool[rivals]: which of values[rival, run] (more is better) may still be the best of `rivals`."""
    count, runs = values.shape
    means = values.mean(axis=1)
    usable = np.isfinite(means)
    if not usable.any() or rivals < 2:
        return np.ones(count, bool)
    zone = _INDIFFERENT * float(np.abs(means[usable]).min()) or 1e-12
    freedom = first_runs - 1
    spread = ((2 * error / (rivals - 1)) ** (-2 / freedom) - 1) * freedom  # h^2
    kept = usable.copy()
    for one in np.flatnonzero(usable):
        for other in np.flatnonzero(usable):
            variance = float(np.var(values[one, :first_runs] - values[other, :first_runs], ddof=1))
            apart = max(0.0, zone / (2 * runs) * (spread * variance / zone**2 - runs))
            if means[one] < means[other] - apart:
                kept[one] = False
                break
    return kept
