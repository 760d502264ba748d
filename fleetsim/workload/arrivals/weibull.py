"""Arrivals burstier or smoother than Poisson: Weibull gaps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, Strict

from fleetsim.scenario.fields import Rate
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process, renewals


def weibull_shape(cv: float) -> float:
    """The shape k of the Weibull law with this CV: 1 + cv**2 = Gamma(1 + 2/k) / Gamma(1 + 1/k)**2, by bisection."""
    low, high = math.log(0.01), math.log(1000.0)
    for _ in range(100):
        middle = (low + high) / 2
        k = math.exp(middle)
        too_wide = math.lgamma(1 + 2 / k) - 2 * math.lgamma(1 + 1 / k) > math.log1p(cv**2)
        low, high = (middle, high) if too_wide else (low, middle)
    return math.exp((low + high) / 2)


@arrival_process
class Weibull(OpenProcess):
    """Independent Weibull gaps of mean 1/rate and the given CV; the first gap starts at time 0."""

    kind: Literal["weibull"] = "weibull"
    rate_per_s: Rate = Field(alias="rate", description="mean rate of arrivals")
    cv: Annotated[float, Strict(), Field(ge=0.01, le=100)] = Field(
        description="coefficient of variation of the gaps; Poisson has 1"
    )

    @property
    def mean_rate_per_s(self) -> float:
        """See the contract."""
        return self.rate_per_s

    def batches(self, source: Source) -> Iterator[Batch]:
        """See the contract."""
        shape = weibull_shape(self.cv)
        scale_s = 1 / (self.rate_per_s * math.gamma(1 + 1 / shape))
        yield from map(Batch, renewals(source, lambda u: scale_s * (-np.log(u)) ** (1 / shape)))
