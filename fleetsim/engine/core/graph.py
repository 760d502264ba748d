"""What nodes do with a thread that enters them (docs/engine.md, section 3).

`clock`, `task`, `thread` and `node` are rows, changed in place; see `threads.py`.
"""

from __future__ import annotations

import math

import numpy as np

from fleetsim.compiled import routine, section
from fleetsim.engine.core.calls import new_call
from fleetsim.engine.core.choosing import branch_by_shares, fill_loads, fill_options, guess
from fleetsim.engine.core.joins import join, open_gathering
from fleetsim.engine.core.live import PASS_BITS
from fleetsim.engine.core.memory import own_memory, report, worth
from fleetsim.engine.core.threads import attempt_of, end_task, is_doomed, post
from fleetsim.luck import Stream, bits, uniform
from fleetsim.quality.answers import loop_luck, score
from fleetsim.tables import BLANK, Learns, Look, NodeKind, Rank

_CALL, _SELECT, _END, _FORK = int(NodeKind.CALL), int(NodeKind.SELECT), int(NodeKind.END), int(NodeKind.FORK)
_JOIN, _VERIFY, _LOOP = int(NodeKind.JOIN), int(NodeKind.VERIFY), int(NodeKind.LOOP)
_ANSWER, _AGREEMENT, _ELAPSED = int(Look.ANSWER), int(Look.AGREEMENT), int(Look.ELAPSED)
_RESUME, _DELIVER = np.int64(Rank.RESUME), np.int64(Rank.DELIVER)
_DELAY_LUCK, _SELECTOR_LUCK = np.int64(Stream.DELAY), np.int64(Stream.SELECTOR)
BAD = -2
_PASSES, _BLANK, _OWN_TASK = (1 << PASS_BITS) - 1, BLANK, int(Learns.OWN_TASK)


@section
def send(task, thread, slot, node, number, state):
    """A thread makes a call; returns it if it reaches its pool at once, else -1."""
    clock, pool = state.clock[0], state.pools[node.pool]
    answer_pool = node.pool if pool.decode_pool < 0 else pool.decode_pool
    call = new_call(task, thread, slot, node, number, answer_pool, clock, state.live_calls)
    if pool.delay_ns > 0:
        there_ns = clock.now_ns + pool.delay_ns
        post(state.network, clock, there_ns, _DELIVER, task.task, number, attempt_of(thread), call)
        call = -1
    return call


@routine
def keep_best(thread, number, seen):
    """Let a thread go back to the best answer that a VERIFY has seen of it; returns that one's score."""
    seen = -math.inf if thread.label == _BLANK else seen
    if thread.best_node == number and thread.best_score >= seen:
        thread.right, thread.label, thread.context = thread.best_right, thread.best_label, thread.best_context
        thread.model, thread.maker_role, thread.sample = thread.best_model, thread.best_maker_role, thread.best_sample
        thread.pool, thread.tokens, thread.weight = thread.best_pool, thread.best_tokens, thread.best_weight
        thread.agreement = thread.best_agreement
        return thread.best_score
    thread.best_node, thread.best_score = number, seen
    thread.best_right, thread.best_label, thread.best_context = thread.right, thread.label, thread.context
    thread.best_model, thread.best_maker_role, thread.best_sample = thread.model, thread.maker_role, thread.sample
    thread.best_pool, thread.best_tokens, thread.best_weight = thread.pool, thread.tokens, thread.weight
    thread.best_agreement = thread.agreement
    return seen


@routine
def verify(node, number, thread, task, first, clock, quality, nodes, options, memory):
    """Look at the thread; returns the node that follows. What its task remembers begins at `first` of the memory."""
    if node.look == _ANSWER:
        seen = score(
            quality,
            clock.seed,
            task.task,
            thread.model,
            thread.maker_role,
            thread.sample,
            thread.right,
            node.separation,
        )
        if thread.tried_node >= 0:
            told = worth(thread.label, seen, node.separation)
            tried, branch, domain = thread.tried_node, thread.tried_branch, thread.tried_domain
            attempt = attempt_of(thread)
            report(clock.seed, task.task, tried, branch, domain, told, attempt, nodes, options, memory, first)
            thread.tried_node = -1
        if node.keeps_best:
            seen = keep_best(thread, number, seen)
        passes = thread.label != _BLANK and seen >= node.threshold
        thread.flagged = 0 if passes else 1
    elif node.look == _AGREEMENT:
        passes = thread.agreement >= node.threshold
    elif node.look == _ELAPSED:
        passes = clock.now_ns - task.arrival_ns <= node.threshold
    else:
        passes = thread.context <= node.threshold
    return node.next if passes else node.other


