"""Evenly spaced arrivals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from fleetsim.scenario.fields import Duration, Rate
from fleetsim.units import nanoseconds
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process


@arrival_process
class Constant(OpenProcess):
    """Evenly spaced: task i comes at start + i / rate, each time rounded by itself so that no error adds up."""

    kind: Literal["constant"] = "constant"
    rate_per_s: Rate = Field(alias="rate", description="rate of arrivals")
    start_s: Duration = Field(0.0, alias="start", description="when the first task comes")

    @property
    def mean_rate_per_s(self) -> float:
        """See the contract."""
        return self.rate_per_s

    def batches(self, source: Source) -> Iterator[Batch]:
        """See the contract."""
        start_ns = nanoseconds(self.start_s)
        for first, count in source.blocks():
            after_ns = np.rint(np.arange(first, first + count) * (1e9 / self.rate_per_s))
            times = start_ns + np.minimum(after_ns, source.horizon_ns).astype(np.int64)
            times = times[: np.searchsorted(times, source.horizon_ns)]
            yield Batch(times)
            if len(times) < count:
                return
