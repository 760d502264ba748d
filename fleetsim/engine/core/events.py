"""What happens next: a heap of messages, a tournament over replicas, and heaps of turns within a batch."""

from __future__ import annotations

from fleetsim.compiled import leaf, routine

_RANK_SHIFT, _TASK_SHIFT, _NODE_SHIFT = 59, 29, 20


@leaf
def message_key(rank, task, node, attempt):
    """One integer that orders by rank (4 bits), task (30), node (9), attempt (20)."""
    return (rank << _RANK_SHIFT) | (task << _TASK_SHIFT) | (node << _NODE_SHIFT) | attempt


@leaf
def rank_of(key):
    """The rank within a message key."""
    return key >> _RANK_SHIFT


@leaf
def task_of(key):
    """The task within a message key."""
    return (key & ((1 << _RANK_SHIFT) - 1)) >> _TASK_SHIFT


@routine
def push_message(network, count, time_ns, key, slot):
    """Add an entry to the heap of `count` messages; returns the new count. Changes: network."""
    i = count
    while i > 0:
        parent = (i - 1) >> 1
        above = network[parent]
        if above.time_ns < time_ns or (above.time_ns == time_ns and above.key < key):
            break
        network[i] = above
        i = parent
    entry = network[i]
    entry.time_ns, entry.key, entry.slot = time_ns, key, slot
    return count + 1


@leaf
def pop_message(network, count):
    """Remove the first of `count` messages; returns the new count. Changes: network."""
    last = network[count - 1]
    time_ns, key, slot = last.time_ns, last.key, last.slot
    count -= 1
    i = 0
    while True:
        child = 2 * i + 1
        if child >= count:
            break
        right = child + 1
        if right < count and (
            network[right].time_ns < network[child].time_ns
            or (network[right].time_ns == network[child].time_ns and network[right].key < network[child].key)
        ):
            child = right
        below = network[child]
        if time_ns < below.time_ns or (time_ns == below.time_ns and key < below.key):
            break
        network[i] = below
        i = child
    entry = network[i]
    entry.time_ns, entry.key, entry.slot = time_ns, key, slot
    return count


@leaf
def reschedule(tree, due_ns, replica, time_ns):
    """Set when a replica needs a decision; ties go to the lowest replica. Changes: due_ns, tree."""
    due_ns[replica] = time_ns
    leaves = len(tree) >> 1
    i = (leaves + replica) >> 1
    while i >= 1:
        left, right = tree[2 * i], tree[2 * i + 1]
        tree[i] = left if right < 0 or due_ns[left] <= due_ns[right] else right
        i >>= 1


@leaf
def push_turn(heap, offset, count, step, order, slot):
    """Add an entry to the heap of `count` turns at `offset`; returns the new count. Changes: heap."""
    i = count
    while i > 0:
        parent = (i - 1) >> 1
        above = heap[offset + parent]
        if above.step < step or (above.step == step and above.order < order):
            break
        heap[offset + i] = above
        i = parent
    entry = heap[offset + i]
    entry.step, entry.order, entry.slot = step, order, slot
    return count + 1


@leaf
def remove_turn(heap, offset, count, at):
    """Remove entry `at` (0: the first) of `count` turns at `offset`; returns the new count. Changes: heap."""
    count -= 1
    if at == count:
        return count
    last = heap[offset + count]
    step, order, slot = last.step, last.order, last.slot
    i = at
    while i > 0:
        above = heap[offset + ((i - 1) >> 1)]
        if above.step < step or (above.step == step and above.order < order):
            break
        heap[offset + i] = above
        i = (i - 1) >> 1
    while True:
        child = 2 * i + 1
        if child >= count:
            break
        low = heap[offset + child]
        if child + 1 < count:
            right = heap[offset + child + 1]
            if right.step < low.step or (right.step == low.step and right.order < low.order):
                child += 1
                low = right
        if step < low.step or (step == low.step and order < low.order):
            break
        heap[offset + i] = low
        i = child
    entry = heap[offset + i]
    entry.step, entry.order, entry.slot = step, order, slot
    return count


@leaf
def find_turn(heap, offset, count, slot):
    """Position of a call among `count` turns at `offset`; -1 if it is not there."""
    for i in range(count):
        if heap[offset + i].slot == slot:
            return i
    return -1
