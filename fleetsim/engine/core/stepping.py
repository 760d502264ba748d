"""Steps of a replica, whole runs of them at once (docs/engine.md, section 5).

`replica`, `call` and `clock` are rows, changed in place; see `batch.py`.
"""

from __future__ import annotations

import math

from fleetsim.compiled import leaf, section
from fleetsim.engine.core.batch import (
    admit,
    blocks_of,
    growth,
    join,
    leave_batch,
    needed_blocks,
    preempt_last,
    steps_within_memory,
    stop_decoding,
    take_import,
)
from fleetsim.engine.core.events import remove_turn
from fleetsim.engine.core.rows import close_run, write_resumed
from fleetsim.engine.core.state import NEVER
from fleetsim.engine.steps import first_step_ns, growth_per_step_ns, run_end_ns


@leaf
def steps_ended_by(replica, time_ns):
    """How many steps of the replica's run have ended at or before a time (no more than are planned)."""
    start, first, grow = replica.run_start_ns, replica.run_first_ns, replica.run_growth_ns
    curve = 0.5 * grow
    slope = first - curve
    elapsed = float(time_ns - start)
    guess = elapsed / slope
    if curve > 0.0:
        guess = (math.sqrt(slope * slope + 4.0 * curve * max(elapsed, 0.0)) - slope) / (2.0 * curve)
    steps = min(max(int(guess), replica.run_done), replica.run_until)
    while steps < replica.run_until and run_end_ns(start, first, grow, steps + 1) <= time_ns:
        steps += 1
    while steps > replica.run_done and run_end_ns(start, first, grow, steps) > time_ns:
        steps -= 1
    return steps


@section
def end_of_current_step(replica, time_ns):
    """Plan the replica's run to the end of the step in progress just before a time within it; returns that end."""
    replica.run_until = steps_ended_by(replica, time_ns - 1) + 1
    return run_end_ns(replica.run_start_ns, replica.run_first_ns, replica.run_growth_ns, replica.run_until)


@section
def blocks_held(replica, phases, time_ns):
    """KV blocks the replica holds when the steps that start at or before a time have started."""
    held = replica.kv_blocks - replica.free_blocks
    if replica.stepping and replica.first_chunk < 0:
        started = steps_ended_by(replica, time_ns) + 1 - replica.run_done
        # The blocks of the first of them are taken already.
        held += growth(replica, phases, started) - growth(replica, phases, 1)
    return held


@section
def make_room(replica, live_calls, turns, phases, now_ns):
    """Preempt until the next decode step has the blocks it needs, and take them; tells if any was preempted."""
    preempted = False
    need = growth(replica, phases, 1)
    while need > replica.free_blocks:
        preempt_last(replica, live_calls, turns, phases, now_ns)
        preempted = True
        need = growth(replica, phases, 1)
    replica.free_blocks -= need
    return preempted


@section
def fill_budget(replica, live_calls, turns, phases, now_ns, may_admit):
    """Admit imports and hand out the step's prefill chunks; returns the chunks' tokens and their attention area."""
    budget = replica.max_batched_tokens - replica.decoding
    tokens, area = 0, 0.0
    replica.first_chunk = -1
    slot = replica.last_admitted
    if slot < 0 or live_calls[slot].decoding:
        slot = -1
    while tokens + replica.imports < budget:
        if slot < 0:
            if not may_admit or replica.running >= replica.max_num_seqs or replica.waiting == 0:
                break
            if needed_blocks(replica, live_calls[replica.queue_head]) > replica.free_blocks:
                break
            slot = admit(replica, live_calls, now_ns)
        call = live_calls[slot]
        if call.imported:
            take_import(replica, call, slot, turns, phases)
            slot = -1
            continue
        call.chunk = min(call.target - call.done, budget - tokens - replica.imports)
        tokens += call.chunk
        area += call.chunk * (call.done + call.chunk / 2.0)
        if replica.first_chunk < 0:
            replica.first_chunk = slot
        slot = -1
    return tokens, area


@section
def cross_windows(replica, turns):
    """Note which sequences reach the sliding window in the coming step."""
    while replica.crossers > 0 and turns[replica.window_heap].step <= replica.decode_step + 1:
        replica.crossers = remove_turn(turns, replica.window_heap, replica.crossers, 0)
        replica.under_window -= 1
        replica.run_open = 0


@section
def steps_until_decision(replica, turns, phases):
    """Decode steps the replica can make before a sequence finishes, reaches the window or finds no KV block."""
    steps = turns[replica.finish_heap].step - replica.decode_step
    if replica.crossers > 0:
        steps = min(steps, turns[replica.window_heap].step - 1 - replica.decode_step)
    # make_room has taken the blocks of the first step; give them back for the count.
    taken = growth(replica, phases, 1)
    replica.free_blocks += taken
    steps = steps_within_memory(replica, phases, steps)
    replica.free_blocks -= taken
    return steps


