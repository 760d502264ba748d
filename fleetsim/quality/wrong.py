"""Wrong answers: how they spread over the ones there are, so that two wrong answers agree as often as they do.

Each task has its own distribution W over the K wrong answers, drawn from a symmetric Dirichlet law. Two wrong answers
are the same with probability E[sum W^2] = (1 + alpha) / (1 + K alpha), hence alpha = (1 - c) / (K c - 1).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from fleetsim.luck import Stream, uniforms
from fleetsim.tables import LABELS, PROTOTYPES


def concentration(same_wrong: float, options: int) -> float:
    """The Dirichlet alpha at which two of `options` wrong answers are the same with probability `same_wrong`.

    0: each task has one wrong answer; inf: all are equally likely.
    """
    over = options * same_wrong - 1.0
    return (1.0 - same_wrong) / over if over > 0.0 else float("inf")


@cache
def wrong_shares(same_wrong: float, options: int) -> np.ndarray:
    """float64[PROTOTYPES, LABELS - 2]: shares of the wrong answers, added up, of tasks of PROTOTYPES kinds.

    The concentration is moved from the formula's so that the share of pairs that agree, over these prototypes alone, is
    `same_wrong` to the last digits: the prototypes are a sample, the figure is not.
    """
    from scipy.optimize import brentq

    shares = np.zeros((PROTOTYPES, LABELS - 2))
    alpha = concentration(same_wrong, options)
    if not 1e-6 < alpha < 1e6:
        if alpha < 1.0:
            one = np.arange(PROTOTYPES) % options
            shares[np.arange(PROTOTYPES), one] = 1.0
        else:
            shares[:, :options] = 1.0 / options
    else:
        found = brentq(lambda a: _agreeing(_dirichlet(a, options)) - same_wrong, alpha / 10, alpha * 10, xtol=1e-12)
        shares[:, :options] = _dirichlet(found, options)
    added = np.cumsum(shares, axis=1)
    added.setflags(write=False)
    return added


def _agreeing(shares: np.ndarray) -> float:
    return float((shares**2).sum(axis=1).mean())


@cache
def _luck(options: int) -> tuple[np.ndarray, np.ndarray]:
    """Two uniform draws for each prototype and option; the same for every seed."""
    draws = [
        np.stack([uniforms(0, int(Stream.WRONG), 0, PROTOTYPES, option, which) for option in range(options)], axis=1)
        for which in (0, 1)
    ]
    return draws[0], draws[1]


def _dirichlet(alpha: float, options: int) -> np.ndarray:
    """float64[PROTOTYPES, options]: gamma variables over their sum, by quantiles, in logs so that none is lost.

    Gamma(a) is Gamma(a + 1) * U^(1/a) (Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS
    26 (2000), section 6).
    """
    from scipy.special import gammaincinv

    first, second = _luck(options)
    logs = np.log(gammaincinv(alpha + 1.0, first)) + np.log(second) / alpha
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
