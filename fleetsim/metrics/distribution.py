"""The figures of a distribution: mean and percentiles, with intervals."""

from __future__ import annotations

import math

import numpy as np

from fleetsim.metrics.contract import Figure
from fleetsim.statistics import Estimate, batch_means, quantiles, supports

LEVELS = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def distribution(name: str, scope: str, series_ns: np.ndarray) -> list[Figure]:
    """Figures NAME_mean, NAME_p50 ... NAME_p999 in ms of times in ns, given in order of arrival.

    Percentiles interpolate linearly, as numpy's and vLLM's do. p999 is nan below 10,000 observations.
    """
    series_ms = series_ns / 1e6
    estimates = {"mean": batch_means(series_ms)} | dict(
        zip(LEVELS, quantiles(series_ms, list(LEVELS.values())), strict=True)
    )
    if not supports(LEVELS["p999"], len(series_ms)):
        estimates["p999"] = Estimate(math.nan)
    return [Figure.of(f"{name}_{key}", scope, estimate, "ms", "lower") for key, estimate in estimates.items()]