@section
def begin_run(replica, now_ns, base_ns, tokens, area):
    """Begin a run of steps with the batch as it is now and `tokens` of prefill."""
    replica.run_start_ns = now_ns
    replica.run_decoding = replica.decoding - replica.imports
    replica.run_first_ns = first_step_ns(
        base_ns[replica.base_offset + replica.decoding + tokens],
        replica.alpha_ns,
        replica.context,
        replica.window_alpha_ns,
        replica.window_context,
        replica.beta_ns,
        area,
    )
    replica.run_growth_ns = growth_per_step_ns(
        replica.alpha_ns, replica.decoding, replica.window_alpha_ns, replica.under_window
    )


@section
def start_step(replica, clock, live_calls, turns, phases, base_ns, out_runs):
    """Form the replica's batch; returns when the run of steps that begins or goes on needs a decision."""
    preempted = make_room(replica, live_calls, turns, phases, clock.now_ns)
    tokens, area = fill_budget(replica, live_calls, turns, phases, clock.now_ns, not preempted)
    single = tokens > 0 or replica.imports > 0
    cross_windows(replica, turns)
    if single or not replica.run_open:
        close_run(replica, clock, out_runs)
        if replica.decoding == 0 and tokens == 0:
            return NEVER
        begin_run(replica, clock.now_ns, base_ns, tokens, area)
    replica.stepping = 1
    replica.since_ns = clock.now_ns
    replica.run_until = replica.run_done + (1 if single else steps_until_decision(replica, turns, phases))
    return run_end_ns(replica.run_start_ns, replica.run_first_ns, replica.run_growth_ns, replica.run_until)


@section
def account_steps(replica, phases, now_ns):
    """Bring the replica's books up to the end of its planned steps, which is now."""
    steps = replica.run_until - replica.run_done
    if replica.first_chunk >= 0:
        replica.prefill_ns += now_ns - replica.since_ns
    else:
        replica.decode_ns += now_ns - replica.since_ns
    if replica.decoding > 0:
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
def end_chunk(replica, call, slot, clock, live_tasks, turns, phases, out_runs):
    """Add a chunk to its call's progress; tells whether the call has finished with it."""
    replica.prefill_tokens += call.chunk
    call.done += call.chunk
    call.chunk = 0
    if call.done < call.target:
        return False
    call.emitted += 1
    replica.output_tokens += 1
    if call.emitted == 1:
        call.first_token_ns = clock.now_ns
        if call.answers:
            live_tasks[call.task].first_token_ns = clock.now_ns + replica.return_delay_ns
    elif call.last_token_ns >= 0:
        write_resumed(replica, clock, out_runs, call.last_token_ns)
        call.last_token_ns = -1
    if call.emitted == call.output:
        replica.free_blocks += blocks_of(call.target, replica.block_tokens)
        return True
    if replica.decode_pool >= 0:
        call.imported = 1
        return True
    join(replica, call, slot, turns, phases)
    return False


@leaf
def end_imports(replica, clock, live_calls, out_runs):
    """Write the gap of every sequence that has decoded here for the first time: its KV was on its way meanwhile."""
    slot = replica.first_import
    while slot >= 0:
        call = live_calls[slot]
        if call.fresh:
            write_resumed(replica, clock, out_runs, call.first_token_ns)
            call.fresh = 0
        slot = call.next
    replica.first_import, replica.imports, replica.run_open = -1, 0, 0


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
def end_steps(replica, clock, live_calls, live_tasks, turns, phases, out_runs):
    """End the replica's planned steps; returns the calls that finish as a list linked by `next` (-1: none).

    Among them are those whose prefill is complete and whose KV goes to another pool: their `imported` is 1.
    """
    account_steps(replica, phases, clock.now_ns)
    if replica.imports > 0:
        end_imports(replica, clock, live_calls, out_runs)
    head, tail = -1, -1
    while True:
        if replica.finishers > 0 and turns[replica.finish_heap].step == replica.decode_step:
            slot = turns[replica.finish_heap].slot
            replica.finishers = remove_turn(turns, replica.finish_heap, replica.finishers, 0)
            stop_decoding(replica, live_calls[slot], slot, turns, phases)
        elif replica.first_chunk >= 0:
            slot = replica.first_chunk
            replica.first_chunk = live_calls[slot].next
            replica.run_open = 0
            if live_calls[slot].chunk == 0 or not end_chunk(
                replica, live_calls[slot], slot, clock, live_tasks, turns, phases, out_runs
            ):
                continue
        else:
            return head
        leave_batch(replica, live_calls, slot)
        head, tail = append_finished(live_calls, slot, head, tail)
