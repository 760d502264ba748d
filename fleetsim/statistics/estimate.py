"""A value with how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEVEL = 0.95


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
        if self.low is None or self.high is None or self.low <= 0:
            return Estimate(value)
        return Estimate(value, scale / self.high, scale / self.low, self.method)


def t_quantile(freedom: float, level: float = LEVEL) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))


def around(value: float, error: float, freedom: float, method: str, level: float = LEVEL) -> Estimate:
    """The t interval about a value with this standard error."""
    half = t_quantile(freedom, level) * error
    return Estimate(value, value - half, value + half, method)
