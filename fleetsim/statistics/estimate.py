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
        if math.isnan(value) or self.low is None or self.high is None or self.low <= 0:
            return Estimate(value)
        return Estimate(value, scale / self.high, scale / self.low, self.method)

    def of_share(self) -> Estimate:
        """The estimate of a share with Wilson's interval instead of a symmetric one: it stays within 0 and 1.

        It holds the shares p from which the estimate is no further away than the half-width, were the variance that of
        p: about as for so many independent observations as have this standard error (Wilson 1927; Korn and Graubard
        1998 for effective sizes). A share that is 0 or 1 in all that was seen has an interval of no width: what was
        seen does not say how rare the other case is.
        """
        if self.low is None or self.high is None or math.isnan(self.value):
            return self
        if not 0 < self.value < 1:
            return Estimate(self.value, self.value, self.value, self.method)
        half = (self.high - self.low) / 2
        size = half**2 / (self.value * (1 - self.value))
        centre, reach = self.value + size / 2, math.sqrt(half**2 + size**2 / 4)
        return Estimate(self.value, (centre - reach) / (1 + size), (centre + reach) / (1 + size), self.method)


def t_quantile(freedom: float, level: float = LEVEL) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))


def around(value: float, error: float, freedom: float, method: str, level: float = LEVEL) -> Estimate:
    """The t interval about a value with this standard error."""
    half = t_quantile(freedom, level) * error
    return Estimate(value, value - half, value + half, method)
