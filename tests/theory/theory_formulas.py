"""Formulas of queueing theory that the oracles do not hold as rows."""

from __future__ import annotations


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
