"""The loop of the core: what is next, who acts, what follows (docs/engine.md, section 2)."""

from __future__ import annotations

from numba import types

from fleetsim.compiled import section, state_kernel
from fleetsim.engine.core.agenda import BAD_ORDER, DONE, NEED_ROOM, NEED_TASKS, PAUSED, follow, is_short, wake
from fleetsim.engine.core.calls import let_go
from fleetsim.engine.core.changing import change_replica, load, open_replica
from fleetsim.engine.core.ending import end_steps
from fleetsim.engine.core.endpoints import end_service
from fleetsim.engine.core.entries import keep_conversation, trim
from fleetsim.engine.core.events import pop_message, rank_of, reschedule, task_of
from fleetsim.engine.core.opening import STATE_TYPE
from fleetsim.engine.core.sampling import sample
from fleetsim.engine.core.state import NEVER
from fleetsim.engine.core.stepping import end_of_current_step, start_step
from fleetsim.engine.core.threads import new_task
from fleetsim.policies.balancers import SIGNATURE
from fleetsim.policies.scheduling import ORDER_SIGNATURE
from fleetsim.policies.selectors import SELECTOR_SIGNATURE
from fleetsim.tables import Rank

RULES = 8
"""How many different balancers, selectors and queue orders one plan may use: the loop takes so many functions."""

_BALANCERS = types.UniTuple(types.FunctionType(SIGNATURE), RULES)
_SELECTORS = types.UniTuple(types.FunctionType(SELECTOR_SIGNATURE), RULES)
_ORDERS = types.UniTuple(types.FunctionType(ORDER_SIGNATURE), RULES)
_CHANGE, _ANSWERED, _RETURN, _RESUME, _ARRIVAL, _TRANSFER, _DELIVER = (
    int(rank)
    for rank in (
        Rank.CHANGE,
        Rank.ANSWERED,
        Rank.RETURN,
        Rank.RESUME,
        Rank.ARRIVAL,
        Rank.TRANSFER,
        Rank.DELIVER,
    )
)
_REPLICA, _MESSAGE, _ROW = 0, 1, 2


@section
def next_event(clock, tasks, network, replica_due_ns):
    """What happens next and when: (time, kind). Times tie by rank, and a fed row is an ARRIVAL."""
    time_ns, kind = NEVER, _ROW
    if clock.clients == 0 and clock.next_row < clock.fed_rows:
        time_ns = tasks[clock.next_row].arrival_ns
    if clock.messages > 0:
        first = network[0]
        if first.time_ns < time_ns or (first.time_ns == time_ns and rank_of(first.key) < _ARRIVAL):
            time_ns, kind = first.time_ns, _MESSAGE
    change_first = kind == _MESSAGE and rank_of(network[0].key) == _CHANGE
    if replica_due_ns < time_ns or (replica_due_ns == time_ns and not change_first):
        time_ns, kind = replica_due_ns, _REPLICA
    return time_ns, kind


@section
def lacks_tasks(clock, network, kind):
    """Whether the next event, or one before it, needs a task row that has not been fed yet."""
    if clock.more_tasks == 0:
        return False
    if clock.clients == 0:
        return clock.next_row >= clock.fed_rows
    if clock.fed_rows == 0:
        return True
    key = network[0].key
    return kind == _MESSAGE and rank_of(key) == _ARRIVAL and task_of(key) - clock.first_task >= clock.fed_rows


@section
def lacks_room(clock, buffer_rows):
    """Whether the next event might overflow a buffer or find no free slot."""
    written = max(max(clock.call_rows, clock.task_rows), max(clock.run_rows, clock.sample_rows))
    return written + clock.margin > buffer_rows or is_short(clock)


@section
def start_waking(state, orders):
    """Let the replicas that were woken at this instant start their steps."""
    clock, replicas = state.clock[0], state.replicas
    for i in range(clock.waking):
        replica = replicas[state.waking[i]]
        replica.waking = 0
        due = start_step(
            replica,
            clock,
            orders,
            state.ordering,
            state.live_calls,
            state.live_tasks,
            state.live_entries,
            state.turns,
            state.phases,
            state.base_ns,
            state.out_runs,
        )
        reschedule(state.tree, state.due_ns, replica.row, due)
    clock.waking = 0


@section
def keep_finished(replica, first, state):
    """Keep the conversations of calls that have finished at a replica, in their order."""
    slot = first
    while slot >= 0:
        call = state.live_calls[slot]
        if state.nodes[call.node].keeps:
            keep_conversation(call, replica, state.clock[0], state.live_tasks, state.live_entries)
        slot = call.next


