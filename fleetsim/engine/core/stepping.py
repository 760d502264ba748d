"""Steps of a replica as they begin, whole runs of them at once (docs/engine.md, section 5).

`replica`, `call` and `clock` are rows, changed in place; see `batch.py`.
"""

from __future__ import annotations

import math

from fleetsim.compiled import leaf, section
from fleetsim.engine.core.batch import (
    admit,
    growth,
    preempt_last,
    steps_within_memory,
    take_import,
)
from fleetsim.engine.core.entries import trim
from fleetsim.engine.core.events import remove_turn
from fleetsim.engine.core.queueing import head_may_change, head_of, lift_lines, needed_blocks
from fleetsim.engine.core.rows import close_run
from fleetsim.engine.core.state import NEVER
from fleetsim.engine.steps import first_step_ns, growth_per_step_ns, run_end_ns
from fleetsim.tables import Asked, Scheduler

_CHUNKED, _STATIC = int(Scheduler.CHUNKED), int(Scheduler.STATIC)
_STARTING = int(Asked.STARTING)
_ALL, _IMPORTS, _OTHERS = -1, 1, 0
"""Whom a step may admit."""


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
def make_room(replica, lines, live_calls, turns, phases):
    """Preempt until the next decode step has the blocks it needs, and take them; tells if any was preempted."""
    preempted = False
    need = growth(replica, phases, 1)
    while need > replica.free_blocks:
        preempt_last(replica, lines, live_calls, turns, phases)
        preempted = True
        need = growth(replica, phases, 1)
    replica.free_blocks -= need
    return preempted


@section
def fill_budget(
    replica, clock, orders, ordering, live_calls, live_tasks, live_entries, turns, phases, budget, may_admit, whom
):
    """Hand out the step's prefill chunks and admit calls, all or only imports or only others.

    Returns the chunks' tokens and their attention area.
    """
    tokens, area = 0, 0.0
    replica.first_chunk = -1
    slot = replica.last_admitted
    if slot < 0 or live_calls[slot].decoding:
        slot = -1
    while tokens + replica.imports < budget:
        if slot < 0:
            if not may_admit or replica.running >= replica.max_num_seqs or replica.waiting == 0:
                break
            slot = head_of(replica, orders, ordering)
            head = live_calls[slot]
            if needed_blocks(replica, head) > replica.free_blocks or (whom != _ALL and head.imported != whom):
                break
            admit(replica, slot, clock, ordering, live_calls, live_tasks, live_entries)
        call = live_calls[slot]
        if call.imported:
            take_import(replica, call, slot, ordering.lines, turns, phases, clock.now_ns)
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
def form_prefill_step(replica, clock, orders, ordering, live_calls, live_tasks, live_entries, turns, phases):
    """Hand out chunks of a step that has nothing else in it; returns their tokens, 0 if there are none, and area."""
    if replica.running == 0:
        replica.batch_closed = 0
    budget, may_admit = replica.max_batched_tokens, replica.batch_closed == 0
    return fill_budget(
        replica,
        clock,
        orders,
        ordering,
        live_calls,
        live_tasks,
        live_entries,
        turns,
        phases,
        budget,
        may_admit,
        _OTHERS,
    )


@section
def form_step(replica, clock, orders, ordering, live_calls, live_tasks, live_entries, turns, phases):
    """Let the decoding sequences into the step, and with them imports, and chunks unless those have steps of their own.

    Returns the chunks' tokens and their attention area.
    """
    chunked = replica.scheduler == _CHUNKED
    preempted = make_room(replica, ordering.lines, live_calls, turns, phases)
    replica.paused = 0 if chunked else paused(replica, live_calls, clock.now_ns)
    budget, may_admit = replica.max_batched_tokens - replica.decoding, not preempted and replica.batch_closed == 0
    whom = _ALL if chunked else _IMPORTS
    tokens, area = fill_budget(
        replica, clock, orders, ordering, live_calls, live_tasks, live_entries, turns, phases, budget, may_admit, whom
    )
    cross_windows(replica, turns)
    if replica.scheduler == _STATIC and replica.decoding > 0:
        replica.batch_closed = 1
    return tokens, area


@leaf
def paused(replica, live_calls, now_ns):
    """How many of the decoding sequences emitted their last token before now: steps of prompts lay between."""
    slot, since = replica.last_admitted, 0
    while slot >= 0 and live_calls[slot].joined_ns == now_ns:
        since += 1
        slot = live_calls[slot].prev
    return replica.decoding - since if replica.emitted_ns < now_ns else 0


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
def begin_run(replica, now_ns, base_ns, decoding, tokens, area):
    """Begin a run of steps with `decoding` sequences, all or none, and `tokens` of prefill."""
    context, window_context, under_window = replica.context, replica.window_context, replica.under_window
    if decoding == 0:
        context, window_context, under_window = 0, 0, 0
    replica.run_start_ns = now_ns
    replica.run_decoding = decoding - replica.imports - replica.paused
    replica.run_first_ns = first_step_ns(
        base_ns[replica.base_offset + decoding + tokens],
        replica.alpha_ns,
        context,
        replica.window_alpha_ns,
        window_context,
        replica.beta_ns,
        area,
    )
    replica.run_growth_ns = growth_per_step_ns(replica.alpha_ns, decoding, replica.window_alpha_ns, under_window)


@section
def start_step(
    replica, clock, orders, ordering, live_calls, live_tasks, live_entries, turns, phases, base_ns, out_runs
):
    """Form the replica's batch; returns when the run of steps that begins or goes on needs a decision."""
    tokens, area, decoding = 0, 0.0, 0
    if replica.fresh_lines > 0:
        lift_lines(replica, orders[replica.queue_order], ordering)
    if replica.scheduler != _CHUNKED:
        tokens, area = form_prefill_step(
            replica, clock, orders, ordering, live_calls, live_tasks, live_entries, turns, phases
        )
    if tokens == 0:
        tokens, area = form_step(replica, clock, orders, ordering, live_calls, live_tasks, live_entries, turns, phases)
        decoding = replica.decoding
    if replica.entry_blocks > replica.free_blocks:
        trim(replica, replica.free_blocks, clock, live_tasks, live_entries)
    single = tokens > 0 or replica.imports > 0 or replica.paused > 0
    if single or not replica.run_open:
        close_run(replica, clock, out_runs)
        if decoding == 0 and tokens == 0:
            return NEVER
        begin_run(replica, clock.now_ns, base_ns, decoding, tokens, area)
    replica.stepping = 1
    replica.since_ns = clock.now_ns
    short = single or (replica.order_asked == _STARTING and head_may_change(replica, ordering, live_calls))
    replica.run_until = replica.run_done + (1 if short else steps_until_decision(replica, turns, phases))
    return run_end_ns(replica.run_start_ns, replica.run_first_ns, replica.run_growth_ns, replica.run_until)
