"""Formulas of queueing theory that the oracles do not hold as rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np


def mmc_sojourn_s(lam: float, mu: float, slots: int) -> float:
    """Mean time in an M/M/c queue (Erlang 1917; Gross, Shortle, Thompson, Harris, section 2.3)."""
    load = lam / mu
    blocking = 1.0
    for k in range(1, slots + 1):
        blocking = load * blocking / (k + load * blocking)
    waits = blocking / (1 - load / slots * (1 - blocking))
    return waits / (slots * mu - lam) + 1 / mu


def marchal_lower_bound_s(lam: float, mean_s: float, cs2: float) -> float:
    """Least mean wait of any GI/G/1 queue (Marchal 1978; Gross, Shortle, Thompson, Harris, section 7.1)."""
    rho = lam * mean_s
    return (rho**2 * cs2 + rho * (rho - 2)) / (2 * lam * (1 - rho))


def priority_waits_s(rates: Sequence[float], means_s: Sequence[float], squares_s2: Sequence[float]) -> list[float]:
    """Mean waits in an M/G/1 queue with priorities that interrupt nobody, the most urgent class first.

    Rates, mean service times and their second moments by class (Cobham 1954; Kleinrock II, section 3.6).
    """
    loads = np.cumsum([0.0, *np.multiply(rates, means_s)])
    residual_s = np.dot(rates, squares_s2) / 2
    return [float(residual_s / ((1 - before) * (1 - after))) for before, after in pairwise(loads)]


def shortest_first_wait_s(rate: float, mean_steps: float, step_s: float) -> float:
    """Mean wait in an M/G/1 queue that serves the shortest first, service a geometric number of steps.

    Every size is a priority class of its own (Phipps 1956); sizes beyond 60 means are left out.
    """
    sizes = np.arange(1, int(60 * mean_steps))
    shares = (1 / mean_steps) * (1 - 1 / mean_steps) ** (sizes - 1)
    waits = priority_waits_s(rate * shares, sizes * step_s, (sizes * step_s) ** 2)
    return float(np.dot(shares, waits))
