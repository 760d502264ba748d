"""The loop of the core: what is next, who acts, what follows (docs/engine.md, section 2)."""

from __future__ import annotations

from numba import types

from fleetsim.compiled import section, state_kernel
from fleetsim.engine.core.ending import end_steps
from fleetsim.engine.core.events import pop_message, rank_of, reschedule, task_of
from fleetsim.engine.core.flow import (
    assign,
    choose,
    come_back,
    depart,
    end_task,
    hand_over,
    is_accepted,
    let_go,
    look,
    new_call,
    new_task,
    next_act,
    post,
)
from fleetsim.engine.core.opening import STATE_TYPE
from fleetsim.engine.core.sampling import sample
from fleetsim.engine.core.state import NEVER
from fleetsim.engine.core.stepping import end_of_current_step, start_step
from fleetsim.policies.balancers import SIGNATURE
from fleetsim.tables import NodeKind, Rank

DONE, PAUSED, NEED_TASKS, NEED_ROOM, BAD_CHOICE = 0, 1, 2, 3, 4
"""Why `advance` returned: all is done; its share of events is; rows must be fed; buffers must be drained or
slots added; a balancer chose no replica of its pool."""

BALANCERS = 8
"""How many different balancers one plan may use: the compiled loop takes them as that many functions."""

_RULES = types.UniTuple(types.FunctionType(SIGNATURE), BALANCERS)
_RETURN, _ARRIVAL = int(Rank.RETURN), int(Rank.ARRIVAL)
_TRANSFER, _DELIVER = int(Rank.TRANSFER), int(Rank.DELIVER)
_REPLICA, _MESSAGE, _ROW = 0, 1, 2
_CALL = int(NodeKind.CALL)


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
    if replica_due_ns <= time_ns:
        time_ns, kind = replica_due_ns, _REPLICA
    return time_ns, kind


@section
def wake(replica, clock, waking):
    """Let a replica start a step at the end of this instant."""
    if not replica.waking:
        replica.waking = 1
        waking[clock.waking] = replica.row
        clock.waking += 1


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
    return written + clock.margin > buffer_rows or min(clock.free_calls, clock.free_tasks) < clock.margin


@section
def start_waking(state):
    """Let the replicas that were woken at this instant start their steps."""
    clock, replicas = state.clock[0], state.replicas
    for i in range(clock.waking):
        replica = replicas[state.waking[i]]
        replica.waking = 0
        due = start_step(replica, clock, state.live_calls, state.turns, state.phases, state.base_ns, state.out_runs)
        reschedule(state.tree, state.due_ns, replica.row, due)
    clock.waking = 0


@section
def happen(state, kind):
    """The next event: calls finish, a call reaches its pool or comes back, or a task arrives.

    Returns the agenda that follows at this instant: the finished calls (a list linked by `next`), the call that is
    delivered, the task that enters a node, and that node; -1 for none.
    """
    clock, network, live_calls, live_tasks = state.clock[0], state.network, state.live_calls, state.live_tasks
    finished, delivered, entering, node = -1, -1, -1, 0
    if kind == _REPLICA:
        replica = state.replicas[state.tree[1]]
        reschedule(state.tree, state.due_ns, replica.row, NEVER)
        finished = end_steps(replica, clock, live_calls, live_tasks, state.turns, state.phases, state.out_runs)
        if replica.running > 0 or replica.waiting > 0:
            wake(replica, clock, state.waking)
    elif kind == _ROW:
        entering = new_task(state.tasks[clock.next_row], clock.first_task + clock.next_row, clock, live_tasks)
        clock.next_row += 1
    else:
        key, slot = network[0].key, network[0].slot
        clock.messages = pop_message(network, clock.messages)
        if rank_of(key) == _DELIVER:
            delivered = slot
        elif rank_of(key) == _TRANSFER:
            replica = state.replicas[live_calls[slot].replica]
            let_go(live_calls[slot], replica, clock)
            if replica.waiting > 0 and not replica.stepping:
                wake(replica, clock, state.waking)
            delivered = slot
        elif rank_of(key) == _ARRIVAL:
            number = task_of(key)
            entering = new_task(state.tasks[number - clock.first_task], number, clock, live_tasks)
        else:
            call = live_calls[slot]
            task = live_tasks[call.task]
            if come_back(call, slot, task, clock, live_calls, live_tasks, network, state.out_calls, state.out_tasks):
                entering, node = call.task, state.nodes[call.node].next
    return finished, delivered, entering, node


