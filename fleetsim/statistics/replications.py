"""How sure a mean over runs of separate luck is, and a difference of two arms under the same luck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleetsim.statistics.estimate import LEVEL, Estimate, around


def replications(values: Sequence[float] | np.ndarray, level: float = LEVEL) -> Estimate:
    """Mean over runs of separate luck with its t interval; values that are not finite are left out."""
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return Estimate(math.nan)
    value = float(np.mean(values))
    if len(values) < 2:
        return Estimate(value)
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return around(value, error, len(values) - 1, "replications", level)


@dataclass(frozen=True)
class Paired:
    """Mean difference of two arms under the same luck; `variance_ratio` is var(a - b) / (var a + var b), below 1 where
    the shared luck helps."""

    difference: Estimate
    variance_ratio: float


def paired(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray, level: float = LEVEL) -> Paired:
    """Paired t interval of the mean of a - b; run i of both arms had the same luck.

    Raises ValueError if the arms have different numbers of runs.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"the arms have {len(a)} and {len(b)} runs; pairs need as many of each")
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    difference = replications(a - b, level)
    apart = float(np.var(a) + np.var(b)) if len(a) else 0.0
    ratio = float(np.var(a - b)) / apart if apart > 0 else math.nan
    return Paired(Estimate(difference.value, difference.low, difference.high, difference.method and "paired"), ratio)
