"""Tasks and their threads: how they begin and end (docs/engine.md, section 3).

`clock`, `task`, `thread` and `call` are rows, changed in place; the tables that a function changes besides are among
its arguments.
"""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import leaf, routine, section
from fleetsim.engine.core.events import message_key, push_message
from fleetsim.engine.core.keeping import forget_conversations
from fleetsim.engine.core.memory import forget, own_memory
from fleetsim.engine.core.rows import write_task
from fleetsim.tables import BLANK, LANES, Rank, Status

_ARRIVAL, _FINISHED = np.int64(Rank.ARRIVAL), int(Status.FINISHED)
_BLANK, _LANES = BLANK, LANES


@section
def post(network, clock, time_ns, rank, task_number, node, attempt, slot):
    """Put a message on its way."""
    clock.messages = push_message(network, clock.messages, time_ns, message_key(rank, task_number, node, attempt), slot)


@leaf
def attempt_of(thread):
    """The number that names all that a thread does in this round."""
    return _LANES * thread.rounds + thread.lane


@leaf
def new_thread(clock, live_threads, task_slot):
    """A thread of a task as it is at arrival, but for its context; returns its slot."""
    slot = clock.free_thread
    thread = live_threads[slot]
    clock.free_thread, clock.free_threads = thread.next, clock.free_threads - 1
    thread.task, thread.gathering, thread.lane, thread.rounds, thread.passes = task_slot, -1, 0, 0, 0
    thread.role, thread.good, thread.right, thread.label, thread.flagged = 0, 1, -1, _BLANK, 0
    thread.model, thread.maker_role, thread.sample, thread.pool, thread.tokens = -1, 0, 0, -1, 0
    thread.weight, thread.agreement, thread.tried_node, thread.best_node = 1.0, 0.0, -1, -1
    return slot


@leaf
def free_thread(slot, clock, live_threads):
    """Give a thread's slot back."""
    live_threads[slot].next = clock.free_thread
    clock.free_thread, clock.free_threads = slot, clock.free_threads + 1


@section
def new_task(fed, number, clock, live_tasks, live_threads, memory):
    """A task arrives; returns the slot of its thread."""
    slot = clock.free_task
    task = live_tasks[slot]
    clock.free_task, clock.free_tasks = task.next, clock.free_tasks - 1
    task.used, task.task, task.think_ns = 1, number, fed.think_ns
    task.class_id, task.domain, task.prompt, task.output = (
        fed.class_id,
        fed.domain,
        fed.prompt_tokens,
        fed.output_tokens,
    )
    task.threads, task.first_entry, task.learned_node = 1, -1, -1
    task.answer_pool, task.answer_tokens, task.calls, task.preemptions = -1, 0, 0, 0
    task.status, task.right, task.flagged = _FINISHED, -1, 0
    task.arrival_ns, task.first_token_ns, task.finish_ns = clock.now_ns, -1, -1
    if clock.task_memory_rows > 0:
        forget(own_memory(clock, slot), clock.task_memory_rows, memory)
    thread = new_thread(clock, live_threads, slot)
    live_threads[thread].context = fed.prompt_tokens
    return thread


@section
def end_task(task, clock, network):
    """A task has ended at its client now; in a closed loop the client's next one is on its way."""
    task.finish_ns = clock.now_ns
    if clock.clients > 0 and clock.now_ns + task.think_ns < clock.horizon_ns:
        post(network, clock, clock.now_ns + task.think_ns, _ARRIVAL, task.task + clock.clients, 0, 0, -1)


@section
def forget_task(task, slot, clock, live_tasks, live_entries, replicas, phases, out_tasks):
    """Write down a task that has ended and whose last thread is no more."""
    write_task(task, clock, out_tasks)
    if task.first_entry >= 0:
        forget_conversations(task, clock, live_tasks, live_entries, replicas, phases)
    task.used, task.next = 0, clock.free_task
    clock.free_task, clock.free_tasks = slot, clock.free_tasks + 1


@section
def end_thread(slot, state):
    """A thread is no more, nor is its task if it was the last one; returns the thread that ends next, or -1."""
    clock, thread = state.clock[0], state.live_threads[slot]
    task_slot, gathering = thread.task, thread.gathering
    task = state.live_tasks[task_slot]
    free_thread(slot, clock, state.live_threads)
    task.threads -= 1
    waiting = -1
    if gathering >= 0:
        state.live_gatherings[gathering].live -= 1
        waiting = dissolve(gathering, clock, state.live_threads, state.live_gatherings)
    if task.threads == 0:
        forget_task(
            task,
            task_slot,
            clock,
            state.live_tasks,
            state.live_entries,
            state.replicas,
            state.phases,
            state.out_tasks,
        )
    return waiting


@routine
def dissolve(at, clock, live_threads, live_gatherings):
    """Free a gathering if nobody is in it any more; returns the thread that waits for it in vain, or -1.

    A thread waits in vain where an outer gathering is closed: the threads it let go have died on their way.
    """
    gathering, waiting = live_gatherings[at], -1
    if gathering.live > 0 or gathering.forking:
        return -1
    if not gathering.closed:
        waiting, counted = gathering.thread, gathering.first_counted
        while counted >= 0:
            after = live_threads[counted].next
            free_thread(counted, clock, live_threads)
            counted = after
    gathering.next = clock.free_gathering
    clock.free_gathering, clock.free_gatherings = at, clock.free_gatherings + 1
    return waiting


@leaf
def is_doomed(thread, live_threads, live_gatherings):
    """Whether a thread dies on entering a node: a gathering around it is closed."""
    at = thread.gathering
    while at >= 0:
        gathering = live_gatherings[at]
        if gathering.closed:
            return True
        at = live_threads[gathering.thread].gathering
    return False
