"""Where a run has settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MSER_BATCH = 5


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
