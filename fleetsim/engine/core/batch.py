"""A replica's queue, batch and KV memory (docs/engine.md, section 5).

`replica` and `call` are rows of REPLICAS and LIVE_CALLS and are changed in place; the arrays that a function
changes besides are among its arguments.
"""

from __future__ import annotations

from fleetsim.compiled import leaf, section
from fleetsim.engine.core.entries import take_conversation
from fleetsim.engine.core.events import find_turn, push_turn, remove_turn


@leaf
def blocks_of(tokens, block_tokens):
    """KV blocks that hold `tokens` entries."""
    return (tokens + block_tokens - 1) // block_tokens


@section
def enqueue(replica, live_calls, slot):
    """Put a call at the end of the replica's queue."""
    live_calls[slot].next = -1
    if replica.queue_tail >= 0:
        live_calls[replica.queue_tail].next = slot
    else:
        replica.queue_head = slot
    replica.queue_tail = slot
    replica.waiting += 1
    replica.waiting_blocks += blocks_of(live_calls[slot].target, replica.block_tokens)


@leaf
def growth(replica, phases, steps):
    """Blocks that the replica's decoding sequences take in the `steps` decode steps after the accounted ones."""
    rounds = steps // replica.block_tokens
    taken = rounds * replica.decoding
    first = replica.decode_step + rounds * replica.block_tokens
    for step in range(first + 1, replica.decode_step + steps + 1):
        taken += phases[replica.phase_offset + step % replica.block_tokens]
    return taken


@leaf
def steps_within_memory(replica, phases, most):
    """How many decode steps, up to `most`, the replica can start before its free blocks are too few."""
    if replica.free_blocks >= replica.decoding * (most // replica.block_tokens + 1):
        return most
    rounds = replica.free_blocks // replica.decoding
    left = replica.free_blocks - rounds * replica.decoding
    steps = rounds * replica.block_tokens
    while steps < most:
        left -= phases[replica.phase_offset + (replica.decode_step + steps + 1) % replica.block_tokens]
        if left < 0:
            break
        steps += 1
    return steps


@leaf
def join(replica, call, slot, turns, phases, now_ns):
    """Let a call of the batch decode from the next step on."""
    call.decoding = 1
    call.joined_step, call.joined_ns = replica.decode_step, now_ns
    phases[replica.phase_offset + (replica.decode_step + 1 - call.target) % replica.block_tokens] += 1
    replica.decoding += 1
    replica.context += call.target + 1
    finish_step = replica.decode_step + call.output - call.emitted
    replica.finishers = push_turn(turns, replica.finish_heap, replica.finishers, finish_step, call.order, slot)
    if replica.window_tokens > 0:
        replica.window_context += min(call.target + 1, replica.window_tokens)
        if call.target < replica.window_tokens:
            replica.under_window += 1
            crossing = replica.decode_step + replica.window_tokens - call.target
            replica.crossers = push_turn(turns, replica.window_heap, replica.crossers, crossing, call.order, slot)
    replica.run_open = 0


@leaf
def stop_decoding(replica, call, slot, turns, phases):
    """Take a call out of the decoding ones and free its blocks; it stays in the batch, its finish turn in the heap."""
    entries = call.target + replica.decode_step - call.joined_step
    call.decoding = 0
    phases[replica.phase_offset + (call.joined_step + 1 - call.target) % replica.block_tokens] -= 1
    replica.decoding -= 1
    replica.context -= entries + 1
    replica.free_blocks += blocks_of(entries, replica.block_tokens)
    if replica.window_tokens > 0:
        replica.window_context -= min(entries + 1, replica.window_tokens)
        if entries < replica.window_tokens:
            replica.under_window -= 1
            at = find_turn(turns, replica.window_heap, replica.crossers, slot)
            replica.crossers = remove_turn(turns, replica.window_heap, replica.crossers, at)
    replica.run_open = 0


@leaf
def leave_batch(replica, live_calls, slot):
    """Unlink a call from the replica's batch."""
    before, after = live_calls[slot].prev, live_calls[slot].next
    if before >= 0:
        live_calls[before].next = after
    if after >= 0:
        live_calls[after].prev = before
    else:
        replica.last_admitted = before
    replica.running -= 1


@section
def admit(replica, clock, live_calls, live_tasks, live_entries):
    """Move the head of the replica's queue into its batch and give it its blocks; returns its slot."""
    slot = replica.queue_head
    call = live_calls[slot]
    replica.queue_head = call.next
    if replica.queue_head < 0:
        replica.queue_tail = -1
    blocks = blocks_of(call.target, replica.block_tokens)
    replica.waiting -= 1
    replica.waiting_blocks -= blocks
    replica.free_blocks -= blocks
    call.prev, call.next = replica.last_admitted, -1
    if replica.last_admitted >= 0:
        live_calls[replica.last_admitted].next = slot
    replica.last_admitted = slot
    replica.running += 1
    replica.admissions += 1
    call.order = replica.admissions
    if call.admitted_ns < 0:
        call.admitted_ns = clock.now_ns
        if replica.caches and call.continues:
            take_conversation(call, replica, clock, live_tasks, live_entries)
    return slot


@leaf
def needed_blocks(replica, call):
    """Free blocks a waiting call must find to be admitted: an import needs room for its next entry too."""
    return blocks_of(call.target + call.imported, replica.block_tokens)


@leaf
def take_import(replica, call, slot, turns, phases, now_ns):
    """Let an import that was just admitted decode in the coming step, whose block for it is taken now."""
    replica.free_blocks -= blocks_of(call.target + 1, replica.block_tokens) - blocks_of(
        call.target, replica.block_tokens
    )
    call.imported, call.fresh = 0, 1
    if replica.imports == 0:
        replica.first_import = slot
    replica.imports += 1
    join(replica, call, slot, turns, phases, now_ns)


@leaf
def preempt_last(replica, live_calls, turns, phases):
    """Send the sequence admitted last back to the front of the queue, to be computed again."""
    slot = replica.last_admitted
    call = live_calls[slot]
    if call.decoding:
        at = find_turn(turns, replica.finish_heap, replica.finishers, slot)
        replica.finishers = remove_turn(turns, replica.finish_heap, replica.finishers, at)
        stop_decoding(replica, call, slot, turns, phases)
        call.emitted += replica.decode_step - call.joined_step
        call.target = call.prompt + call.emitted
        call.last_token_ns = max(replica.emitted_ns, call.joined_ns)
    else:
        replica.free_blocks += blocks_of(call.target, replica.block_tokens)
    leave_batch(replica, live_calls, slot)
    call.done, call.preemptions = 0, call.preemptions + 1
    call.next = replica.queue_head
    replica.queue_head = slot
    if replica.queue_tail < 0:
        replica.queue_tail = slot
    replica.waiting += 1
    replica.waiting_blocks += blocks_of(call.target, replica.block_tokens)
    replica.preemptions += 1
