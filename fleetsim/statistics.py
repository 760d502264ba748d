"""How sure a number is: warm-up, and intervals that know that successive requests are alike.

There is no interval here for independent observations of one run, on purpose: of M/M/1 waits at load 0.8 the textbook
interval for a mean covers the truth in 17 % of runs instead of 95 %. Within one run use batch means for means and
sectioning for quantiles; between runs of separate luck, replications.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
BATCHES = 20
LEAST_PER_BATCH = 10
LEAST_BEYOND = 10
"""A quantile is shown only if so many observations lie beyond it."""

_MSER_BATCH = 5


@dataclass(frozen=True)
class Estimate:
    """A value with its interval at 95 %; low and high are None where the data do not carry one."""

    value: float
    low: float | None = None
    high: float | None = None
    method: str = ""

    def scaled(self, scale: float) -> Estimate:
        """The estimate times a positive number, as for another unit."""
        if self.low is None or self.high is None:
            return Estimate(self.value * scale)
        return Estimate(self.value * scale, self.low * scale, self.high * scale, self.method)

    def inverse(self, scale: float) -> Estimate:
        """`scale / value`, the interval carried over; without an interval if that would reach infinity."""
        value = scale / self.value if self.value else math.nan
        if math.isnan(value) or self.low is None or self.high is None or self.low <= 0:
            return Estimate(value)
        return Estimate(value, scale / self.high, scale / self.low, self.method)


@dataclass(frozen=True)
class WarmUp:
    """How many observations to cut, and whether the series had settled by its middle."""

    cut: int
    doubtful: bool


def mser5(series: np.ndarray) -> WarmUp:
    """The warm-up by MSER-5: the cut that makes the standard error of what remains least, over means of five.

    A cut in the second half says that the series has not settled: then the best cut in the first half is given, marked
    doubtful. Fewer than 50 observations are not cut. (White, "An effective truncation heuristic for bias reduction in
    simulation output", Simulation 69, 1997; Spratt 1998 for batches of five.)
    """
    count = len(series) // _MSER_BATCH
    if count < 10:
        return WarmUp(0, False)
    means = np.asarray(series[: count * _MSER_BATCH], np.float64).reshape(count, _MSER_BATCH).mean(axis=1)
    means -= means.mean()  # keeps the difference of squares below accurate
    left = np.arange(count, 0, -1)
    sums, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    spread = squares - sums**2 / left
    spread[spread < 1e-12 * squares[0]] = 0.0  # rounding must not choose among cuts that leave no spread
    spread /= left.astype(np.float64) ** 2
    candidates = spread[: count - _MSER_BATCH + 1]  # the last few always look calm
    cut, half = int(np.argmin(candidates)), count // 2
    if cut <= half:
        return WarmUp(cut * _MSER_BATCH, False)
    return WarmUp(int(np.argmin(candidates[: half + 1])) * _MSER_BATCH, True)


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
    return _around(value, float(np.std(means, ddof=1)) / math.sqrt(batches), batches - 1, "batch means")


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
    return _around(value, math.sqrt(variance), 1.5 * (batches - 1), "overlapping batch means")


def sectioning(value: float, sections: Sequence[float] | np.ndarray) -> Estimate:
    """An interval for a statistic of the whole run from the same statistic of its equal sections, in order of time.

    It is centred on the whole run's value and not on the sections' mean, whose bias is that of the shorter series.
    (Asmussen and Glynn, Stochastic Simulation, section III.5a; Nakayama, ACM TOMACS 24(4), 2014.)
    """
    apart = np.asarray(sections, np.float64) - value
    if len(apart) < 2 or not np.isfinite(apart).all():
        return Estimate(value)
    count = len(apart)
    return _around(value, math.sqrt(float(np.sum(apart**2)) / (count - 1) / count), count - 1, "sectioning")


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


def replications(values: Sequence[float] | np.ndarray) -> Estimate:
    """Mean over runs of separate luck with its t interval; values that are not finite are left out."""
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return Estimate(math.nan)
    value = float(np.mean(values))
    if len(values) < 2:
        return Estimate(value)
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return _around(value, error, len(values) - 1, "replications")


@dataclass(frozen=True)
class Paired:
    """Mean difference of two arms under the same luck; `variance_ratio` is var(a - b) / (var a + var b), below 1 where
    the shared luck helps."""

    difference: Estimate
    variance_ratio: float


def paired(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray) -> Paired:
    """Paired t interval of the mean of a - b; run i of both arms had the same luck.

    Raises ValueError if the arms have different numbers of runs.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"the arms have {len(a)} and {len(b)} runs; pairs need as many of each")
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    difference = replications(a - b)
    apart = float(np.var(a) + np.var(b)) if len(a) else 0.0
    ratio = float(np.var(a - b)) / apart if apart > 0 else math.nan
    return Paired(Estimate(difference.value, difference.low, difference.high, difference.method and "paired"), ratio)


def t_quantile(freedom: float, level: float = LEVEL) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))


def _around(value: float, error: float, freedom: float, method: str) -> Estimate:
    half = t_quantile(freedom) * error
    return Estimate(value, value - half, value + half, method)
