"""Bursts: a high rate for a while, then a low one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from fleetsim import units
from fleetsim.scenario.fields import PositiveDuration, Rate, quantity
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process
from fleetsim.workload.modulated import modulated_times


@arrival_process
class OnOff(OpenProcess):
    """Poisson arrivals at `rate_on` and `rate_off` by turns: at random, or by the clock from a burst on."""

    kind: Literal["on_off"] = "on_off"
    rate_on_per_s: Rate = Field(alias="rate_on", description="rate in a burst")
    rate_off_per_s: quantity(units.RATE, ge=0) = Field(0.0, alias="rate_off", description="rate between bursts")
    on_s: PositiveDuration = Field(alias="on", description="how long a burst lasts, on average")
    off_s: PositiveDuration = Field(alias="off", description="time between bursts, on average")
    durations: Literal["exponential", "fixed"] = Field("exponential", description="law of both durations")

    @property
    def mean_rate_per_s(self) -> float:
        """See the contract."""
        return (self.rate_on_per_s * self.on_s + self.rate_off_per_s * self.off_s) / (self.on_s + self.off_s)

    def batches(self, source: Source) -> Iterator[Batch]:
        """See the contract."""
        rates, dwells = [self.rate_on_per_s, self.rate_off_per_s], [self.on_s, self.off_s]
        yield from map(Batch, modulated_times(source, rates, dwells, exponential=self.durations == "exponential"))
