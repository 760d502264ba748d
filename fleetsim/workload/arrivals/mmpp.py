"""Bursts at several levels of load: a Markov-modulated Poisson process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fleetsim import units
from fleetsim.scenario.fields import Model, PositiveDuration, quantity
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process
from fleetsim.workload.modulated import modulated_times


class State(Model):
    """One level of load."""

    rate_per_s: quantity(units.RATE, ge=0) = Field(alias="rate", description="rate of arrivals while in this state")
    dwell_s: PositiveDuration = Field(alias="dwell", description="mean time the state lasts; exponentially distributed")


@arrival_process
class Mmpp(OpenProcess):
    """Poisson arrivals at a rate that jumps between states, one after the other; stationary from the start."""

    kind: Literal["mmpp"] = "mmpp"
    states: Annotated[tuple[State, ...], Field(min_length=2, max_length=1000)] = Field(description="levels of load")

    @model_validator(mode="after")
    def _some_arrivals(self) -> Mmpp:
        if not any(state.rate_per_s > 0 for state in self.states):
            raise ValueError("no state has arrivals; give one a rate above 0")
        return self

    @property
    def mean_rate_per_s(self) -> float:
        """See the contract."""
        return sum(s.rate_per_s * s.dwell_s for s in self.states) / sum(s.dwell_s for s in self.states)

    def batches(self, source: Source) -> Iterator[Batch]:
        """See the contract."""
        rates, dwells = [s.rate_per_s for s in self.states], [s.dwell_s for s in self.states]
        yield from map(Batch, modulated_times(source, rates, dwells, exponential=True))
