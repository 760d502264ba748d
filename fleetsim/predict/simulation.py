"""Simulating a point as it was measured, on the core."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fleetsim import engine
from fleetsim.catalog.hardware_profile import Basis
from fleetsim.hardware import StepTable, rent_one, rented_table
from fleetsim.plan import Plan
from fleetsim.policies.balancers import BALANCERS
from fleetsim.predict.protocol import FOREVER_NS, SEED, Load
from fleetsim.records import Records
from fleetsim.scenario.rented import Endpoint
from fleetsim.tables import KNOBS, POOLS, Status
from fleetsim.units import nanoseconds
from fleetsim.workflow.compiling import compiled
from fleetsim.workflow.nodes import Call, End
from fleetsim.workflow.room import PoolRoom, Room

_TENTH = 10


@dataclass(frozen=True)
class Outcome:
    """What a simulated benchmark saw. Arrays are over the requests that were answered, in seconds and tokens."""

    records: Records
    table: StepTable
    replicas: int
    accelerators: float  # nan behind a rented interface
    load: Load
    limit_w: float  # of one accelerator
    piece_tokens: float = 1.0  # that arrive as one piece

    @cached_property
    def calls(self) -> np.recarray:
        """The calls that were answered."""
        calls = self.records.calls
        return calls[(calls.status == Status.FINISHED) | (calls.status == Status.CUT)]

    @cached_property
    def ttft_s(self) -> np.ndarray:
        """Time to first token; in one batch every request's is the batch's."""
        calls = self.calls
        first_ns = np.full(len(calls), calls.first_token_ns.max()) if self.load.batched else calls.first_token_ns
        return (first_ns - calls.sent_ns) / 1e9 + self._compiling_s

    @cached_property
    def e2e_s(self) -> np.ndarray:
        """Time to last token."""
        return (self.calls.finish_ns - self.calls.sent_ns) / 1e9 + self._compiling_s

    @property
    def _compiling_s(self) -> np.ndarray:
        """What each call waits while kernels are compiled: the first burst's do, who are all sent at once."""
        return np.where(self.calls.sent_ns == self.calls.sent_ns.min(), self.load.first_burst_s, 0.0)

    @cached_property
    def tpot_s(self) -> np.ndarray:
        """(E2E - TTFT) / (tokens - 1) of the answers of more than one token."""
        many = self.calls.output_tokens > 1
        return (self.e2e_s - self.ttft_s)[many] / (self.calls.output_tokens[many] - 1)

    @cached_property
    def request_speed(self) -> np.ndarray:
        """Pieces per second of each request, the wait for the first one included."""
        return self.calls.output_tokens / self.piece_tokens / self.e2e_s

    @cached_property
    def makespan_s(self) -> float:
        """From the first request sent to the last token."""
        return float(self.calls.finish_ns.max() - self.calls.sent_ns.min()) / 1e9

    @cached_property
    def rated_s(self) -> float:
        """What rates are over: the makespan, or if a rate was held the time it was held and by how much answers to the
        last tenth of the requests took longer than those to the first: their tail is no part of what a server sustains.
        """
        if not self.load.held:
            return self.makespan_s + self.load.halted_s
        sent_ns = self.calls.sent_ns
        order, some = np.argsort(sent_ns, kind="stable"), -(-len(sent_ns) // _TENTH)
        later_s = self.e2e_s[order[-some:]].mean() - self.e2e_s[order[:some]].mean()
        return float(sent_ns.max() - sent_ns.min()) / 1e9 + max(float(later_s), 0.0)

    @property
    def input_tokens(self) -> int:
        """Tokens of all prompts."""
        return int(self.calls.prompt_tokens.sum(dtype=np.int64))

    @property
    def output_tokens(self) -> int:
        """Tokens of all answers."""
        return int(self.calls.output_tokens.sum(dtype=np.int64))

    @cached_property
    def joules(self) -> float:
        """Energy of all accelerators over the makespan, by what their replicas did."""
        final, table = self.records.final, self.table
        prefill_s, decode_s = (float(final[name].sum()) / 1e9 for name in ("prefill_ns", "decode_ns"))
        idle_s = max(self.makespan_s * self.replicas - prefill_s - decode_s, 0.0)
        return prefill_s * table.prefill_w + decode_s * table.decode_w + idle_s * table.idle_w

    @property
    def power_w(self) -> float:
        """Mean power of all accelerators."""
        return self.joules / self.makespan_s

    @property
    def peak_w(self) -> float:
        """Power of all accelerators in the phase that takes most."""
        return max(self.table.prefill_w, self.table.decode_w) * self.replicas


@dataclass(frozen=True)
class _Rows:
    """The tasks of a load, once."""

    tasks: np.recarray

    def chunks(self) -> Iterator[np.recarray]:
        """All rows in one block."""
        yield self.tasks


@dataclass(frozen=True)
class Prefill:
    """Replicas that only prefill, and the link on which their KV leaves."""

    table: StepTable
    replicas: int
    transfer_ns_per_token: float


def plan_of(table: StepTable, replicas: int, load: Load, prefill: Prefill | None = None) -> Plan:
    """One pool of so many replicas that answers every task by one call, and replicas that prefill for it if any do."""
    sides = [(table, replicas)] if prefill is None else [(prefill.table, prefill.replicas), (table, replicas)]
    rows = POOLS.empty(len(sides))
    for pool, (own, count) in zip(rows, sides, strict=True):
        pool.replicas = count
        pool.max_num_seqs, pool.max_batched_tokens = load.max_num_seqs, len(own.base_ns) - 1
        pool.scheduler = load.scheduler
        pool.block_tokens, pool.kv_blocks, pool.context_tokens = own.block_tokens, own.kv_blocks, own.context_tokens
        pool.alpha_ns, pool.window_alpha_ns, pool.beta_ns = own.alpha_ns, own.window_alpha_ns, own.beta_ns
        pool.window_tokens = own.window_tokens
        pool.delay_ns = nanoseconds(load.request_s)
        pool.decode_pool = pool.model = -1
    if prefill is not None:
        rows[0].decode_pool, rows[0].transfer_ns_per_token = 1, prefill.transfer_ns_per_token
        rows[1].first_replica, rows[1].base_offset = prefill.replicas, len(prefill.table.base_ns)
    return Plan(
        seed=SEED,
        horizon_ns=FOREVER_NS,
        stop_ns=2 * FOREVER_NS,
        sample_every_ns=FOREVER_NS + 1,
        clients=load.clients,
        pools=rows,
        nodes=_one_call(),
        base_ns=np.concatenate([own.base_ns for own, _ in sides]),
        balancers=(BALANCERS["least_outstanding"],),
        knobs=np.zeros((len(sides), KNOBS)),
    )


def _one_call() -> np.recarray:
    """tables.NODES: every task is one call of the first pool."""
    room = Room({"all": PoolRoom(0, 1)}, ("general",), ("all",), 1.0, 1.0, np.zeros((0, 1)))
    return compiled({"answer": Call(pool="all", next="end", streams=True), "end": End()}, room).nodes


def simulate(
    table: StepTable,
    replicas: int,
    accelerators: int,
    load: Load,
    limit_w: float,
    prefill: Prefill | None = None,
) -> Outcome:
    """Run a load on replicas of a step-time table. Raises EngineFault if a law of the simulation is broken."""
    records = engine.run(plan_of(table, replicas, load, prefill), _Rows(load.tasks))
    return Outcome(records, table, replicas, accelerators, load, limit_w)


def simulate_rented(endpoint: Endpoint, load: Load, basis: Basis, piece_tokens: float) -> Outcome:
    """Run a load on an endpoint, whose times are drawn and rest on `basis`."""
    table = replace(rented_table(endpoint), basis=basis)
    plan = plan_of(table, 1, replace(load, max_num_seqs=1, max_num_batched_tokens=1))
    times_ns = np.array(rent_one(plan.pools[0], endpoint, 0), np.int64)
    records = engine.run(replace(plan, times_ns=times_ns), _Rows(load.tasks))
    return Outcome(records, table, 1, math.nan, load, math.nan, piece_tokens)