@routine
def loop(node, number, thread, task, clock, times_ns, quality):
    """Count a pass of a loop; returns the node that follows."""
    most = node.limit
    if node.times_offset >= 0:
        luck = loop_luck(
            quality,
            clock.seed,
            task.task,
            task.domain,
            number,
            np.int64(node.model),
            thread.role,
            thread.lane,
            node.difficulty,
        )
        most = min(most, times_ns[node.times_offset + int(luck * node.times_count)])
    shift = PASS_BITS * int(node.depth)
    passes = (thread.passes >> shift) & _PASSES
    thread.passes &= (1 << shift) - 1
    if passes >= most:
        return node.other
    thread.passes += (passes + 1) << shift
    if passes > 0:
        thread.rounds += 1
    return node.next


@routine
def delay(node, number, thread, slot, task, clock, times_ns, network):
    """Let a thread wait; returns the node that follows if that takes no time, else -1."""
    attempt = attempt_of(thread)
    luck = uniform(clock.seed, _DELAY_LUCK, task.task, number, attempt)
    wait_ns = times_ns[node.times_offset + int(luck * node.times_count)]
    if wait_ns == 0:
        return node.next
    thread.node = node.next
    post(network, clock, clock.now_ns + wait_ns, _RESUME, task.task, number, attempt, slot)
    return -1


@section
def select(task, thread, node, number, state, selectors):
    """The branch a thread takes; -1, with the culprit noted, if the selector's answer is none."""
    clock = state.clock[0]
    if node.selector < 0:
        return branch_by_shares(clock.seed, task, thread, node, number, state.branch_cdf)
    guessed = guess(clock.seed, task, thread, node, number, clock.domains, state.branch_cdf)
    rows = state.option_signals[: node.branches]
    bound = state.bounds[node.selector]
    fill_options(
        clock,
        task,
        thread.role,
        node,
        guessed,
        bound,
        state.options,
        state.option_ability,
        state.quality,
        state.memory,
        own_memory(clock, thread.task) if node.learns == _OWN_TASK else np.int64(0),
        rows,
    )
    fill_loads(node, state.options, state.pools, state.signals, rows)
    rule = selectors[node.selector]
    luck = bits(clock.seed, _SELECTOR_LUCK, task.task, number, attempt_of(thread))
    branch = rule(rows, luck, state.selector_knobs[node.selector])
    if branch < 0 or branch >= node.branches:
        clock.culprit_place, clock.culprit_task, clock.culprit_choice = number, task.task, branch
        return -1
    if node.learns == _OWN_TASK:
        thread.tried_node, thread.tried_branch, thread.tried_domain = number, branch, guessed
    elif node.learns:
        task.learned_node, task.learned_branch, task.learned_domain = number, branch, guessed
    return branch


@section
def reach_end(task, thread, state):
    """A thread reaches an END: its task has ended."""
    clock = state.clock[0]
    task.right = -1 if thread.right < 0 else (1 if thread.right == 1 and thread.good else 0)
    task.flagged = thread.flagged
    if task.answer_pool < 0:
        task.answer_pool, task.answer_tokens, task.first_token_ns = thread.pool, thread.tokens, clock.now_ns
    if task.learned_node >= 0 and task.right >= 0:
        report(
            clock.seed,
            task.task,
            task.learned_node,
            task.learned_branch,
            task.learned_domain,
            np.float64(task.right),
            np.int64(0),
            state.nodes,
            state.options,
            state.memory,
            np.int64(0),
        )
    end_task(task, clock, state.network)


@section
def enter(state, slot, number, selectors):
    """A thread enters a node.

    Returns what follows: the call that reaches its pool, the thread that enters a node, that node, the thread that is
    no more; -1 for none. The node is BAD if a selector chose none of its branches.
    """
    clock, nodes = state.clock[0], state.nodes
    delivered, ending = -1, -1
    thread, node = state.live_threads[slot], nodes[number]
    task, follows = state.live_tasks[thread.task], -1
    if thread.gathering >= 0 and is_doomed(thread, state.live_threads, state.live_gatherings):
        ending = slot
    elif node.kind == _CALL:
        delivered = send(task, thread, slot, node, number, state)
    elif node.kind == _END:
        reach_end(task, thread, state)
        ending = slot
    elif node.kind == _SELECT:
        branch = select(task, thread, node, number, state, selectors)
        follows = BAD if branch < 0 else state.branch_targets[node.first_branch + branch]
    elif node.kind == _FORK:
        open_gathering(slot, number, clock, state.live_threads, state.live_gatherings)
    elif node.kind == _JOIN:
        slot = join(
            slot, number, nodes, clock, task, state.live_threads, state.live_gatherings, state.votes, state.quality
        )
        follows = -1 if slot < 0 else node.next
    elif node.kind == _VERIFY:
        first = own_memory(clock, thread.task)
        follows = verify(
            node, number, thread, task, first, clock, state.quality, state.nodes, state.options, state.memory
        )
    elif node.kind == _LOOP:
        follows = loop(node, number, thread, task, clock, state.times_ns, state.quality)
    else:
        follows = delay(node, number, thread, slot, task, clock, state.times_ns, state.network)
    return delivered, slot if follows >= 0 else -1, follows, ending
