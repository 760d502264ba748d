"""Which of several fleets is best in a figure that only simulation can tell: selection with a stated error."""

from __future__ import annotations

import math

import numpy as np

from fleetsim.statistics import Selection
from fleetsim.study.capacity.bench import Bench, Fleet
from fleetsim.study.capacity.question import Question

INDIFFERENT = 0.02
"""Fleets whose figures differ by less than this share of the best are ties."""


def best_of(bench: Bench, rivals: list[Fleet], question: Question, error: float) -> Fleet:
    """The rival with the best objective under the same luck, but for a probability of `error` and ties of 2 %.

    Fleets without the figure are out of the contest. Where runs run out, the best mean so far.
    """
    objective = question.block.objective

    def values(fleets: list[Fleet], first: int, count: int) -> dict[str, list[float]]:
        rows = bench.together(fleets, count, first)
        return {
            str(rivals.index(fleet)): [result.value(objective.figure, objective.scope) for result in row]
            for fleet, row in zip(fleets, rows, strict=True)
        }

    first = values(rivals, 0, bench.first_runs)
    known = {name: row for name, row in first.items() if all(map(math.isfinite, row))}
    if len(known) < 2:
        return rivals[int(next(iter(known)))] if known else rivals[0]
    means = [abs(float(np.mean(row))) for row in known.values()]
    contest = Selection(known, INDIFFERENT * (min(means) or 1.0), error=error, better=question.objective.better)
    while not contest.decided and contest.runs < bench.most_runs:
        left = [rivals[int(name)] for name in contest.contenders]
        batch = min(max(4, contest.runs // 2), bench.most_runs - contest.runs)
        found = values(left, contest.runs, batch)
        for k in range(batch):
            if not contest.decided:
                contest.add({name: row[k] for name, row in found.items() if name in contest.contenders})
    return rivals[int(contest.best)]
