"""What balancers see of the conversations that replicas keep (docs/engine.md, sections 4 and 5a)."""

from __future__ import annotations

from fleetsim.compiled import routine
from fleetsim.engine.core.entries import trim
from fleetsim.engine.core.stepping import blocks_held


@routine
def show_kept(task, lane, now_ns, clock, replicas, signals, phases, live_tasks, live_entries):
    """Set the cached_tokens signals where something is kept of the conversation of a task's lane."""
    at = task.first_entry
    while at >= 0:
        entry = live_entries[at]
        replica = replicas[entry.replica]
        # Steps that start now are not seen yet.
        free_blocks = replica.kv_blocks - blocks_held(replica, phases, now_ns - 1)
        if replica.entry_blocks > free_blocks:
            trim(replica, free_blocks, clock, live_tasks, live_entries)
            at = task.first_entry
            continue
        if entry.lane == lane:
            signals[replica.row].cached_tokens = entry.blocks * replica.block_tokens
        at = entry.other


@routine
def hide_kept(task, signals, live_entries):
    """Set the signals back that `show_kept` has set."""
    at = task.first_entry
    while at >= 0:
        signals[live_entries[at].replica].cached_tokens = 0
        at = live_entries[at].other
