"""Steps of a replica as they begin, whole runs of them at once (docs/engine.md, section 5).

`replica`, `call` and `clock` are rows, changed in place; see `batch.py`.
"""

from __future__ import annotations

import math

from fleetsim.compiled import leaf, section
from fleetsim.engine.core.batch import (
    admit,
    growth,
    needed_blocks,
    preempt_last,
    steps_within_memory,
    take_import,
)
from fleetsim.engine.core.entries import trim
from fleetsim.engine.core.events import remove_turn
from fleetsim.engine.core.rows import close_run
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
def fill_budget(replica, clock, live_calls, live_tasks, live_entries, turns, phases, may_admit):
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
            slot = admit(replica, clock, live_calls, live_tasks, live_entries)
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
def start_step(replica, clock, live_calls, live_tasks, live_entries, turns, phases, base_ns, out_runs):
    """Form the replica's batch; returns when the run of steps that begins or goes on needs a decision."""
    preempted = make_room(replica, live_calls, turns, phases, clock.now_ns)
    tokens, area = fill_budget(replica, clock, live_calls, live_tasks, live_entries, turns, phases, not preempted)
    if replica.entry_blocks > replica.free_blocks:
        trim(replica, replica.free_blocks, clock, live_tasks, live_entries)
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