@section
def reach_pool(state, slot, balancers):
    """A call reaches its pool: it is refused, or a replica gets it. False if the balancer chose none of the pool."""
    clock, call = state.clock[0], state.live_calls[slot]
    task, pool = state.live_tasks[call.task], state.pools[call.pool]
    if not call.imported:
        decode_pool = state.pools[call.pool if pool.decode_pool < 0 else pool.decode_pool]
        if not is_accepted(call, slot, task, pool, decode_pool, clock, state.network):
            return True
    if pool.reads_kv:
        look(pool, state.replicas, state.signals, state.phases, clock.now_ns)
    r = choose(call, task.task, pool, clock, state.signals, state.looks, state.knobs, balancers)
    if r < 0:
        return False
    replica = state.replicas[r]
    assign(call, slot, replica, state.signals[r], state.live_calls)
    if not replica.stepping:
        wake(replica, clock, state.waking)
    elif replica.waiting == 1 and replica.running < replica.max_num_seqs:
        reschedule(state.tree, state.due_ns, r, end_of_current_step(replica, clock.now_ns))
    return True


@section
def follow(state, finished, delivered, entering, node, balancers):
    """All that follows from an event at its instant. False if a balancer chose no replica of its pool."""
    clock, network, live_calls, live_tasks = state.clock[0], state.network, state.live_calls, state.live_tasks
    pools, nodes, out_calls, out_tasks = state.pools, state.nodes, state.out_calls, state.out_tasks
    good = True
    while good:
        if delivered >= 0:
            good = reach_pool(state, delivered, balancers)
            delivered = -1
        elif entering >= 0:
            task = live_tasks[entering]
            node = next_act(clock.seed, task, node, nodes, state.branch_targets, state.branch_cdf)
            if nodes[node].kind == _CALL:
                pool = pools[nodes[node].pool]
                answer_pool = nodes[node].pool if pool.decode_pool < 0 else pool.decode_pool
                slot = new_call(task, entering, nodes[node], node, answer_pool, clock, live_calls)
                delay_ns = pool.delay_ns
                if delay_ns == 0:
                    delivered = slot
                else:
                    post(network, clock, clock.now_ns + delay_ns, _DELIVER, task.task, node, slot)
            else:
                end_task(task, entering, clock, live_tasks, network, out_tasks)
            entering = -1
        elif finished >= 0:
            slot, call = finished, live_calls[finished]
            finished, task = call.next, live_tasks[call.task]
            if call.imported:
                depart(call, slot, state.replicas[call.replica], state.signals[call.replica], task.task, clock, network)
                continue
            hand_over(call, task, state.signals[call.replica], clock, out_calls)
            delay_ns = pools[call.pool].return_delay_ns
            if delay_ns == 0:
                come_back(call, slot, task, clock, live_calls, live_tasks, network, out_calls, out_tasks)
                entering, node = call.task, nodes[call.node].next
            else:
                post(network, clock, clock.now_ns + delay_ns, _RETURN, task.task, call.node, slot)
        else:
            break
    return good


@state_kernel(types.UniTuple(types.int64, 2)(STATE_TYPE, types.int64, _RULES))
def advance(state, events, balancers):
    """Handle up to `events` events; returns (status, events handled). Changes: everything."""
    clock = state.clock[0]
    for handled in range(events):
        if lacks_room(clock, len(state.out_calls)):
            return NEED_ROOM, handled
        time_ns, kind = next_event(clock, state.tasks, state.network, state.due_ns[state.tree[1]])
        if clock.waking > 0 and time_ns > clock.now_ns:
            start_waking(state)
        elif lacks_tasks(clock, state.network, kind):
            return NEED_TASKS, handled
        elif clock.next_sample_ns < time_ns:
            sample(clock, state.replicas, state.phases, state.out_samples)
        elif time_ns > clock.stop_ns:
            return DONE, handled
        else:
            clock.now_ns = time_ns
            finished, delivered, entering, node = happen(state, kind)
            if not follow(state, finished, delivered, entering, node, balancers):
                return BAD_CHOICE, handled
    return PAUSED, events
