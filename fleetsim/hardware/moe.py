"""Mixtures of experts: how many experts a step touches, and what the busiest rank has to do."""

from __future__ import annotations

import numpy as np


def experts_touched(tokens: np.ndarray, experts: int, active: int) -> np.ndarray:
    """Expected number of distinct experts that `tokens` tokens go to, each to `active` of `experts` at random.

    E * (1 - (1 - k/E)^n): exactly k for one token, all of them for many.
    """
    return (
        experts * -np.expm1(tokens * np.log1p(-active / experts))
        if active < experts
        else experts * np.minimum(tokens, 1)
    )


def busiest_share(tokens: np.ndarray, active: int, ranks: int, imbalance: float) -> np.ndarray:
    """Expert calls of the busiest of `ranks` expert-parallel ranks over the mean of all.

    Two causes: routers prefer some experts (`imbalance`, at any number of tokens), and few calls spread
    unevenly by chance: the largest of R Poisson counts of mean m lies near m + sqrt(2 m ln R).
    """
    if ranks == 1:
        return np.ones_like(tokens, dtype=float)
    mean = np.maximum(tokens, 1) * active / ranks
    return np.minimum(imbalance + np.sqrt(2 * np.log(ranks) / mean), ranks)
