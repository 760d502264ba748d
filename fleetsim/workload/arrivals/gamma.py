"""Arrivals burstier or smoother than Poisson: gamma gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, Strict

from fleetsim.scenario.fields import Rate
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process, renewals


@arrival_process
class Gamma(OpenProcess):
    """Independent gamma gaps of mean 1/rate and the given CV; the first gap starts at time 0."""

    kind: Literal["gamma"] = "gamma"
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
        from scipy.special import gammaincinv

        shape = self.cv**-2
        scale_s = 1 / (shape * self.rate_per_s)
        yield from map(Batch, renewals(source, lambda u: gammaincinv(shape, u) * scale_s))
