"""Which of the calls that wait at a replica is its queue's head (docs/engine.md, section 5c).

The front of a queue, all of it where the order is never asked, is a list linked by `next`. Calls with keys behind it
are a skew heap (Sleator and Tarjan 1986) with `prev` and `next` as its branches; calls of a class behind it are a list
linked by `next`, one for each row of LINES. `replica`, `call` and `line` are rows, changed in place.
"""

from __future__ import annotations

import math

from fleetsim.compiled import leaf, routine, section
from fleetsim.tables import Asked

_NEVER, _JOINING, _STARTING = int(Asked.NEVER), int(Asked.JOINING), int(Asked.STARTING)


@leaf
def blocks_of(tokens, block_tokens):
    """KV blocks that hold `tokens` entries."""
    return (tokens + block_tokens - 1) // block_tokens


@leaf
def needed_blocks(replica, call):
    """Free blocks a waiting call must find to be admitted: an import needs room for its next entry too."""
    return blocks_of(call.target + call.imported, replica.block_tokens)


@section
def enqueue(replica, live_calls, slot):
    """Put a call at the end of the list that a queue without an order is; tells whether it is the head."""
    live_calls[slot].next, live_calls[slot].line = -1, -1
    if replica.queue_tail >= 0:
        live_calls[replica.queue_tail].next = slot
    else:
        replica.queue_head = slot
    replica.queue_tail = slot
    return replica.queue_head == slot


@routine
def meld(live_calls, one, other):
    """Make one heap of two, -1 being an empty one; returns its root."""
    root, above = -1, -1
    while one >= 0 and other >= 0:
        a, b = live_calls[one], live_calls[other]
        if b.key < a.key or (b.key == a.key and b.order < a.order):
            one, other = other, one
        if above >= 0:
            live_calls[above].prev = one
        else:
            root = one
        # The branch that grows becomes the other one next time: that keeps the heap shallow in the long run.
        above, first = one, live_calls[one]
        one, first.next = first.next, first.prev
    rest = one if one >= 0 else other
    if above < 0:
        return rest
    live_calls[above].prev = rest
    return root


@leaf
def ask(replica, class_id, rule, ordering):
    """What the queue's order says of `ordering.asked`, a call or the line of a class; noted if that is not finite."""
    said = rule(ordering.asked[0], ordering.knobs[replica.pool])
    if not math.isfinite(said):
        fault = ordering.fault[0]
        fault.found, fault.pool, fault.class_id, fault.said = 1, replica.pool, class_id, said
    return said


@routine
def insert(replica, slot, class_id, now_ns, rule, ordering, live_calls):
    """Put a call among those with keys; tells whether it is the head now."""
    call, asked = live_calls[slot], ordering.asked[0]
    asked.priority, asked.prompt_tokens, asked.joined_s = ordering.priorities[class_id], call.prompt, now_ns / 1e9
    asked.served_prompt_tokens, asked.served_output_tokens = 0, 0
    call.key = ask(replica, class_id, rule, ordering)
    replica.joins += 1
    call.order, call.line, call.prev, call.next = replica.joins, -1, -1, -1
    replica.queue_root = meld(live_calls, replica.queue_root, slot)
    return replica.queue_root == slot and replica.queue_head < 0


@routine
def stand_in_line(replica, slot, class_id, ordering, live_calls):
    """Put a call at the end of its class's line; tells whether the line is to be lifted for it."""
    row = replica.first_line + class_id
    call, line = live_calls[slot], ordering.lines[row]
    call.line, call.next = row, -1
    if line.tail >= 0:
        live_calls[line.tail].next = slot
    else:
        line.head, line.fresh = slot, 1
        replica.fresh_lines += 1
    line.tail = slot
    return line.head == slot


@section
def line_up(replica, slot, class_id, now_ns, orders, ordering, live_calls):
    """A call joins the replica's queue; tells whether the replica must look at it as soon as its step has ended."""
    replica.waiting += 1
    replica.waiting_blocks += blocks_of(live_calls[slot].target, replica.block_tokens)
    if replica.order_asked == _STARTING:
        return stand_in_line(replica, slot, class_id, ordering, live_calls)
    if replica.order_asked == _JOINING:
        first = insert(replica, slot, class_id, now_ns, orders[replica.queue_order], ordering, live_calls)
    else:
        first = enqueue(replica, live_calls, slot)
    return first and replica.running < replica.max_num_seqs


