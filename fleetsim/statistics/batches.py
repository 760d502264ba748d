"""How sure the mean of one run is, whose successive observations are alike."""

from __future__ import annotations

import math

import numpy as np

from fleetsim.statistics.estimate import Estimate, around

BATCHES = 20
LEAST_PER_BATCH = 10


def batch_means(series: np.ndarray, batches: int = BATCHES, least: int = LEAST_PER_BATCH) -> Estimate:
    """Mean of one run's successive observations, with a t interval over the means of `batches` equal batches.

    No interval below `least` observations a batch; nan for an empty series.
    (Law, Simulation Modeling and Analysis, section 9.5.3; Schmeiser 1982 for 20 to 30 batches.)
    """
    if not len(series):
        return Estimate(math.nan)
    value, size = float(np.mean(series)), len(series) // batches
    if size < least:
        return Estimate(value)
    means = np.asarray(series[: size * batches]).reshape(batches, size).mean(axis=1)
    return around(value, float(np.std(means, ddof=1)) / math.sqrt(batches), batches - 1, "batch means")


def overlapping_batch_means(series: np.ndarray, batches: int = BATCHES, least: int = LEAST_PER_BATCH) -> Estimate:
    """As `batch_means`, over all batches of length n / batches, whichever observation they begin at.

    (Meketon and Schmeiser, "Overlapping batch means: something for nothing?", WSC 1984, with 3/2 as many degrees of
    freedom.)
    """
    count, size = len(series), len(series) // batches
    if not count:
        return Estimate(math.nan)
    value = float(np.mean(series))
    if size < least:
        return Estimate(value)
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(series, np.float64) - value)])
    squares = float(np.sum(((sums[size:] - sums[:-size]) / size) ** 2))
    variance = squares * size / ((count - size + 1) * (count - size))
    return around(value, math.sqrt(variance), 1.5 * (batches - 1), "overlapping batch means")
