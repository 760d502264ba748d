"""What several models make of one task: whether any is right, or most are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fleetsim.quality.exact.contract import abilities, form, grid, success


def counts(accuracy: Sequence[float], rho: float | Sequence[float], unsolvable: float = 0.0) -> np.ndarray:
    """float64[models + 1]: probabilities that so many of the models are right.

    Errors correlate by rho, or by what models have in common if there is one for each (`contract.correlation`).
    """
    factor, weights = grid()
    p = success(abilities(accuracy, unsolvable), rho, factor)
    given = np.zeros((len(p) + 1, len(factor)))
    given[0] = 1.0
    for model in p:
        given[1:] = given[1:] * (1.0 - model) + given[:-1] * model
        given[0] *= 1.0 - model
    found = (1.0 - unsolvable) * (given @ weights)
    found[0] += unsolvable
    return found


def pairs(ability: np.ndarray, rho: float | Sequence[float]) -> np.ndarray:
    """float64[model, model]: probabilities that both of two models are right, on tasks that can be solved."""
    factor, weights = grid()
    p = success(ability, rho, factor)
    return (p * weights) @ p.T


@form
def group(accuracy: tuple[float, ...], rho: float = 0.6, unsolvable: float = 0.0) -> dict[str, float]:
    """Models side by side: the share of tasks that any, most and all of them have right.

    `accuracy` of each, `rho` between them, `unsolvable` share of tasks.
    """
    right = counts(accuracy, rho, unsolvable)
    most = len(accuracy) // 2 + 1
    return {
        "any right": 1.0 - right[0],
        "most right": float(right[most:].sum()),
        "all right": float(right[-1]),
        "best alone": max(accuracy),
    }


@form
def escalation(weak: float, strong: float, rho: float = 0.6, unsolvable: float = 0.0) -> dict[str, float]:
    """The strong model on tasks that the weak one has wrong, and what an oracle between the two would have right."""
    rescued = rescue(weak, strong, rho, unsolvable)
    return {"strong right if weak wrong": rescued, "either right": weak + (1.0 - weak) * rescued}


def rescue(weak: float, strong: float, rho: float | Sequence[float], unsolvable: float = 0.0) -> float:
    """P(strong right | weak wrong); see `counts`."""
    both = (1.0 - unsolvable) * pairs(abilities([weak, strong], unsolvable), rho)[0, 1]
    return float((strong - both) / (1.0 - weak))
