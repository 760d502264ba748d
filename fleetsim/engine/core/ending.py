"""The end of a replica's steps: books brought up to date, tokens emitted, calls that leave (docs/engine.md, 4a and 5).

`replica`, `call` and `clock` are rows, changed in place; see `batch.py`.
"""

from __future__ import annotations

from fleetsim.compiled import leaf, section
from fleetsim.engine.core.batch import growth, join, leave_batch, stop_decoding
from fleetsim.engine.core.entries import trim
from fleetsim.engine.core.events import remove_turn
from fleetsim.engine.core.queueing import blocks_of
from fleetsim.engine.core.rows import write_resumed
from fleetsim.tables import Scheduler

_CHUNKED = int(Scheduler.CHUNKED)


@section
def account_steps(replica, phases, now_ns):
    """Bring the replica's books up to the end of its planned steps, which is now."""
    steps = replica.run_until - replica.run_done
    pausing = replica.first_chunk >= 0 and replica.scheduler != _CHUNKED
    if replica.first_chunk >= 0:
        replica.prefill_ns += now_ns - replica.since_ns
    else:
        replica.decode_ns += now_ns - replica.since_ns
    if replica.decoding > 0 and not pausing:
        replica.emitted_ns = now_ns
        replica.free_blocks -= growth(replica, phases, steps) - growth(replica, phases, 1)
        replica.decode_step += steps
        replica.context += replica.decoding * steps
        replica.window_context += replica.under_window * steps
        replica.output_tokens += replica.decoding * steps
    replica.steps += steps
    replica.run_done = replica.run_until
    replica.stepping = 0
    replica.run_open = 1


@section
def end_chunk(replica, call, slot, clock, lines, live_tasks, turns, phases, out_runs):
    """Add a chunk to its call's progress; tells whether the call has finished with it."""
    replica.prefill_tokens += call.chunk
    call.done += call.chunk
    call.chunk = 0
    if call.done < call.target:
        return False
    call.emitted += 1
    replica.output_tokens += 1
    if call.line >= 0:
        lines[call.line].served_output_base += 1
    if call.emitted == 1:
        call.first_token_ns = clock.now_ns
        if call.answers:
            live_tasks[call.task].first_token_ns = clock.now_ns + replica.return_delay_ns
    elif call.last_token_ns >= 0:
        write_resumed(replica, clock, out_runs, call.last_token_ns, 1)
        call.last_token_ns = -1
    if call.emitted == call.output:
        replica.free_blocks += blocks_of(call.target, replica.block_tokens)
        return True
    if replica.decode_pool >= 0:
        call.imported = 1
        return True
    join(replica, call, slot, lines, turns, phases, clock.now_ns)
    return False


@leaf
def end_imports(replica, clock, live_calls, out_runs):
    """Write the gap of every sequence that has decoded here for the first time: its KV was on its way meanwhile."""
    slot = replica.first_import
    while slot >= 0:
        call = live_calls[slot]
        if call.fresh:
            write_resumed(replica, clock, out_runs, call.first_token_ns, 1)
            call.fresh = 0
        slot = call.next
    replica.first_import, replica.imports, replica.run_open = -1, 0, 0


@leaf
def end_pause(replica, clock, live_calls, out_runs):
    """Write the gaps of the sequences that paused before the step that ends now: one row for each time they began at.

    Those that began to decode since are the last ones of the batch, in the order of those times.
    """
    slot, older = replica.last_admitted, replica.decoding
    while slot >= 0 and live_calls[slot].joined_ns > replica.emitted_ns:
        since_ns, together = live_calls[slot].joined_ns, 0
        while slot >= 0 and live_calls[slot].joined_ns == since_ns:
            together += 1
            slot = live_calls[slot].prev
        older -= together
        if since_ns < replica.run_start_ns:
            write_resumed(replica, clock, out_runs, since_ns, together)
    if older > 0 and replica.emitted_ns < replica.run_start_ns:
        write_resumed(replica, clock, out_runs, replica.emitted_ns, older)
    replica.paused = 0


@leaf
def append_finished(live_calls, slot, head, tail):
    """Hang a call among the finished ones by the order of their admission; returns the list's head and tail."""
    call = live_calls[slot]
    call.next = -1
    if tail < 0:
        return slot, slot
    if live_calls[tail].order < call.order:
        live_calls[tail].next = slot
        return head, slot
    if call.order < live_calls[head].order:
        call.next = head
        return slot, tail
    before = head
    while live_calls[live_calls[before].next].order < call.order:
        before = live_calls[before].next
    call.next = live_calls[before].next
    live_calls[before].next = slot
    return head, tail


@section
def end_steps(replica, clock, lines, live_calls, live_tasks, live_entries, turns, phases, out_runs):
    """End the replica's planned steps; returns the calls that finish as a list linked by `next` (-1: none).

    Among them are those whose prefill is complete and whose KV goes to another pool: their `imported` is 1.
    """
    paused = replica.paused > 0
    if paused:
        end_pause(replica, clock, live_calls, out_runs)
    account_steps(replica, phases, clock.now_ns)
    if replica.entry_blocks > replica.free_blocks:
        trim(replica, replica.free_blocks, clock, live_tasks, live_entries)
    if paused:
        replica.run_open = 0
    if replica.imports > 0:
        end_imports(replica, clock, live_calls, out_runs)
    head, tail = -1, -1
    while True:
        if replica.finishers > 0 and turns[replica.finish_heap].step == replica.decode_step:
            slot = turns[replica.finish_heap].slot
            replica.finishers = remove_turn(turns, replica.finish_heap, replica.finishers, 0)
            stop_decoding(replica, live_calls[slot], slot, lines, turns, phases)
        elif replica.first_chunk >= 0:
            slot = replica.first_chunk
            replica.first_chunk = live_calls[slot].next
            replica.run_open = 0
            if live_calls[slot].chunk == 0 or not end_chunk(
                replica, live_calls[slot], slot, clock, lines, live_tasks, turns, phases, out_runs
            ):
                continue
        else:
            return head
        leave_batch(replica, live_calls, slot)
        head, tail = append_finished(live_calls, slot, head, tail)
