"""A replica's link to the pool that decodes what it has prefilled (docs/engine.md, section 4a)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.plan_rows import PoolRow
from fleetsim.engine.reference.records import Call
from fleetsim.tables import Rank


class Link:
    """Carries the KV of one call after the other. `arrived(call)` is told of every call whose KV is there."""

    def __init__(self, pool: PoolRow, clock: Clock, arrived: Callable[[Call], None]) -> None:
        self.pool = pool
        self.clock = clock
        self.arrived = arrived
        self.free_ns = 0

    def send(self, call: Call) -> None:
        """The call's KV is on the link as soon as those before it are through."""
        now_ns = self.clock.now_ns
        duration_ns = math.floor(self.pool.transfer_ns_per_token * call.target_tokens + 0.5)
        self.free_ns = max(now_ns, self.free_ns) + duration_ns
        # Never in the instant itself: the end of a step would cause an event that precedes a step's start there.
        arrival_ns = max(self.free_ns + self.pool.transfer_latency_ns, now_ns + 1)
        ids = (call.task, call.node, call.attempt)
        self.clock.call_at(partial(self.arrived, call), arrival_ns, Rank.TRANSFER, *ids)
