"""Does the mean of a figure keep its limit? A sequential test that stops as soon as the answer is clear enough.

Two tests run side by side, each with half of the error, and the first to know has the word.
* Near the limit: Andradottir and Kim, "Fully sequential procedures for comparing constrained systems via simulation",
  Naval Research Logistics 57(5), 2010, procedure F with c = 1: the partial sums of (limit - figure) leave a triangle on
  one side or the other. The error is at most what is stated for a mean at least `tolerance` from the limit; within the
  tolerance either verdict is taken for right.
* Far from it: Student's t after n, 2n, 4n ... runs, at errors of 1/2, 1/6, 1/12 ... of its half.
Both take runs to be independent and about normal, as means over many tasks are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from fleetsim.scenario.capacity import Constraint
from fleetsim.statistics import Estimate, replications, t_quantile

_SHARE_TOLERANCE, _TOLERANCE = 0.1, 0.02


class Verdict(Enum):
    """What a test says."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"  # more runs are needed


@dataclass(frozen=True)
class LimitTest:
    """The test of one limit; `slack` is how far a figure is on the right side of it."""

    limit: float
    upper: bool  # at most, not at least
    tolerance: float
    error: float
    first_runs: int

    @classmethod
    def of(cls, constraint: Constraint, share: bool, error: float, first_runs: int) -> LimitTest:
        """The test of a constraint whose figure is a share, or is not."""
        return cls(constraint.limit, constraint.at_most is not None, tolerance_of(constraint, share), error, first_runs)

    def slack(self, values: Sequence[float]) -> np.ndarray:
        """float64: how much better than the limit each run is; what is not defined is worse than anything."""
        values = np.asarray(values, np.float64)
        slack = self.limit - values if self.upper else values - self.limit
        return np.where(np.isfinite(values), slack, -np.inf)

    def verdict(self, values: Sequence[float]) -> Verdict:
        """What the runs so far say; the first `first_runs` of them tell the variance."""
        slack = self.slack(values)
        if len(slack) < self.first_runs:
            return Verdict.OPEN
        if not np.isfinite(slack).all():
            return Verdict.FAILS
        total = float(slack.sum())
        if abs(total) >= self.boundary(slack):
            return Verdict.HOLDS if total >= 0 else Verdict.FAILS
        for size, error in self._looks(len(slack)):
            t = _student(slack[:size])
            if abs(t) > t_quantile(size - 1, 1 - 2 * error):
                return Verdict.HOLDS if t > 0 else Verdict.FAILS
        return Verdict.OPEN

    def boundary(self, slack: np.ndarray) -> float:
        """How far the sum of the slacks must be from 0 for a verdict near the limit."""
        freedom = self.first_runs - 1
        variance = float(np.var(slack[: self.first_runs], ddof=1))
        spread = (
            (self.error ** (-2 / freedom) - 1) * freedom * variance
        )  # h^2 S^2, h^2 = 2 eta (n0 - 1), half the error
        return max(0.0, spread / (2 * self.tolerance) - self.tolerance * len(slack) / 2)

    def _looks(self, count: int) -> Iterator[tuple[int, float]]:
        """(runs, error) of every t test that so many runs allow."""
        size, number = self.first_runs, 1
        while size <= count:
            yield size, self.error / 2 / (number * (number + 1))
            size, number = 2 * size, number + 1

    def more(self, values: Sequence[float]) -> int:
        """How many runs more one of the tests would take if they went on as the ones so far; at least 1."""
        slack = self.slack(values)
        if len(slack) < self.first_runs:
            return self.first_runs - len(slack)
        if not np.isfinite(slack).all():
            return 1
        missing = self.boundary(slack) - abs(float(slack.sum()))
        near = max(1, math.ceil(missing / (abs(float(slack.mean())) + self.tolerance / 2)))
        look = self.first_runs
        while look <= len(slack):
            look *= 2
        return min(near, look - len(slack))


def _student(slack: np.ndarray) -> float:
    spread = float(np.std(slack, ddof=1))
    mean = float(np.mean(slack))
    return mean / (spread / math.sqrt(len(slack))) if spread > 0 else math.copysign(math.inf, mean)


def tolerance_of(constraint: Constraint, share: bool) -> float:
    """Half the width of the zone in which either verdict is right, in the figure's unit."""
    if constraint.tolerance is not None:
        return constraint.tolerance
    if share:
        missing = min(constraint.limit, 1 - constraint.limit)
        return _SHARE_TOLERANCE * missing if missing > 0 else _TOLERANCE * _SHARE_TOLERANCE
    return _TOLERANCE * abs(constraint.limit) or _TOLERANCE


def margin(test: LimitTest, values: Sequence[float]) -> Estimate:
    """Mean slack with its interval over replications, as a share of the limit (of the unit where the limit is 0)."""
    return replications(test.slack(values)).scaled(1 / (abs(test.limit) or 1.0))


class ErrorBudget:
    """Hands out the probability of error: each verdict gets its part, and all parts never exceed the whole.

    The first `portion` verdicts share half of it, the next as many a quarter, and so on; so it need not be known
    beforehand how many there will be.
    """

    def __init__(self, error: float, portion: int) -> None:
        self.error, self._portion, self._spent = error, portion, 0

    def next(self) -> float:
        """The error probability of the next verdict."""
        phase = self._spent // self._portion
        self._spent += 1
        return self.error / 2 ** (phase + 1) / self._portion
