"""Calls on their way: sent, judged and given to a replica, handed back (docs/engine.md, sections 3, 3a and 4).

`clock`, `task`, `thread`, `call`, `node`, `pool`, `book` and `replica` are rows, changed in place; see `threads.py`.
"""

from __future__ import annotations

import math

import numpy as np

from fleetsim.compiled import routine, section
from fleetsim.engine.core.queueing import blocks_of, line_up
from fleetsim.engine.core.rows import write_call
from fleetsim.engine.core.stepping import blocks_held
from fleetsim.engine.core.threads import attempt_of, end_task, post
from fleetsim.luck import Stream, bits
from fleetsim.quality.answers import ease, is_right, label, length_factor
from fleetsim.tables import BLANK, REFUSAL_NS, Rank, Status

_RETURN, _TRANSFER = np.int64(Rank.RETURN), np.int64(Rank.TRANSFER)
_BALANCE_LUCK = np.int64(Stream.BALANCE)
_FINISHED, _CUT, _REFUSED = int(Status.FINISHED), int(Status.CUT), int(Status.REFUSED_CONTEXT)
_BLANK = BLANK


@section
def new_call(task, thread, thread_slot, node, node_number, answer_pool, clock, live_calls):
    """A thread at a CALL node sends a call, to be answered by `answer_pool`; returns its slot."""
    slot = clock.free_call
    call = live_calls[slot]
    clock.free_call, clock.free_calls = call.next, clock.free_calls - 1
    call.used, call.task, call.thread, call.node, call.pool = 1, thread.task, thread_slot, node_number, node.pool
    call.attempt, call.role, call.replica = attempt_of(thread), node.role + thread.role, -1
    prompt = thread.context if node.context else (task.prompt if node.prompt_tokens < 0 else node.prompt_tokens)
    call.prompt = max(prompt + node.added_tokens, 1)
    if 0 <= node.prompt_limit < call.prompt:
        call.prompt = node.prompt_limit
    call.output = task.output if node.output_tokens < 0 else node.output_tokens
    if node.output_scale != 1.0:
        call.output = max(math.floor(node.output_scale * call.output + 0.5), 1)
    call.target, call.done, call.chunk, call.emitted, call.cached = call.prompt, 0, 0, 0, 0
    call.preemptions, call.decoding, call.status, call.last_token_ns = 0, 0, _FINISHED, -1
    call.imported, call.fresh, call.prefill_replica, call.transferred_ns = 0, 0, -1, -1
    call.model, call.right, call.label = -1, -1, _BLANK
    call.sent_ns, call.queued_ns, call.admitted_ns, call.first_token_ns = clock.now_ns, -1, -1, -1
    call.answers, call.continues = node.answers, node.context
    task.calls += 1
    if node.answers:
        task.answer_pool, task.answer_tokens, task.first_token_ns = answer_pool, 0, -1
        task.status = _FINISHED
    return slot


@section
def refuse(call, slot, task_number, pool, status, clock, network):
    """A pool refuses a call: the refusal is on its way."""
    call.status = status
    back_ns = clock.now_ns + max(pool.return_delay_ns, REFUSAL_NS)
    post(network, clock, back_ns, _RETURN, task_number, call.node, call.attempt, slot)


@routine
def judge(call, node, model, task_number, domain, seed, quality):
    """A model gets a call: whether its answer will be right, and how long it will be where difficulty tells."""
    if not node.solves and not node.coupled:
        return
    easy = ease(quality, seed, task_number, domain, model, call.role, call.attempt)
    if node.solves:
        call.right = is_right(quality, seed, task_number, domain, model, call.role, node.probit, easy)
        call.label = label(quality, seed, task_number, domain, model, call.role, call.attempt, call.right)
    if node.coupled:
        factor = length_factor(quality, seed, task_number, model, call.role, call.attempt, easy)
        call.output = max(math.floor(factor * call.output + 0.5), 1)


@section
def accept(call, task, longest):
    """A pool takes a call whose answer may be as long as `longest`: it is cut to that."""
    if call.output > longest:
        call.output, call.status = longest, _CUT
    if call.answers:
        task.answer_tokens = call.output


@section
def look(pool, replicas, signals, phases, now_ns):
    """Bring the kv_blocks signals of a pool's replicas up to date: steps that start now are not seen yet."""
    for r in range(pool.first_replica, pool.first_replica + pool.replicas):
        signals[r].kv_blocks = blocks_held(replicas[r], phases, now_ns - 1) + replicas[r].waiting_blocks


@routine
def gather_open(pool, replicas, signals, open_signals, open_rows):
    """Put the signals and rows of a pool's open replicas one behind the other."""
    count = 0
    for r in range(pool.first_replica, pool.first_replica + pool.replicas):
        if not replicas[r].closed:
            open_signals[count] = signals[r]
            open_rows[count] = r
            count += 1


