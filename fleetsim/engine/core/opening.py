"""Building the core's state from a plan, and enlarging it while a run is paused."""

from __future__ import annotations

import numba
import numpy as np

from fleetsim.engine.core.state import (
    CLOCK,
    LIVE_CALLS,
    LIVE_TASKS,
    MESSAGES,
    NEVER,
    OUTPUTS,
    REPLICAS,
    TURNS,
    State,
)
from fleetsim.plan import Plan
from fleetsim.tables import KNOBS, NODES, POOLS, SIGNALS, TASKS

_OUTPUT_ROWS = 1 << 16
_LIVE_ROWS = 1 << 10


def open_state(plan: Plan) -> State:
    """The state before the first event: idle replicas, no tasks."""
    pools, replicas = plan.pools, plan.replicas
    pool_of = np.repeat(np.arange(len(pools)), pools.replicas)
    margin = int(pools.max_num_seqs.max()) + replicas + 8
    batch = pools.max_num_seqs[pool_of].astype(np.int64)
    blocks = pools.block_tokens[pool_of].astype(np.int64)
    state = State(
        clock=_open_clock(plan, margin),
        tasks=TASKS.empty(0),
        pools=pools.copy(),
        nodes=plan.nodes.copy(),
        base_ns=np.ascontiguousarray(plan.base_ns, np.float64),
        knobs=np.ascontiguousarray(plan.knobs, np.float64),
        branch_targets=np.ascontiguousarray(plan.branch_targets, np.int64),
        branch_cdf=np.ascontiguousarray(plan.branch_cdf, np.float64),
        replicas=_open_replicas(plan, pool_of, _offsets(2 * batch), _offsets(blocks)),
        signals=SIGNALS.empty(replicas),
        looks=np.zeros(len(pools), np.int64),
        phases=np.zeros(blocks.sum(), np.int32),
        turns=TURNS.empty(2 * batch.sum()),
        due_ns=np.full(replicas, NEVER, np.int64),
        tree=_tournament(replicas),
        waking=np.zeros(replicas, np.int32),
        live_calls=LIVE_CALLS.empty(0),
        live_tasks=LIVE_TASKS.empty(0),
        network=MESSAGES.empty(0),
        **{f"out_{name}": table.empty(_OUTPUT_ROWS + 4 * margin) for name, table in OUTPUTS.items()},
    )
    state.signals.kv_blocks = -1
    return enlarge(state, _LIVE_ROWS + 4 * margin)


def _offsets(sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)


def _open_clock(plan: Plan, margin: int) -> np.recarray:
    clock = CLOCK.empty(1)
    clock.seed, clock.margin, clock.clients = plan.seed, margin, plan.clients
    clock.horizon_ns, clock.stop_ns, clock.sample_every_ns = plan.horizon_ns, plan.stop_ns, plan.sample_every_ns
    clock.more_tasks = 1
    clock.free_call = clock.free_task = -1
    return clock


def _open_replicas(plan: Plan, pool_of: np.ndarray, heaps: np.ndarray, phases: np.ndarray) -> np.recarray:
    replicas = REPLICAS.empty(plan.replicas)
    for constant in set(REPLICAS.dtype.names) & set(POOLS.dtype.names):
        replicas[constant] = plan.pools[constant][pool_of]
    replicas.row = np.arange(plan.replicas)
    replicas.finish_heap, replicas.window_heap = heaps, heaps + replicas.max_num_seqs
    replicas.phase_offset = phases
    replicas.free_blocks = replicas.kv_blocks
    for link in ("queue_head", "queue_tail", "last_admitted", "first_chunk", "first_import"):
        replicas[link] = -1
    return replicas


def _tournament(replicas: int) -> np.ndarray:
    leaves = 1 << max(1, (replicas - 1).bit_length())
    tree = np.full(2 * leaves, -1, np.int32)
    tree[leaves : leaves + replicas] = np.arange(replicas)
    for i in range(leaves - 1, 0, -1):
        tree[i] = tree[2 * i]
    return tree


def enlarge(state: State, slots: int) -> State:
    """The same state with `slots` more slots for calls and for tasks, and a network heap to match."""
    clock = state.clock[0]
    live_calls, clock.free_call = _with_slots(state.live_calls, slots, clock.free_call)
    live_tasks, clock.free_task = _with_slots(state.live_tasks, slots, clock.free_task)
    clock.free_calls += slots
    clock.free_tasks += slots
    network = MESSAGES.empty(len(live_calls) + len(live_tasks) + int(clock.clients))
    network[: clock.messages] = state.network[: clock.messages]
    return state._replace(live_calls=live_calls, live_tasks=live_tasks, network=network)


def _with_slots(table: np.recarray, slots: int, first_free: int) -> tuple[np.recarray, int]:
    """The table with `slots` more rows, linked in front of the free ones it had; and the first free one."""
    count = len(table)
    larger = np.zeros(count + slots, table.dtype).view(np.recarray)
    larger[:count] = table
    larger.next[count:] = np.arange(count + 1, count + slots + 1)
    larger.next[-1] = first_free
    return larger, count


def _smallest_plan() -> Plan:
    pools = POOLS.empty(1)
    pools.replicas = pools.max_num_seqs = pools.block_tokens = 1
    pools.decode_pool = -1
    return Plan(0, 1, 1, 1, 0, pools, NODES.empty(1), np.ones(2), (), np.zeros((1, KNOBS)))


STATE_TYPE = numba.typeof(open_state(_smallest_plan()))
"""The one type of every state, for the kernels' signatures."""
