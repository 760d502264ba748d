"""Conversations that replicas keep until their blocks are needed (docs/engine.md, section 5b).

Trimming is done late: the free blocks of a replica only become fewer while its run of steps goes on, so the last step
that was started says what is left - as long as all entries are there. Who looks at them during a run, or drops some,
trims first (`keeping.py`).
"""

from __future__ import annotations

from fleetsim.compiled import routine
from fleetsim.tables import LANES

_LANES = LANES


@routine
def drop_entry(at, task, replica, clock, live_entries):
    """Forget one conversation: unlink it from its replica and its task."""
    entry = live_entries[at]
    if entry.prev >= 0:
        live_entries[entry.prev].next = entry.next
    else:
        replica.oldest_entry = entry.next
    if entry.next >= 0:
        live_entries[entry.next].prev = entry.prev
    else:
        replica.youngest_entry = entry.prev
    replica.entry_blocks -= entry.blocks
    if task.first_entry == at:
        task.first_entry = entry.other
    else:
        before = task.first_entry
        while live_entries[before].other != at:
            before = live_entries[before].other
        live_entries[before].other = entry.other
    entry.next = clock.free_entry
    clock.free_entry, clock.free_entries = at, clock.free_entries + 1


@routine
def trim(replica, free_blocks, clock, live_tasks, live_entries):
    """Drop the oldest conversations of a replica until the others fit into what is free."""
    while replica.entry_blocks > free_blocks:
        oldest = replica.oldest_entry
        drop_entry(oldest, live_tasks[live_entries[oldest].task], replica, clock, live_entries)


@routine
def find_entry(task, lane, replica_row, live_entries):
    """The conversation of a task's lane at a replica; -1: it keeps none."""
    at = task.first_entry
    while at >= 0 and (live_entries[at].lane != lane or live_entries[at].replica != replica_row):
        at = live_entries[at].other
    return at


@routine
def keep_conversation(call, replica, clock, live_tasks, live_entries):
    """A call has finished here whose conversation goes on: keep its full blocks, as the youngest."""
    blocks = (call.prompt + call.output - 1) // replica.block_tokens
    if blocks == 0:
        return
    task, lane = live_tasks[call.task], call.attempt % _LANES
    older = find_entry(task, lane, replica.row, live_entries)
    if older >= 0:
        drop_entry(older, task, replica, clock, live_entries)
    at = clock.free_entry
    entry = live_entries[at]
    clock.free_entry, clock.free_entries = entry.next, clock.free_entries - 1
    entry.task, entry.lane, entry.replica, entry.blocks = call.task, lane, replica.row, blocks
    entry.other, task.first_entry = task.first_entry, at
    entry.prev, entry.next = replica.youngest_entry, -1
    if replica.youngest_entry >= 0:
        live_entries[replica.youngest_entry].next = at
    else:
        replica.oldest_entry = at
    replica.youngest_entry = at
    replica.entry_blocks += blocks
    trim(replica, replica.free_blocks, clock, live_tasks, live_entries)


@routine
def take_conversation(call, replica, clock, live_tasks, live_entries):
    """A call that goes on with a conversation is admitted: what the replica kept of it counts as computed."""
    task = live_tasks[call.task]
    at = find_entry(task, call.attempt % _LANES, replica.row, live_entries)
    if at < 0:
        return
    blocks = min(live_entries[at].blocks, (call.target - 1) // replica.block_tokens)
    drop_entry(at, task, replica, clock, live_entries)
    call.cached = call.done = blocks * replica.block_tokens