@section
def end_replica_steps(state, replica):
    """The replica's planned steps end: calls finish, and it goes on, or loads what it is being changed to."""
    clock = state.clock[0]
    reschedule(state.tree, state.due_ns, replica.row, NEVER)
    clock.finished = end_steps(
        replica,
        clock,
        state.ordering.lines,
        state.live_calls,
        state.live_tasks,
        state.live_entries,
        state.turns,
        state.phases,
        state.out_runs,
    )
    if replica.changed:
        replica.run_open = replica.changed = 0
    if replica.caches:
        keep_finished(replica, clock.finished, state)
    if replica.running > 0 or replica.waiting > 0:
        wake(replica, clock, state.waking)
    elif replica.closed:
        load(replica, clock, state.network)


@section
def change(state, row, number):
    """A replica is due for a change (a row of CHANGES), or has loaded (-1)."""
    clock, replica = state.clock[0], state.replicas[number]
    book = state.books[replica.pool]
    if row < 0:
        open_replica(replica, book, state.versions)
        trim(replica, 0, clock, state.live_tasks, state.live_entries)
        return
    if state.changes[row].forgets and state.changes[row].in_place and not replica.closed:
        trim(replica, 0, clock, state.live_tasks, state.live_entries)
    if change_replica(row, replica, book, clock, state.changes, state.versions, state.network):
        reschedule(state.tree, state.due_ns, number, end_of_current_step(replica, clock.now_ns))


@section
def receive(state):
    """The first message arrives; returns the agenda that follows from it, see `happen`."""
    clock, network, live_calls = state.clock[0], state.network, state.live_calls
    delivered, entering, node, returned = -1, -1, 0, -1
    key, slot = network[0].key, network[0].slot
    rank = rank_of(key)
    clock.messages = pop_message(network, clock.messages)
    if rank == _DELIVER:
        delivered = slot
    elif rank == _RETURN:
        returned = slot
    elif rank == _RESUME:
        entering, node = slot, state.live_threads[slot].node
    elif rank == _ARRIVAL:
        number = task_of(key)
        fed = state.tasks[number - clock.first_task]
        entering = new_task(fed, number, clock, state.live_tasks, state.live_threads, state.memory)
    elif rank == _ANSWERED:
        call = live_calls[slot]
        replica, pool = state.replicas[call.replica], state.pools[call.pool]
        end_service(call, state.live_tasks[call.task], pool, replica, clock, state.out_runs)
        call.next, clock.finished = -1, slot
    elif rank == _TRANSFER:
        replica = state.replicas[live_calls[slot].replica]
        let_go(live_calls[slot], replica, clock)
        if replica.waiting > 0 and not replica.stepping:
            wake(replica, clock, state.waking)
        delivered = slot
    else:
        change(state, slot, task_of(key))
    return delivered, entering, node, returned


@section
def happen(state, kind):
    """The next event happens.

    Returns the agenda that follows: the call that reaches its pool, the thread that enters a node, that node, the call
    that comes back to its client; -1 for none. Calls that finish at their replica are in the clock.
    """
    clock, entering = state.clock[0], -1
    if kind == _REPLICA:
        end_replica_steps(state, state.replicas[state.tree[1]])
    elif kind == _ROW:
        number = clock.first_task + clock.next_row
        fed = state.tasks[clock.next_row]
        entering = new_task(fed, number, clock, state.live_tasks, state.live_threads, state.memory)
        clock.next_row += 1
    else:
        return receive(state)
    return -1, entering, 0, -1


@state_kernel(types.UniTuple(types.int64, 2)(STATE_TYPE, types.int64, _BALANCERS, _SELECTORS, _ORDERS))
def advance(state, events, balancers, selectors, orders):
    """Handle up to `events` events; returns (status, events handled). Changes: everything."""
    clock = state.clock[0]
    for handled in range(events):
        if state.ordering.fault[0].found:
            return BAD_ORDER, handled
        if lacks_room(clock, len(state.out_calls)):
            return NEED_ROOM, handled
        delivered, entering, node, returned = -1, -1, 0, -1
        if not clock.busy:
            time_ns, kind = next_event(clock, state.tasks, state.network, state.due_ns[state.tree[1]])
            if clock.waking > 0 and time_ns > clock.now_ns:
                start_waking(state, orders)
                continue
            if lacks_tasks(clock, state.network, kind):
                return NEED_TASKS, handled
            if clock.next_sample_ns < time_ns:
                sample(clock, state.replicas, state.phases, state.out_samples)
                continue
            if time_ns > clock.stop_ns:
                return DONE, handled
            clock.now_ns = time_ns
            delivered, entering, node, returned = happen(state, kind)
        status = follow(state, delivered, entering, node, returned, balancers, selectors, orders)
        clock.busy = status == NEED_ROOM
        if status != PAUSED:
            return status, handled
    return PAUSED, events
