"""Workers side by side: the join waits for the longest."""

from __future__ import annotations

import math

import numpy as np

from fleetsim.quality.exact.contract import form, grid


@form
def fan_out(workers: int, sigma: float = 0.67) -> dict[str, float]:
    """The longest of several lognormal times over their mean, and how much faster that is than one after the other.

    `sigma`: standard deviation of the log of a time.
    """
    from scipy.special import ndtr

    value, weights = grid()
    density = workers * ndtr(value) ** (workers - 1) * weights
    longest = float(np.exp(sigma * value) @ density) / math.exp(0.5 * sigma**2)
    return {"longest over mean": longest, "speed-up": workers / longest}
