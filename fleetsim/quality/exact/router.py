"""A router between two models that sees a noisy signal of the task."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fleetsim.quality.curves import apgr, cpt
from fleetsim.quality.exact.contract import abilities, form, grid, success


def gain_curve(
    weak: Sequence[float], strong: Sequence[float], share: Sequence[float], rho: float, informed: float, advantage: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Share of calls that go to the strong model, and PGR there, as the threshold of the signal moves.

    Accuracies by domain, with each domain's share of tasks. The signal has correlation `informed` with the weak model's
    margin on the task (its ability in the domain plus the ease), or with `advantage` with its lead over the strong
    model; the tasks of the lowest signals go to the strong model first.
    """
    tasks = np.asarray(share) / np.sum(share)
    low, high = abilities(weak), abilities(strong)
    lead = low - high if advantage else low
    own = 2.0 - 2.0 * rho if advantage else 1.0  # variance of the margin, or lead, within a domain
    lead = lead - tasks @ lead
    spread = own + tasks @ lead**2
    within = math.sqrt(informed**2 * own / spread + 1.0 - informed**2)  # the signal's deviation in a domain
    towards = informed / math.sqrt(spread) / within  # its correlation there with what it is of, per unit
    signal, even = grid()
    places = (signal[:, None] - informed * lead / math.sqrt(spread)) / within
    weights = tasks * np.exp(0.5 * (signal[:, None] ** 2 - places**2)) / within * even[:, None]
    with_low, with_high = (1.0 - rho, rho - 1.0) if advantage else (1.0, rho)
    gain = np.stack(
        [
            _given(high[d], with_high * towards, places[:, d]) - _given(low[d], with_low * towards, places[:, d])
            for d in range(len(tasks))
        ],
        axis=1,
    )
    mass, gained = weights.sum(axis=1), (gain * weights).sum(axis=1)
    reached = (np.cumsum(gained) - 0.5 * gained) / gained.sum()
    return (
        np.concatenate([[0.0], (np.cumsum(mass) - 0.5 * mass) / mass.sum(), [1.0]]),
        np.concatenate([[0.0], reached, [1.0]]),
    )


def _given(ability: float, correlation: float, signal: np.ndarray) -> np.ndarray:
    """P(right | signal)."""
    return success(np.array([ability]), correlation**2, math.copysign(1.0, correlation) * signal)[0]


def thresholds(share: np.ndarray, gained: np.ndarray) -> dict[str, float]:
    """What is said of a curve: APGR, and the strong calls needed for 50 and 80 % of the gain."""
    return {"APGR": apgr(share, gained), "CPT50": cpt(share, gained, 0.5), "CPT80": cpt(share, gained, 0.8)}


@form
def router(weak: float, strong: float, rho: float = 0.6, informed: float = 0.4, advantage: int = 0) -> dict[str, float]:
    """A difficulty threshold between two models: APGR and the strong calls needed for 50 and 80 % of the gain.

    `informed`: correlation of the signal with the task's ease for the weak model; with `advantage` 1, with how much
    easier it is for the strong one.
    """
    return thresholds(*gain_curve((weak,), (strong,), (1.0,), rho, informed, bool(advantage)))
