"""Mixtures of experts: how many experts a step touches, and what the busiest rank has to do."""

from __future__ import annotations

import numpy as np


def experts_touched(tokens: np.ndarray, experts: int, active: int, evenness: float | None = None) -> np.ndarray:
    """Expected number of distinct experts that `tokens` tokens go to, each to `active` of `experts`.

    Balanced routing (no `evenness`): E * (1 - (1 - k/E)^n), exactly k for one token, all of them for many. Routers
    prefer some experts, and tokens that follow each other go to the same: with popularities that are gamma-distributed
    with shape `evenness`, the calls of an expert are negative binomial and E * (1 - (1 + nk / (E a))^-a) are touched.
    """
    if active >= experts:
        return experts * np.minimum(tokens, 1)
    balanced = experts * -np.expm1(tokens * np.log1p(-active / experts))
    if evenness is None:
        return balanced
    skewed = experts * -np.expm1(-evenness * np.log1p(tokens * active / (experts * evenness)))
    return np.minimum(np.maximum(skewed, active * np.minimum(tokens, 1)), balanced)


def busiest_share(tokens: np.ndarray, active: int, ranks: int, imbalance: float, chance: float = 1.0) -> np.ndarray:
    """Expert calls of the busiest of `ranks` expert-parallel ranks over the mean of all.

    Two causes: routers prefer some experts (`imbalance`, at any number of tokens), and few calls spread
    unevenly by chance: the largest of R Poisson counts of mean m lies near m + sqrt(2 m ln R).
    """
    if ranks == 1:
        return np.ones_like(tokens, dtype=float)
    mean = np.maximum(tokens, 1) * active / ranks
    return np.minimum(imbalance + chance * np.sqrt(2 * np.log(ranks) / mean), ranks)
