"""A replica's batch and KV memory (docs/engine.md, section 5).

`replica` and `call` are rows of REPLICAS and LIVE_CALLS and are changed in place; the arrays that a function
changes besides are among its arguments.
"""

from __future__ import annotations

from fleetsim.compiled import leaf, section
from fleetsim.engine.core.entries import take_conversation
from fleetsim.engine.core.events import find_turn, push_turn, remove_turn
from fleetsim.engine.core.queueing import blocks_of, leave_queue, return_to_front


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
def join(replica, call, slot, lines, turns, phases, now_ns):
    """Let a call of the batch decode from the next step on."""
    call.decoding = 1
    call.joined_step, call.joined_ns = replica.decode_step, now_ns
    phases[replica.phase_offset + (replica.decode_step + 1 - call.target) % replica.block_tokens] += 1
    replica.decoding += 1
    if call.line >= 0:
        lines[call.line].decoding += 1
        lines[call.line].served_output_base -= replica.decode_step
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
def stop_decoding(replica, call, slot, lines, turns, phases):
    """Take a call out of the decoding ones and free its blocks; it stays in the batch, its finish turn in the heap."""
    entries = call.target + replica.decode_step - call.joined_step
    call.decoding = 0
    phases[replica.phase_offset + (call.joined_step + 1 - call.target) % replica.block_tokens] -= 1
    replica.decoding -= 1
    if call.line >= 0:
        lines[call.line].decoding -= 1
        lines[call.line].served_output_base += replica.decode_step
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
def admit(replica, slot, clock, ordering, live_calls, live_tasks, live_entries):
    """Move the head of the replica's queue into its batch and give it its blocks."""
    call = live_calls[slot]
    leave_queue(replica, slot, ordering, live_calls)
    replica.free_blocks -= blocks_of(call.target, replica.block_tokens)
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


@leaf
def take_import(replica, call, slot, lines, turns, phases, now_ns):
    """Let an import that was just admitted decode in the coming step, whose block for it is taken now."""
    replica.free_blocks -= blocks_of(call.target + 1, replica.block_tokens) - blocks_of(
        call.target, replica.block_tokens
    )
    call.imported, call.fresh = 0, 1
    if replica.imports == 0:
        replica.first_import = slot
    replica.imports += 1
    join(replica, call, slot, lines, turns, phases, now_ns)


@leaf
def preempt_last(replica, lines, live_calls, turns, phases):
    """Send the sequence admitted last back to the front of the queue, to be computed again."""
    slot = replica.last_admitted
    call = live_calls[slot]
    if call.decoding:
        at = find_turn(turns, replica.finish_heap, replica.finishers, slot)
        replica.finishers = remove_turn(turns, replica.finish_heap, replica.finishers, at)
        stop_decoding(replica, call, slot, lines, turns, phases)
        call.emitted += replica.decode_step - call.joined_step
        call.target = call.prompt + call.emitted
        call.last_token_ns = max(replica.emitted_ns, call.joined_ns)
    else:
        replica.free_blocks += blocks_of(call.target, replica.block_tokens)
    leave_batch(replica, live_calls, slot)
    call.done, call.preemptions = 0, call.preemptions + 1
    return_to_front(replica, live_calls, slot)
    replica.preemptions += 1