@section
def choose(call, task_number, pool, book, clock, state, balancers):
    """Ask the pool's balancer for a replica; -1, with the culprit noted, if its answer is not of the pool."""
    first, count = pool.first_replica, pool.replicas - book.closed
    luck = bits(clock.seed, _BALANCE_LUCK, task_number, call.node, 2 * call.attempt + call.imported)
    signals, turn = state.signals[first : first + count], book.turn
    if book.closed > 0:
        gather_open(pool, state.replicas, state.signals, state.open_signals, state.open_rows)
        signals = state.open_signals[:count]
    if turn >= count:
        turn = turn % count
    rule = balancers[pool.balancer]
    choice = rule(signals, turn, luck, state.knobs[call.pool])
    if choice < 0 or choice >= count:
        clock.culprit_place, clock.culprit_task, clock.culprit_choice = call.pool, task_number, choice
        return -1
    book.turn = choice + 1
    return first + choice if book.closed == 0 else state.open_rows[choice]


@section
def assign(call, slot, class_id, replica, signal, now_ns, orders, ordering, live_calls):
    """Give a call to a replica; tells whether that must look at it as soon as its step has ended."""
    call.replica = replica.row
    signal.outstanding += 1
    signal.outstanding_tokens += call.prompt
    return line_up(replica, slot, class_id, now_ns, orders, ordering, live_calls)


@section
def depart(call, slot, replica, signal, task_number, clock, network):
    """A call's prefill is complete: its KV is on its way to the pool that decodes it; its blocks stay held."""
    signal.outstanding -= 1
    signal.outstanding_tokens -= call.prompt
    start_ns = max(clock.now_ns, replica.link_free_ns)
    replica.link_free_ns = start_ns + math.floor(replica.transfer_ns_per_token * call.target + 0.5)
    there_ns = max(replica.link_free_ns + replica.transfer_latency_ns, clock.now_ns + 1)
    post(network, clock, there_ns, _TRANSFER, task_number, call.node, call.attempt, slot)


@section
def let_go(call, replica, clock):
    """A call's KV has reached the pool that decodes it: the replica that prefilled it frees its blocks."""
    replica.free_blocks += blocks_of(call.target, replica.block_tokens)
    call.transferred_ns, call.prefill_replica = clock.now_ns, replica.row
    call.pool = replica.decode_pool


@section
def hand_over(call, task, signal, clock, out_calls):
    """A call has finished at its replica now."""
    signal.outstanding -= 1
    signal.outstanding_tokens -= call.prompt
    write_call(call, task.task, call.status, clock.now_ns, clock, out_calls)
    call.used = 2
    task.preemptions += call.preemptions
    if call.answers and call.status == _CUT:
        task.status = _CUT


@section
def take_back(call, thread, node):
    """The client has a call's answer: it is the thread's from now on."""
    if node.keeps:
        thread.context = call.prompt + call.output
    thread.pool, thread.tokens = call.pool, call.output
    if node.solves:
        if node.chain and thread.right == 0:
            thread.good = 0
        thread.right, thread.label, thread.weight, thread.agreement = call.right, call.label, node.weight, 0.0
        thread.flagged = 1 if call.label == _BLANK and call.right >= 0 else 0
        thread.model, thread.maker_role, thread.sample = call.model, call.role, call.attempt


@routine
def turn_away(call, task, thread, node, pools, nodes, live_gatherings, clock, network, out_calls):
    """The client learns that a call was refused; returns the node where its thread goes on, -1: its task has ended."""
    write_call(call, task.task, call.status, -1, clock, out_calls)
    if node.other >= 0:
        return node.other
    if thread.gathering >= 0:
        judged = node.solves and pools[node.pool].model >= 0
        thread.right, thread.label, thread.flagged = 0 if judged else -1, _BLANK, 1
        return nodes[live_gatherings[thread.gathering].fork].join
    task.status, task.right, task.flagged = call.status, 0 if clock.judged else -1, 1
    end_task(task, clock, network)
    return -1


@section
def come_back(call, slot, task, state):
    """The client has the answer, or the refusal, of a call; returns the node where its thread goes on, -1: nowhere."""
    clock, thread, node = state.clock[0], state.live_threads[call.thread], state.nodes[call.node]
    follows = node.next
    if call.status < _REFUSED:
        take_back(call, thread, node)
    else:
        follows = turn_away(
            call,
            task,
            thread,
            node,
            state.pools,
            state.nodes,
            state.live_gatherings,
            clock,
            state.network,
            state.out_calls,
        )
    call.used, call.next = 0, clock.free_call
    clock.free_call, clock.free_calls = slot, clock.free_calls + 1
    return follows
