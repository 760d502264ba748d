"""What follows from an event at its instant: the agenda, worked off (docs/engine.md, sections 2 to 4)."""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import section
from fleetsim.engine.core.calls import (
    accept,
    assign,
    choose,
    come_back,
    depart,
    hand_over,
    judge,
    look,
    refuse,
)
from fleetsim.engine.core.endpoints import is_out, serve
from fleetsim.engine.core.events import reschedule
from fleetsim.engine.core.graph import BAD, enter
from fleetsim.engine.core.joins import fork_thread, stop_forking
from fleetsim.engine.core.keeping import hide_kept, show_kept
from fleetsim.engine.core.stepping import end_of_current_step
from fleetsim.engine.core.threads import end_thread, post
from fleetsim.tables import LANES, Rank, Status

DONE, PAUSED, NEED_TASKS, NEED_ROOM, BAD_CHOICE, BAD_BRANCH, BAD_ORDER = 0, 1, 2, 3, 4, 5, 6
"""Why `advance` returned: all is done; its share of events is; rows must be fed; buffers must be drained or
slots added; a balancer chose no replica of its pool; a selector chose no branch of its node; a queue's
order said what is no finite number."""

_RETURN, _FINISHED, _LANES = np.int64(Rank.RETURN), int(Status.FINISHED), LANES
_CONTEXT, _KV, _OUTAGE, _CLOSED = (
    int(status) for status in (Status.REFUSED_CONTEXT, Status.REFUSED_KV, Status.REFUSED_OUTAGE, Status.REFUSED_CLOSED)
)


@section
def wake(replica, clock, waking):
    """Let a replica start a step at the end of this instant."""
    if not replica.waking:
        replica.waking = 1
        waking[clock.waking] = replica.row
        clock.waking += 1


@section
def is_short(clock):
    """Whether slots are too few for what one event may need."""
    return (
        min(min(clock.free_calls, clock.free_tasks), min(clock.free_threads, clock.free_gatherings)) < clock.margin
        or clock.free_entries < clock.margin
    )


@section
def ask_pool(call, slot, task, node, pool, kv_tokens, state):
    """What a pool says to a call at its door: the status of a refusal, or FINISHED if it takes it."""
    book = state.books[call.pool]
    if pool.outages > 0 and is_out(pool, state.outages, call.queued_ns):
        return _OUTAGE
    if pool.endpoint:
        replica, signal = state.replicas[pool.first_replica], state.signals[pool.first_replica]
        return serve(
            call,
            slot,
            task,
            node,
            pool,
            book,
            replica,
            signal,
            state.clock[0],
            state.times_ns,
            state.quality,
            state.network,
        )
    if book.closed == pool.replicas:
        return _CLOSED
    if call.prompt >= pool.context_tokens:
        return _CONTEXT
    return _KV if call.prompt > min(kv_tokens, pool.kv_blocks * pool.block_tokens) else _FINISHED


@section
def find_replica(call, task, pool, state, balancers):
    """The replica that the pool's balancer chooses for a call; -1 if its answer is none of the pool."""
    clock = state.clock[0]
    if pool.reads_kv:
        look(pool, state.replicas, state.signals, state.phases, clock.now_ns)
    if pool.caches:
        lane, entries = call.attempt % _LANES, state.live_entries
        show_kept(
            task, lane, clock.now_ns, clock, state.replicas, state.signals, state.phases, state.live_tasks, entries
        )
    r = choose(call, task.task, pool, state.books[call.pool], clock, state, balancers)
    if pool.caches:
        hide_kept(task, state.signals, state.live_entries)
    return r


