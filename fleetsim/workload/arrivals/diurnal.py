"""The day's rise and fall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from fleetsim.scenario.fields import Duration, Fraction, PositiveDuration, Rate
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process, thinned


@arrival_process
class Diurnal(OpenProcess):
    """Poisson arrivals whose rate follows a cosine: rate * (1 + amplitude * cos(2 pi (t - peak) / period))."""

    kind: Literal["diurnal"] = "diurnal"
    rate_per_s: Rate = Field(alias="rate", description="rate on average over a period")
    amplitude: Fraction = Field(
        description="how far the rate rises above and falls below the average, as a share of it"
    )
    period_s: PositiveDuration = Field(86400.0, alias="period", description="time from peak to peak")
    peak_s: Duration = Field(0.0, alias="peak", description="when the rate is highest for the first time")

    def rate_at(self, time_s: np.ndarray) -> np.ndarray:
        """float64: the rate (1/s) at these times (s)."""
        turn = 2 * np.pi * (time_s - self.peak_s) / self.period_s
        return self.rate_per_s * (1 + self.amplitude * np.cos(turn))

    @property
    def mean_rate_per_s(self) -> float:
        """See the contract."""
        return self.rate_per_s

    def batches(self, source: Source) -> Iterator[Batch]:
        """See the contract."""
        yield from map(Batch, thinned(source, self.rate_per_s * (1 + self.amplitude), self.rate_at))
