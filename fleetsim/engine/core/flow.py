"""Tasks on their way through the workflow: arrive, enter a node, call a pool, come back (docs/engine.md, 3 and 4).

`clock`, `task`, `call`, `node`, `pool` and `replica` are rows, changed in place; see `batch.py`.
"""

from __future__ import annotations

import math

from fleetsim.compiled import section
from fleetsim.engine.core.batch import blocks_of, enqueue
from fleetsim.engine.core.events import message_key, push_message
from fleetsim.engine.core.rows import write_call, write_task
from fleetsim.engine.core.stepping import blocks_held
from fleetsim.luck import Stream, bits, uniform
from fleetsim.tables import REFUSAL_NS, NodeKind, Rank, Status

_SELECT = int(NodeKind.SELECT)
_RETURN, _ARRIVAL, _TRANSFER = int(Rank.RETURN), int(Rank.ARRIVAL), int(Rank.TRANSFER)
_SELECT_LUCK, _BALANCE_LUCK = int(Stream.SELECT), int(Stream.BALANCE)
_FINISHED, _CUT = int(Status.FINISHED), int(Status.CUT)
_REFUSED_CONTEXT, _REFUSED_KV = int(Status.REFUSED_CONTEXT), int(Status.REFUSED_KV)


@section
def post(network, clock, time_ns, rank, task_number, node, slot):
    """Put a message on its way."""
    clock.messages = push_message(network, clock.messages, time_ns, message_key(rank, task_number, node), slot)


@section
def new_task(fed, number, clock, live_tasks):
    """A task arrives; returns its slot."""
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
    task.answer_pool, task.answer_tokens, task.calls, task.preemptions = -1, 0, 0, 0
    task.status, task.arrival_ns, task.first_token_ns = _FINISHED, clock.now_ns, -1
    return slot


@section
def next_act(seed, task, node, nodes, branch_targets, branch_cdf):
    """The node at which a task that enters `node` has something to do: choices are made at once."""
    while nodes[node].kind == _SELECT:
        branches = nodes[node].branches
        row = nodes[node].cdf_offset + task.domain * branches
        luck = uniform(seed, _SELECT_LUCK, task.task, node, 0)
        branch = 0
        while branch < branches - 1 and luck >= branch_cdf[row + branch]:
            branch += 1
        node = branch_targets[nodes[node].first_branch + branch]
    return node


@section
def end_task(task, slot, clock, live_tasks, network, out_tasks):
    """A task has ended at its client now; in a closed loop the client's next one is on its way."""
    write_task(task, clock, out_tasks)
    if clock.clients > 0 and clock.now_ns + task.think_ns < clock.horizon_ns:
        post(network, clock, clock.now_ns + task.think_ns, _ARRIVAL, task.task + clock.clients, 0, -1)
    task.used, task.next = 0, clock.free_task
    clock.free_task, clock.free_tasks = slot, clock.free_tasks + 1


@section
def new_call(task, task_slot, node, node_number, answer_pool, clock, live_calls):
    """A task at a CALL node sends a call, to be answered by `answer_pool`; returns its slot."""
    slot = clock.free_call
    call = live_calls[slot]
    clock.free_call, clock.free_calls = call.next, clock.free_calls - 1
    call.used, call.task, call.node, call.pool, call.replica = 1, task_slot, node_number, node.pool, -1
    call.prompt = task.prompt if node.prompt_tokens < 0 else node.prompt_tokens
    if 0 <= node.prompt_limit < call.prompt:
        call.prompt = node.prompt_limit
    call.output = task.output if node.output_tokens < 0 else node.output_tokens
    call.target, call.done, call.chunk, call.emitted = call.prompt, 0, 0, 0
    call.preemptions, call.decoding, call.status, call.last_token_ns = 0, 0, _FINISHED, -1
    call.imported, call.fresh, call.prefill_replica, call.transferred_ns = 0, 0, -1, -1
    call.sent_ns, call.queued_ns, call.admitted_ns, call.first_token_ns = clock.now_ns, -1, -1, -1
    call.answers = node.answers
    task.calls += 1
    if node.answers:
        task.answer_pool, task.answer_tokens, task.first_token_ns = answer_pool, 0, -1
    return slot