@routine
def level_of(replica, row, rule, ordering):
    """What a class has been served at a replica, as its order counts it, and what it was lifted by."""
    line, asked, class_id = ordering.lines[row], ordering.asked[0], row - replica.first_line
    asked.priority, asked.prompt_tokens, asked.joined_s = ordering.priorities[class_id], 0, 0.0
    asked.served_prompt_tokens = line.served_prompt_tokens
    asked.served_output_tokens = line.served_output_base + line.decoding * replica.decode_step
    return ask(replica, class_id, rule, ordering) + line.lift


@routine
def lift_lines(replica, rule, ordering):
    """Lift the classes that have calls waiting again up to those that had some all the time: nothing is saved up."""
    lines, first, count = ordering.lines, replica.first_line, len(ordering.priorities)
    reference = math.inf
    for row in range(first, first + count):
        if lines[row].head >= 0 and not lines[row].fresh:
            reference = min(reference, level_of(replica, row, rule, ordering))
    if reference == math.inf and replica.last_line >= 0:
        reference = level_of(replica, replica.last_line, rule, ordering)
    for row in range(first, first + count):
        if lines[row].fresh:
            lines[row].fresh = 0
            if reference < math.inf:
                lines[row].lift += max(0.0, reference - level_of(replica, row, rule, ordering))
    replica.fresh_lines = 0


@routine
def first_behind(replica, rule, ordering):
    """The first of the calls behind the front: that with the least key, or of the class with the least level."""
    if replica.order_asked == _JOINING:
        return replica.queue_root
    slot, least = -1, math.inf
    for row in range(replica.first_line, replica.first_line + len(ordering.priorities)):
        if ordering.lines[row].head >= 0:
            level = level_of(replica, row, rule, ordering)
            if slot < 0 or level < least:
                slot, least = ordering.lines[row].head, level
    return slot


@section
def head_of(replica, orders, ordering):
    """The head of a queue that is not empty."""
    if replica.queue_head >= 0:
        return replica.queue_head
    return first_behind(replica, orders[replica.queue_order], ordering)


@routine
def leave_order(replica, call, ordering, live_calls):
    """Take the first call of those behind the front out of the queue."""
    if replica.order_asked == _JOINING:
        replica.queue_root = meld(live_calls, call.prev, call.next)
        return
    line = ordering.lines[call.line]
    line.head = call.next
    if line.head < 0:
        line.tail = -1
    replica.last_line = call.line
    if call.admitted_ns < 0:
        line.served_prompt_tokens += call.prompt


@section
def leave_queue(replica, slot, ordering, live_calls):
    """Take the head out of the queue."""
    call = live_calls[slot]
    if slot == replica.queue_head:
        replica.queue_head = call.next
        if replica.queue_head < 0:
            replica.queue_tail = -1
    else:
        leave_order(replica, call, ordering, live_calls)
    replica.waiting -= 1
    replica.waiting_blocks -= blocks_of(call.target, replica.block_tokens)


@leaf
def return_to_front(replica, live_calls, slot):
    """Put a call that was preempted at the front of the queue."""
    live_calls[slot].next = replica.queue_head
    replica.queue_head = slot
    if replica.queue_tail < 0:
        replica.queue_tail = slot
    replica.waiting += 1
    replica.waiting_blocks += blocks_of(live_calls[slot].target, replica.block_tokens)


@routine
def head_may_change(replica, ordering, live_calls):
    """Whether another call that fits may become the head as the classes are served: a run must stop at each step.

    Blocks only become fewer while a run goes on: a call that does not fit now will not fit in it.
    """
    if replica.queue_head >= 0 or replica.batch_closed or replica.running >= replica.max_num_seqs:
        return False
    backlogged, fits = 0, False
    for row in range(replica.first_line, replica.first_line + len(ordering.priorities)):
        head = ordering.lines[row].head
        if head >= 0:
            backlogged += 1
            fits = fits or needed_blocks(replica, live_calls[head]) <= replica.free_blocks
    return fits and backlogged > 1
