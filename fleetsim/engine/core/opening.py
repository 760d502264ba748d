"""Building the core's state from a plan, and enlarging it while a run is paused."""

from __future__ import annotations

from collections.abc import Iterable

import numba
import numpy as np

from fleetsim.engine.core.events import message_key
from fleetsim.engine.core.live import SLOTS
from fleetsim.engine.core.state import (
    BOOKS,
    CLOCK,
    LINES,
    MEMORY,
    MESSAGES,
    NEVER,
    ORDER_FAULT,
    OUTPUTS,
    REPLICAS,
    TURNS,
    Ordering,
    State,
)
from fleetsim.plan import Plan
from fleetsim.quality.answers import Quality
from fleetsim.tables import (
    KNOBS,
    LABELS,
    NODES,
    OPTION_SIGNALS,
    ORDER_SIGNALS,
    POOLS,
    SIGNALS,
    TASKS,
    Asked,
    NodeKind,
    Rank,
)

_OUTPUT_ROWS = 1 << 16
_LIVE_ROWS = 1 << 10
_ENDS = (
    "queue_head",
    "queue_tail",
    "queue_root",
    "last_line",
    "last_admitted",
    "first_chunk",
    "first_import",
    "oldest_entry",
    "youngest_entry",
    "version",
)


def open_state(plan: Plan) -> State:
    """The state before the first event: idle replicas, no tasks, the first change on its way."""
    pools, replicas = plan.pools, plan.replicas
    pool_of = np.repeat(np.arange(len(pools)), pools.replicas)
    margin = int(pools.max_num_seqs.max()) + replicas + 8
    batch = pools.max_num_seqs[pool_of].astype(np.int64)
    blocks = pools.block_tokens[pool_of].astype(np.int64)
    state = State(
        clock=_open_clock(plan, margin),
        tasks=TASKS.empty(0),
        **_constants(plan),
        option_signals=OPTION_SIGNALS.empty(int(plan.nodes.branches.max())),
        memory=MEMORY.empty(plan.memory_rows),
        votes=np.zeros(LABELS),
        replicas=_open_replicas(plan, pool_of, _offsets(2 * batch), _offsets(blocks)),
        ordering=_open_ordering(plan),
        signals=_open_signals(plan, pool_of),
        books=_open_books(plan),
        open_signals=SIGNALS.empty(replicas),
        open_rows=np.zeros(replicas, np.int32),
        phases=np.zeros(blocks.sum(), np.int32),
        turns=TURNS.empty(2 * batch.sum()),
        due_ns=np.full(replicas, NEVER, np.int64),
        tree=_tournament(replicas),
        waking=np.zeros(replicas, np.int32),
        **{f"live_{name}": table.empty(0) for name, table in SLOTS.items()},
        network=MESSAGES.empty(0),
        **{f"out_{name}": table.empty(_OUTPUT_ROWS + 4 * margin) for name, table in OUTPUTS.items()},
    )
    return _with_first_change(enlarge(state, SLOTS, _LIVE_ROWS + 4 * margin))


def _constants(plan: Plan) -> dict[str, object]:
    """What a run only reads, in the types that kernels know."""
    tables = {name: getattr(plan, name).copy() for name in ("pools", "nodes", "options", "versions", "changes")}
    floats = ("base_ns", "knobs", "branch_cdf", "option_ability", "selector_knobs")
    numbers = {name: np.ascontiguousarray(getattr(plan, name), np.float64) for name in floats}
    whole = {name: np.ascontiguousarray(getattr(plan, name), np.int64) for name in ("branch_targets", "times_ns")}
    return {
        **tables,
        **numbers,
        **whole,
        "outages": np.array(plan.outages, np.int64),
        "quality": Quality(*(table.copy() for table in plan.quality)),
        "bounds": np.array([selector.bound for selector in plan.selectors], np.int32),
    }


def _offsets(sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)


def _open_clock(plan: Plan, margin: int) -> np.recarray:
    clock = CLOCK.empty(1)
    clock.seed, clock.margin, clock.clients = plan.seed, margin, plan.clients
    clock.horizon_ns, clock.stop_ns, clock.sample_every_ns = plan.horizon_ns, plan.stop_ns, plan.sample_every_ns
    clock.more_tasks = 1
    for link in ("free_call", "free_task", "free_thread", "free_gathering", "free_entry", "forking", "finished"):
        clock[link] = -1
    clock.domains, clock.memory_rows, clock.task_memory_rows = plan.domains, plan.memory_rows, plan.task_memory_rows
    solving = plan.nodes[(plan.nodes.kind == NodeKind.CALL) & (plan.nodes.solves == 1)]
    clock.judged = (plan.pools.model[solving.pool] >= 0).any()
    return clock


