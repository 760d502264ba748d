"""Pools: a call is delivered, refused or cut, and given to the replica that the balancer chooses (sections 4, 4a)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.delivery import is_out, refuse, shorten
from fleetsim.engine.reference.judge import judge
from fleetsim.engine.reference.plan_rows import PoolRow
from fleetsim.engine.reference.queue import queue_of
from fleetsim.engine.reference.records import Call
from fleetsim.engine.reference.replica import Replica
from fleetsim.errors import EngineFault
from fleetsim.luck import Stream, bits
from fleetsim.plan import Plan
from fleetsim.tables import SIGNALS, Status


class Pool:
    """The replicas of one pool and its balancer.

    `departed(call)` is told of calls finished or refused, `transferred(call)` of calls that another pool is to decode.
    """

    def __init__(
        self,
        plan: Plan,
        index: int,
        clock: Clock,
        departed: Callable[[Call], None],
        transferred: Callable[[Call], None],
    ) -> None:
        self.index = index
        self.row = PoolRow(*plan.pools[index].tolist())
        self.decode_pool = index if self.row.decode_pool == -1 else self.row.decode_pool
        self.decode_row = PoolRow(*plan.pools[self.decode_pool].tolist())
        self.plan = plan
        self.balancer = plan.balancers[self.row.balancer]
        self.knobs = plan.knobs[index]
        self.turn = 0
        self.clock = clock
        self.departed = departed
        numbers = range(self.row.first_replica, self.row.first_replica + self.row.replicas)
        self.replicas = [
            Replica(number, self.row, queue_of(plan, index), plan.base_ns, clock, departed, transferred)
            for number in numbers
        ]

    def deliver(self, call: Call) -> None:
        """The call reaches the pool: it joins a replica's queue, or is refused."""
        call.queued_ns = self.clock.now_ns
        refusal = self._refusal(call)
        if refusal is not None:
            refuse(call, refusal, self.departed)
            return
        replica = self._choose(call, draw=2 * call.attempt)
        judge(self.plan, call, replica.version.model)
        shorten(call, self._room(call))
        call.accepted = True
        replica.join(call)

    def take_over(self, call: Call) -> None:
        """A call whose KV has come over the link joins a replica's queue as an import: all its target is computed."""
        call.pool = self.index
        call.interrupted = True
        self._choose(call, draw=2 * call.attempt + 1).join(call)

    def forget(self, task: int) -> None:
        """Nothing of the task's conversations is kept any longer."""
        for replica in self.replicas:
            replica.batch.kept.forget(task)

    def _refusal(self, call: Call) -> Status | None:
        if is_out(self.plan, self.row, self.clock.now_ns):
            return Status.REFUSED_OUTAGE
        if not self._open():
            return Status.REFUSED_CLOSED
        if call.prompt_tokens >= self._context_tokens():
            return Status.REFUSED_CONTEXT
        if call.prompt_tokens > min(kv_tokens(self.row), kv_tokens(self.decode_row)):
            return Status.REFUSED_KV
        return None

    def _context_tokens(self) -> int:
        return min(self.row.context_tokens, self.decode_row.context_tokens)

    def _room(self, call: Call) -> int:
        """Tokens of an answer that the context and the KV memory hold; its last one is never stored."""
        context_room = self._context_tokens() - call.prompt_tokens
        kv_room = kv_tokens(self.decode_row) - call.prompt_tokens + 1
        return min(context_room, kv_room)

    def _open(self) -> list[Replica]:
        """The replicas that take calls."""
        return [replica for replica in self.replicas if replica.open]

    def _choose(self, call: Call, draw: int) -> Replica:
        """The replica that gets the call; `draw` numbers the node's choices for the task.

        Raises EngineFault when the balancer names none of the pool's.
        """
        rule = getattr(self.balancer.rule, "py_func", self.balancer.rule)
        replicas = self._open()
        luck = np.uint64(bits(self.plan.seed, int(Stream.BALANCE), call.task, call.node, draw))
        said = rule(self._signals(call, replicas), self.turn % len(replicas), luck, self.knobs)
        index = int(said) if math.isfinite(said) else -1
        if not 0 <= index < len(replicas):
            raise EngineFault(
                f"balancer {self.balancer.name!r} of pool {self.index} chose replica {said} for task {call.task} "
                f"(node {call.node}); the pool's open replicas are 0 to {len(replicas) - 1}: "
                f"return an index below len(signals)"
            )
        self.turn = index + 1
        return replicas[index]

    def _signals(self, call: Call, replicas: list[Replica]) -> np.recarray:
        """What the balancer may observe of them, as it is now; made afresh, so that a rule can change nothing."""
        signals = SIGNALS.empty(len(replicas))
        signals["outstanding"] = [replica.outstanding for replica in replicas]
        signals["outstanding_tokens"] = [replica.outstanding_tokens for replica in replicas]
        reads_kv = self.row.reads_kv == 1
        signals["kv_blocks"] = [replica.batch.claimed_blocks() if reads_kv else -1 for replica in replicas]
        signals["cached_tokens"] = [replica.cached_tokens(call) for replica in replicas]
        return signals


def kv_tokens(row: PoolRow) -> int:
    """KV entries that a replica of the pool holds."""
    return row.kv_blocks * row.block_tokens
