"""Cascades: models in a row, each asked if a judge refuses the answer before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fleetsim.errors import FleetsimError
from fleetsim.quality.exact.contract import abilities, form, grid, success


class Chain(NamedTuple):
    """What a cascade makes of tasks."""

    right: float  # share of right answers
    asked: np.ndarray  # float64[model]: share of tasks that reach it
    lengths: np.ndarray  # float64[model]: mean length of its answers, over that of all tasks
    cost: float


def cascade_of(
    accuracy: Sequence[float],
    rho: float | Sequence[float],
    judge_error: float,
    cost: Sequence[float],
    unsolvable: float = 0.0,
    sigma: float = 0.45,
    kappa: float = 0.38,
) -> Chain:
    """Models in order; a judge takes a right answer for wrong, and a wrong one for right, with `judge_error`.

    The last model's answer is taken as it is. Answers cost more where tasks are hard: the log of their length has
    standard deviation sigma and correlation kappa with difficulty. One rho for all, or one for each (`groups.counts`).
    """
    factor, weights = grid()
    p = success(abilities(accuracy, unsolvable), rho, factor)
    share = np.broadcast_to(np.asarray(rho, np.float64), len(p))[:, None]
    loading = np.copysign(np.sqrt(np.abs(share)), share)
    long = np.exp(-sigma * kappa * loading * factor - 0.5 * np.abs(share) * (sigma * kappa) ** 2)
    asked, lengths, right, total = np.zeros(len(p)), np.zeros(len(p)), 0.0, 0.0
    for solvable, part in ((1.0, 1.0 - unsolvable), (0.0, unsolvable)):
        if part == 0.0:
            continue
        reach = np.ones_like(factor)
        for m, model in enumerate(p * solvable):
            asked[m] += part * (reach @ weights)
            lengths[m] += part * ((reach * long[m]) @ weights)
            total += part * cost[m] * ((reach * long[m]) @ weights)
            taken = 1.0 if m == len(p) - 1 else 1.0 - judge_error
            right += part * ((reach * model * taken) @ weights)
            reach = reach * (model * judge_error + (1.0 - model) * (1.0 - judge_error))
    return Chain(float(right), asked, lengths / np.maximum(asked, 1e-300), float(total))


@form
def cascade(
    accuracy: tuple[float, ...],
    cost: tuple[float, ...],
    rho: float = 0.6,
    judge_error: float = 0.1,
    unsolvable: float = 0.0,
    sigma: float = 0.45,
    kappa: float = 0.38,
) -> dict[str, float]:
    """Models in a row, each asked if a judge refuses the answer before: right answers, cost, share that goes on."""
    if len(cost) != len(accuracy):
        raise FleetsimError(f"{len(accuracy)} models with {len(cost)} costs; write one cost a model")
    found = cascade_of(accuracy, rho, judge_error, cost, unsolvable, sigma, kappa)
    shares = {f"asked {m}": float(share) for m, share in enumerate(found.asked, 1)}
    return {"right": found.right, "cost": found.cost, **shares}
