"""Conversations that replicas keep, during runs of steps: seen and dropped (docs/engine.md, sections 4 and 5b)."""

from __future__ import annotations

from fleetsim.compiled import routine
from fleetsim.engine.core.entries import drop_entry, trim
from fleetsim.engine.core.stepping import blocks_held


@routine
def catch_up(replica, now_ns, clock, live_tasks, live_entries, phases):
    """Trim by the steps that started before now, those that start now not being seen yet; tells if any was dropped."""
    free_blocks = replica.kv_blocks - blocks_held(replica, phases, now_ns - 1)
    if replica.entry_blocks <= free_blocks:
        return False
    trim(replica, free_blocks, clock, live_tasks, live_entries)
    return True


@routine
def show_kept(task, lane, now_ns, clock, replicas, signals, phases, live_tasks, live_entries):
    """Set the cached_tokens signals where something is kept of the conversation of a task's lane."""
    at = task.first_entry
    while at >= 0:
        entry = live_entries[at]
        replica = replicas[entry.replica]
        if catch_up(replica, now_ns, clock, live_tasks, live_entries, phases):
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


@routine
def forget_conversations(task, clock, live_tasks, live_entries, replicas, phases):
    """Drop all that is kept for a task that is no more."""
    while task.first_entry >= 0:
        at = task.first_entry
        replica = replicas[live_entries[at].replica]
        if not catch_up(replica, clock.now_ns, clock, live_tasks, live_entries, phases):
            drop_entry(at, task, replica, clock, live_entries)