def _open_signals(plan: Plan, pool_of: np.ndarray) -> np.recarray:
    signals = SIGNALS.empty(plan.replicas)
    signals.kv_blocks = -1
    signals.cached_tokens = np.where(plan.pools.caches[pool_of] == 1, 0, -1)
    return signals


def _open_books(plan: Plan) -> np.recarray:
    books = BOOKS.empty(len(plan.pools))
    books.requests_left, books.tokens_left = plan.pools.requests_most, plan.pools.tokens_most
    return books


def _open_ordering(plan: Plan) -> Ordering:
    ordered = plan.pools.replicas[plan.pools.order_asked == Asked.STARTING].sum()
    lines = LINES.empty(int(ordered) * len(plan.priorities))
    lines.head = lines.tail = -1
    priorities = np.ascontiguousarray(plan.priorities, np.int64)
    knobs = np.ascontiguousarray(plan.order_knobs, np.float64)
    return Ordering(lines, ORDER_SIGNALS.empty(1), knobs, priorities, ORDER_FAULT.empty(1))


def _open_replicas(plan: Plan, pool_of: np.ndarray, heaps: np.ndarray, phases: np.ndarray) -> np.recarray:
    replicas = REPLICAS.empty(plan.replicas)
    for constant in set(REPLICAS.dtype.names) & set(POOLS.dtype.names):
        replicas[constant] = plan.pools[constant][pool_of]
    replicas.row, replicas.pool = np.arange(plan.replicas), pool_of
    replicas.finish_heap, replicas.window_heap = heaps, heaps + replicas.max_num_seqs
    replicas.phase_offset = phases
    replicas.free_blocks = replicas.kv_blocks
    starting = replicas.order_asked == Asked.STARTING
    replicas.first_line = (np.cumsum(starting) - starting) * len(plan.priorities)
    for link in _ENDS:
        replicas[link] = -1
    return replicas


def _tournament(replicas: int) -> np.ndarray:
    leaves = 1 << max(1, (replicas - 1).bit_length())
    tree = np.full(2 * leaves, -1, np.int32)
    tree[leaves : leaves + replicas] = np.arange(replicas)
    for i in range(leaves - 1, 0, -1):
        tree[i] = tree[2 * i]
    return tree


def _with_first_change(state: State) -> State:
    if len(state.changes):
        first, clock = state.network[0], state.clock[0]
        first.time_ns, clock.messages = state.changes.time_ns[0], 1
        first.key, first.slot = message_key.py_func(int(Rank.CHANGE), int(state.changes.replica[0]), 0, 0), 0
    return state


def enlarge(state: State, kinds: Iterable[str], slots: int) -> State:
    """The same state with `slots` more slots of some `kinds`, as SLOTS names them, and a network heap to match."""
    clock, larger = state.clock[0], {}
    for kind in kinds:
        table, first = f"live_{kind}", f"free_{kind[:-1] if kind != 'entries' else 'entry'}"
        larger[table], clock[first] = _with_slots(getattr(state, table), slots, clock[first])
        clock[f"free_{kind}"] += slots
    if "tasks" in kinds:
        own = MEMORY.empty(slots * int(clock.task_memory_rows))
        larger["memory"] = np.concatenate([state.memory, own]).view(np.recarray)
    state = state._replace(**larger)
    # At most: a message a call, one a waiting thread, one a thinking client, one a replica that loads, the next change.
    most = len(state.live_calls) + len(state.live_threads) + int(clock.clients) + len(state.replicas) + 1
    network = MESSAGES.empty(most)
    network[: clock.messages] = state.network[: clock.messages]
    return state._replace(network=network)


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
    pools.decode_pool = pools.model = -1
    return Plan(0, 1, 1, 1, 0, pools, NODES.empty(1), np.ones(2), (), np.zeros((1, KNOBS)))


STATE_TYPE = numba.typeof(open_state(_smallest_plan()))
"""The one type of every state, for the kernels' signatures."""
