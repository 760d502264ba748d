"""A fixed number of clients who wait for their answers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from fleetsim.luck import Stream
from fleetsim.scenario.fields import Count, Duration, Model
from fleetsim.workload.arrivals.contract import ClosedProcess, Source, arrival_process


class Think(Model):
    """The pause between an answer and the client's next task."""

    kind: Literal["exponential", "fixed"] = Field(description="law of the pause")
    mean_s: Duration = Field(alias="mean", description="mean pause; 0 s: the next task follows at once")


@arrival_process
class ClosedLoop(ClosedProcess):
    """Clients who send a task, wait for the answer, think, and send the next."""

    kind: Literal["closed_loop"] = "closed_loop"
    clients: Count = Field(description="how many clients there are")
    think: Think = Field(Think(kind="fixed", mean="0 s"), description="pause between an answer and the next task")
    ramp_s: Duration = Field(
        0.0, alias="ramp", description="time over which the clients start, evenly spaced; 0: at once"
    )

    @property
    def count(self) -> int:
        """See the contract."""
        return self.clients

    def starts_ns(self) -> np.ndarray:
        """See the contract."""
        return np.rint(np.arange(self.clients) * (self.ramp_s * 1e9 / self.clients)).astype(np.int64)

    def think_ns(self, source: Source, first: int, count: int) -> np.ndarray:
        """See the contract."""
        mean_ns = self.think.mean_s * 1e9
        if self.think.kind == "fixed" or mean_ns == 0:
            return np.full(count, round(mean_ns), np.int64)
        pauses = -np.log(source.uniforms(Stream.THINK, first, count)) * mean_ns
        return np.rint(np.minimum(pauses, source.horizon_ns)).astype(np.int64)
