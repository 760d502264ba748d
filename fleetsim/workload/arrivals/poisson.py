"""Independent users: a Poisson process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from fleetsim.scenario.fields import Rate
from fleetsim.workload.arrivals.contract import Batch, OpenProcess, Source, arrival_process, renewals


@arrival_process
class Poisson(OpenProcess):
    """Many independent users: exponential gaps."""

    kind: Literal["poisson"] = "poisson"
    rate_per_s: Rate = Field(alias="rate", description="mean rate of arrivals")

    @property
    def mean_rate_per_s(self) -> float:
        """See the contract."""
        return self.rate_per_s

    def batches(self, source: Source) -> Iterator[Batch]:
        """See the contract."""
        yield from map(Batch, renewals(source, lambda u: -np.log(u) / self.rate_per_s))