@section
def reach_pool(state, slot, balancers, orders):
    """A call reaches its pool: it is refused, or a replica gets it. False if the balancer chose none."""
    clock, call = state.clock[0], state.live_calls[slot]
    task, pool = state.live_tasks[call.task], state.pools[call.pool]
    decoder = state.pools[call.pool if pool.decode_pool < 0 else pool.decode_pool]
    node, kv_tokens = state.nodes[call.node], decoder.kv_blocks * decoder.block_tokens
    if not call.imported:
        call.queued_ns = clock.now_ns
        status = ask_pool(call, slot, task, node, pool, kv_tokens, state)
        if status != _FINISHED:
            refuse(call, slot, task.task, pool, status, clock, state.network)
        if status != _FINISHED or pool.endpoint:
            return True
    r = find_replica(call, task, pool, state, balancers)
    if r < 0:
        return False
    replica = state.replicas[r]
    if not call.imported:
        call.model = replica.model
        if replica.model >= 0:
            judge(call, node, replica.model, task.task, task.domain, clock.seed, state.quality)
        accept(call, task, min(pool.context_tokens - call.prompt, kv_tokens - call.prompt + 1))
    signal, ordering = state.signals[r], state.ordering
    urgent = assign(call, slot, task.class_id, replica, signal, clock.now_ns, orders, ordering, state.live_calls)
    if not replica.stepping:
        wake(replica, clock, state.waking)
    elif urgent:
        reschedule(state.tree, state.due_ns, r, end_of_current_step(replica, clock.now_ns))
    return True


@section
def hand_back(state):
    """The first finished call leaves its replica: its answer travels, or its KV does.

    Returns it if its client has the answer at once, else -1.
    """
    clock = state.clock[0]
    slot = clock.finished
    call = state.live_calls[slot]
    task, signal = state.live_tasks[call.task], state.signals[call.replica]
    clock.finished = call.next
    if call.imported:
        depart(call, slot, state.replicas[call.replica], signal, task.task, clock, state.network)
        return -1
    hand_over(call, task, signal, clock, state.out_calls)
    delay_ns = state.pools[call.pool].return_delay_ns
    if delay_ns > 0:
        post(state.network, clock, clock.now_ns + delay_ns, _RETURN, task.task, call.node, call.attempt, slot)
        return -1
    return slot


@section
def let_thread_go(state, at):
    """A gathering lets its next thread go, unless it is closed or has let all go.

    Returns the thread that enters a node, that node, and the thread that is no more; -1 for none.
    """
    clock, gathering = state.clock[0], state.live_gatherings[at]
    node = state.nodes[gathering.fork]
    if gathering.closed or gathering.released == node.branches:
        return -1, 0, stop_forking(at, clock, state.live_threads, state.live_gatherings)
    target = state.branch_targets[node.first_branch + gathering.released]
    return fork_thread(at, node, clock, state.live_tasks, state.live_threads, state.live_gatherings), target, -1


@section
def follow(state, delivered, entering, node, returned, balancers, selectors, orders):
    """Work off the agenda of an instant; returns PAUSED when that is done, or why it cannot be.

    It is in the order of the branches here: all that follows from one thread comes before the next one is let go, and
    all that follows from one finished call before the next one is handed back. What is left when room is wanted is in
    the clock.
    """
    clock, ending = state.clock[0], -1
    while True:
        if ending >= 0:
            ending = end_thread(ending, state)
        elif delivered >= 0:
            if not reach_pool(state, delivered, balancers, orders):
                return BAD_CHOICE
            delivered = -1
        elif entering >= 0:
            delivered, entering, node, ending = enter(state, entering, node, selectors)
            if node == BAD:
                return BAD_BRANCH
        elif returned >= 0:
            call = state.live_calls[returned]
            entering = call.thread
            node = come_back(call, returned, state.live_tasks[call.task], state)
            returned = -1
            if node < 0:
                ending, entering = entering, -1
        elif clock.forking >= 0:
            if is_short(clock):
                return NEED_ROOM
            entering, node, ending = let_thread_go(state, clock.forking)
        elif clock.finished >= 0:
            returned = hand_back(state)
        else:
            return PAUSED
