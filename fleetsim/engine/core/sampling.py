"""Looking at the replicas on the timeline's grid (docs/engine.md, section 6)."""

from __future__ import annotations

from numba import types

from fleetsim.compiled import section, state_kernel
from fleetsim.engine.core.opening import STATE_TYPE
from fleetsim.engine.core.rows import close_run
from fleetsim.engine.core.state import NEVER
from fleetsim.engine.core.stepping import blocks_held, steps_ended_by


@section
def look_at(replica, clock, phases, out_samples, time_ns):
    """Write what a replica is doing at a time, all events up to it having been handled."""
    row = out_samples[clock.sample_rows]
    clock.sample_rows += 1
    ended, since_ns = 0, 0
    if replica.stepping:
        ended = steps_ended_by(replica, time_ns) - replica.run_done
        since_ns = time_ns - replica.since_ns
    in_prefill = replica.first_chunk >= 0
    row.time_ns, row.replica, row.open = time_ns, replica.row, 1 - replica.closed
    row.waiting, row.running = replica.waiting, replica.running
    row.kv_blocks = blocks_held(replica, phases, time_ns)
    row.prefill_ns = replica.prefill_ns + (since_ns if in_prefill else 0)
    row.decode_ns = replica.decode_ns + (0 if in_prefill else since_ns)
    row.steps = replica.steps + ended
    row.prefill_tokens = replica.prefill_tokens
    row.output_tokens = replica.output_tokens + ended * replica.decoding
    row.preemptions = replica.preemptions


@section
def sample(clock, replicas, phases, out_samples):
    """Look at all replicas at the timeline's next point."""
    for r in range(len(replicas)):
        look_at(replicas[r], clock, phases, out_samples, clock.next_sample_ns)
    clock.next_sample_ns += clock.sample_every_ns
    if clock.next_sample_ns > clock.horizon_ns:
        clock.next_sample_ns = NEVER


@state_kernel(types.void(STATE_TYPE, types.int64))
def close_books(state, end_ns):
    """At the end of a run, look at all replicas once more and write the runs of steps that were not over.

    Changes: clock, out_samples, out_runs, replicas.
    """
    clock = state.clock[0]
    for r in range(len(state.replicas)):
        replica = state.replicas[r]
        look_at(replica, clock, state.phases, state.out_samples, end_ns)
        if replica.stepping:
            replica.run_done = steps_ended_by(replica, end_ns)
        close_run(replica, clock, state.out_runs)
