"""Threads side by side: FORK and JOIN, and which answer counts (docs/engine.md, section 3).

`clock`, `thread`, `gathering`, `node` and `task` are rows, changed in place; see `threads.py`.
"""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import leaf, routine
from fleetsim.engine.core.threads import attempt_of, dissolve, free_thread, new_thread
from fleetsim.luck import Stream, bits, choice
from fleetsim.quality.answers import score
from fleetsim.tables import BLANK, JoinRule

_ALL, _VOTE, _BEST, _ANY = int(JoinRule.ALL), int(JoinRule.VOTE), int(JoinRule.BEST), int(JoinRule.ANY)
_TIE, _BLANK, _NO_VOTE = np.int64(Stream.TIE), BLANK, -1.0


@routine
def open_gathering(slot, fork, clock, live_threads, live_gatherings):
    """A thread enters a FORK: it waits, and its gathering is the innermost that lets threads go."""
    at = clock.free_gathering
    gathering = live_gatherings[at]
    clock.free_gathering, clock.free_gatherings = gathering.next, clock.free_gatherings - 1
    gathering.fork, gathering.thread, gathering.released, gathering.live, gathering.closed = fork, slot, 0, 0, 0
    gathering.counted, gathering.first_counted, gathering.last_counted = 0, -1, -1
    gathering.forking, gathering.next, clock.forking = 1, clock.forking, at


@routine
def stop_forking(at, clock, live_threads, live_gatherings):
    """A gathering has no more threads to let go; returns the thread that waits for it in vain, or -1."""
    clock.forking = live_gatherings[at].next
    live_gatherings[at].forking = 0
    return dissolve(at, clock, live_threads, live_gatherings)


@routine
def fork_thread(at, node, clock, live_tasks, live_threads, live_gatherings):
    """Let the next thread of a gathering go; returns its slot."""
    gathering = live_gatherings[at]
    parent = live_threads[gathering.thread]
    slot = new_thread(clock, live_threads, parent.task)
    thread = live_threads[slot]
    thread.gathering, thread.lane = at, parent.lane * node.branches + gathering.released
    thread.role = parent.role + gathering.released * node.role_step
    thread.rounds, thread.passes, thread.context = parent.rounds, parent.passes, parent.context
    live_tasks[parent.task].threads += 1
    gathering.released += 1
    gathering.live += 1
    return slot


@leaf
def right_of(thread):
    """Whether a counted thread's answer is right: not if an earlier stage was wrong."""
    return thread.right if thread.good else 0


@leaf
def label_of(thread):
    """Label of a counted thread's answer: a wrong one if an earlier stage was wrong."""
    return 1 if thread.label == 0 and not thread.good else thread.label


@routine
def weigh_votes(gathering, live_threads, votes):
    """Sum the weights of the labels that a gathering has counted so far, -1 where there is none; changes: votes."""
    votes[:] = _NO_VOTE
    slot = gathering.first_counted
    while slot >= 0:
        thread = live_threads[slot]
        label = label_of(thread)
        votes[label] = max(votes[label], 0.0) + thread.weight
        slot = thread.next
    votes[_BLANK] = _NO_VOTE


@routine
def is_decided(votes, left):
    """Whether no other label can reach the leader's weight even with all votes that are left."""
    leader, second = 0, 0.0
    for label in range(1, _BLANK):
        if votes[label] > votes[leader]:
            leader = label
    for label in range(_BLANK):
        if label != leader:
            second = max(second, votes[label])
    return votes[leader] >= 0.0 and second + left < votes[leader]


@leaf
def take_answer(thread, chosen, right, label):
    """Let a thread have the answer of another one, seen as `right` and `label`."""
    thread.right, thread.label, thread.agreement = right, label, 0.0
    thread.flagged = 1 if label == _BLANK and right >= 0 else chosen.flagged
    thread.model, thread.maker_role, thread.sample = chosen.model, chosen.maker_role, chosen.sample
    thread.pool, thread.tokens, thread.weight = chosen.pool, chosen.tokens, chosen.weight