@section
def is_accepted(call, slot, task, pool, decode_pool, clock, network):
    """A call reaches its pool: its answer is cut to what fits, or it is refused and its refusal is on its way.

    `decode_pool` is the pool that decodes it: the same one unless they are disaggregated.
    """
    call.queued_ns = clock.now_ns
    kv_tokens = decode_pool.kv_blocks * decode_pool.block_tokens
    if call.prompt >= pool.context_tokens or call.prompt > min(kv_tokens, pool.kv_blocks * pool.block_tokens):
        call.status = _REFUSED_CONTEXT if call.prompt >= pool.context_tokens else _REFUSED_KV
        back_ns = clock.now_ns + max(pool.return_delay_ns, REFUSAL_NS)
        post(network, clock, back_ns, _RETURN, task.task, call.node, slot)
        return False
    longest = min(pool.context_tokens - call.prompt, kv_tokens - call.prompt + 1)
    if call.output > longest:
        call.output, call.status = longest, _CUT
    if call.answers:
        task.answer_tokens = call.output
    return True


@section
def look(pool, replicas, signals, phases, now_ns):
    """Bring the kv_blocks signals of a pool's replicas up to date: steps that start now are not seen yet."""
    for r in range(pool.first_replica, pool.first_replica + pool.replicas):
        signals[r].kv_blocks = blocks_held(replicas[r], phases, now_ns - 1) + replicas[r].waiting_blocks


@section
def choose(call, task_number, pool, clock, signals, looks, knobs, balancers):
    """Ask the pool's balancer for a replica; -1, with the culprit noted, if its answer is not of the pool."""
    first, count = pool.first_replica, pool.replicas
    luck = bits(clock.seed, _BALANCE_LUCK, task_number, call.node, call.imported)
    rule = balancers[pool.balancer]
    choice = rule(signals[first : first + count], looks[call.pool], luck, knobs[call.pool])
    if choice < 0 or choice >= count:
        clock.culprit_pool, clock.culprit_task, clock.culprit_choice = call.pool, task_number, choice
        return -1
    looks[call.pool] = (choice + 1) % count
    return first + choice


@section
def assign(call, slot, replica, signal, live_calls):
    """Give a call to a replica."""
    call.replica = replica.row
    signal.outstanding += 1
    signal.outstanding_tokens += call.prompt
    enqueue(replica, live_calls, slot)


@section
def depart(call, slot, replica, signal, task_number, clock, network):
    """A call's prefill is complete: its KV is on its way to the pool that decodes it; its blocks stay held."""
    signal.outstanding -= 1
    signal.outstanding_tokens -= call.prompt
    start_ns = max(clock.now_ns, replica.link_free_ns)
    replica.link_free_ns = start_ns + math.floor(replica.transfer_ns_per_token * call.target + 0.5)
    there_ns = max(replica.link_free_ns + replica.transfer_latency_ns, clock.now_ns + 1)
    post(network, clock, there_ns, _TRANSFER, task_number, call.node, slot)


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
    task.preemptions += call.preemptions
    if call.answers and call.status == _CUT:
        task.status = _CUT


@section
def come_back(call, slot, task, clock, live_calls, live_tasks, network, out_calls, out_tasks):
    """The client has the answer, or the refusal, of a call; tells whether its task goes on."""
    refused = call.status >= _REFUSED_CONTEXT
    if refused:
        write_call(call, task.task, call.status, -1, clock, out_calls)
        task.status = call.status
        end_task(task, call.task, clock, live_tasks, network, out_tasks)
    call.used, call.next = 0, clock.free_call
    clock.free_call, clock.free_calls = slot, clock.free_calls + 1
    return not refused
