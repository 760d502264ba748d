"""How sure a quantile of one run is, and whether it can be shown at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fleetsim.statistics.batches import BATCHES, LEAST_PER_BATCH
from fleetsim.statistics.estimate import Estimate, around

LEAST_BEYOND = 10
"""A quantile is shown only if so many observations lie beyond it."""


def sectioning(value: float, sections: Sequence[float] | np.ndarray) -> Estimate:
    """An interval for a statistic of the whole run from the same statistic of its equal sections, in order of time.

    It is centred on the whole run's value and not on the sections' mean, whose bias is that of the shorter series.
    (Asmussen and Glynn, Stochastic Simulation, section III.5a; Nakayama, ACM TOMACS 24(4), 2014.)
    """
    apart = np.asarray(sections, np.float64) - value
    if len(apart) < 2 or not np.isfinite(apart).all():
        return Estimate(value)
    count = len(apart)
    return around(value, math.sqrt(float(np.sum(apart**2)) / (count - 1) / count), count - 1, "sectioning")


def quantiles(series: np.ndarray, q: Sequence[float], sections: int = BATCHES) -> list[Estimate]:
    """Quantiles (linear, as numpy's) of one run's successive observations, with intervals by sectioning.

    No interval for a quantile that a section cannot show (fewer than one observation beyond it); nan for an empty
    series.
    """
    if not len(series):
        return [Estimate(math.nan) for _ in q]
    series = np.asarray(series, np.float64)
    whole, size = np.quantile(series, q), len(series) // sections
    if size < LEAST_PER_BATCH:
        return [Estimate(float(value)) for value in whole]
    parts = np.quantile(series[: size * sections].reshape(sections, size), q, axis=1)
    shown = [size * min(share, 1 - share) >= 1 - 1e-9 for share in q]
    return [
        sectioning(float(value), part) if show else Estimate(float(value))
        for value, part, show in zip(whole, parts, shown, strict=True)
    ]


def supports(q: float, count: int) -> bool:
    """Whether `count` observations can show the quantile at all: ten must lie beyond it, 10,000 for p99.9."""
    return count * (1 - q) >= LEAST_BEYOND - 1e-6