@routine
def join_by_vote(seed, thread, gathering, task_number, node_number, live_threads, votes):
    """Let the forked thread have the answer with the greatest weight of votes."""
    first, winner, top, ties = live_threads[gathering.first_counted], -1, _NO_VOTE, 0
    for label in range(_BLANK):
        if votes[label] > top:
            top, ties = votes[label], 1
        elif votes[label] == top and ties > 0:
            ties += 1
    if ties == 0:
        unjudged, slot = True, gathering.first_counted
        while slot >= 0:
            unjudged = unjudged and right_of(live_threads[slot]) < 0
            slot = live_threads[slot].next
        take_answer(thread, first, -1 if unjudged else 0, _BLANK)
        return
    place = 0
    if ties > 1:
        place = choice(bits(seed, _TIE, task_number, node_number, attempt_of(thread)), 0, ties)
    for label in range(_BLANK):
        if votes[label] == top:
            if place == 0:
                winner = label
                break
            place -= 1
    alike, chosen, slot = 0, -1, gathering.first_counted
    while slot >= 0:
        if label_of(live_threads[slot]) == winner:
            alike += 1
            chosen = slot if chosen < 0 else chosen
        slot = live_threads[slot].next
    take_answer(thread, live_threads[chosen], right_of(live_threads[chosen]), winner)
    thread.agreement = alike / gathering.counted


@routine
def join_parts(thread, gathering, live_threads):
    """Let the forked thread have the answer that the counted ones' parts make together."""
    wrong, unjudged, flagged, slot = False, False, 0, gathering.first_counted
    while slot >= 0:
        part = live_threads[slot]
        wrong = wrong or part.right == 0 or not part.good
        unjudged = unjudged or part.right < 0
        flagged = max(flagged, part.flagged)
        slot = part.next
    right = 0 if wrong else (-1 if unjudged else 1)
    take_answer(thread, live_threads[gathering.last_counted], right, 0 if right == 1 else (_BLANK if right < 0 else 1))
    thread.flagged = flagged


@routine
def chosen_of(seed, rule, gathering, task_number, separation, live_threads, quality):
    """The counted thread whose answer is taken by LAST, ANY or BEST."""
    chosen, best, slot = -1, 0.0, gathering.first_counted
    if rule != _ANY and rule != _BEST:
        return gathering.last_counted
    while slot >= 0:
        thread = live_threads[slot]
        if rule == _ANY:
            if right_of(thread) == 1:
                return slot
        elif label_of(thread) != _BLANK:
            seen = score(
                quality, seed, task_number, thread.model, thread.maker_role, thread.sample, right_of(thread), separation
            )
            if chosen < 0 or seen > best:
                chosen, best = slot, seen
        slot = thread.next
    return chosen if chosen >= 0 else gathering.first_counted


@routine
def close_gathering(thread, gathering, node, node_number, task_number, clock, live_threads, votes, quality):
    """A JOIN fires: the forked thread has its answer, and those counted are no more."""
    gathering.closed = 1
    if node.rule == _VOTE:
        join_by_vote(clock.seed, thread, gathering, task_number, node_number, live_threads, votes)
    elif node.rule == _ALL:
        join_parts(thread, gathering, live_threads)
    else:
        at = chosen_of(clock.seed, node.rule, gathering, task_number, node.separation, live_threads, quality)
        chosen = live_threads[at]
        take_answer(thread, chosen, right_of(chosen), label_of(chosen))
    slot = gathering.first_counted
    while slot >= 0:
        after = live_threads[slot].next
        if node.gather:
            thread.context += live_threads[slot].tokens
        free_thread(slot, clock, live_threads)
        slot = after
    thread.rounds += node.span


@routine
def join(slot, node_number, nodes, clock, task, live_threads, live_gatherings, votes, quality):
    """A thread enters the JOIN of its gathering: it is counted. Returns the thread that goes on; -1: none does yet."""
    at = live_threads[slot].gathering
    gathering, node = live_gatherings[at], nodes[node_number]
    live_threads[slot].next = -1
    if gathering.counted == 0:
        gathering.first_counted = slot
    else:
        live_threads[gathering.last_counted].next = slot
    gathering.last_counted = slot
    gathering.counted += 1
    gathering.live -= 1
    task.threads -= 1
    fires = gathering.counted == node.need or gathering.counted == nodes[gathering.fork].branches
    if node.rule == _VOTE and (fires or node.early):
        weigh_votes(gathering, live_threads, votes)
        fires = fires or is_decided(votes, node.need - gathering.counted)
    if not fires:
        return -1
    forked = gathering.thread
    close_gathering(live_threads[forked], gathering, node, node_number, task.task, clock, live_threads, votes, quality)
    dissolve(at, clock, live_threads, live_gatherings)
    return forked
