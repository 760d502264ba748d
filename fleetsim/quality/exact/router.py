"""A router between two models that sees a noisy signal of the task."""

from __future__ import annotations

import math

import numpy as np

from fleetsim.quality.curves import apgr, cpt
from fleetsim.quality.exact.contract import abilities, form, grid, success


def gain_curve(
    weak: float, strong: float, rho: float, informed: float, *, advantage: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Share of calls that go to the strong model, and PGR there, as the threshold of the signal moves.

    The signal has correlation `informed` with how easy the task is for the weak model, or (`advantage`) with how much
    easier it is for the strong one.
    """
    if advantage:  # the hardest tasks for the weak model against the strong one go first
        with_strong = informed * math.sqrt((1.0 - rho) / 2.0)
        towards = (-with_strong, with_strong)
    else:
        towards = (-informed, -informed * rho)
    signal, weights = grid()
    signal, weights = signal[::-1], weights[::-1]
    low, high = abilities([weak, strong])
    gain = _given(high, towards[1], signal) - _given(low, towards[0], signal)
    share = np.cumsum(weights) - 0.5 * weights
    gained = (np.cumsum(gain * weights) - 0.5 * gain * weights) / (gain @ weights)
    return np.concatenate([[0.0], share, [1.0]]), np.concatenate([[0.0], gained, [1.0]])


def _given(ability: float, correlation: float, signal: np.ndarray) -> np.ndarray:
    """P(right | signal)."""
    return success(np.array([ability]), correlation**2, math.copysign(1.0, correlation) * signal)[0]


@form
def router(weak: float, strong: float, rho: float = 0.6, informed: float = 0.4, advantage: int = 0) -> dict[str, float]:
    """A difficulty threshold between two models: APGR and the strong calls needed for 50 and 80 % of the gain.

    `informed`: correlation of the signal with the task's ease for the weak model; with `advantage` 1, with how much
    easier it is for the strong one.
    """
    share, gained = gain_curve(weak, strong, rho, informed, advantage=bool(advantage))
    return {"APGR": apgr(share, gained), "CPT50": cpt(share, gained, 0.5), "CPT80": cpt(share, gained, 0.8)}
