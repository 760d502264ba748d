"""The ways that tasks took, read from the records of a run: between which pools, in which order, at whose cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim.metrics.view import Settled, answered
from fleetsim.metrics.view import View as Window
from fleetsim.report.view import ArmView
from fleetsim.units import nanoseconds

MOST_CALLS = 400_000
"""Calls that are looked at: shares of so many are as good as those of all."""

TASK, ANSWER = -1, -2
"""Where a task's way begins and ends, among the numbers of nodes."""


@dataclass(frozen=True)
class Flows:
    """What went where, of the tasks that arrived behind the warm-up of the arm's first run.

    Arrays are counted by class, by pool as a call enters and as it leaves (they differ where prefill and decode are
    on separate machines) and by outcome: within targets, too late, not answered.
    """

    calls: np.ndarray  # int64[class, pool entered]
    handed: np.ndarray  # int64[pool entered, pool left]
    ended: np.ndarray  # int64[pool left, outcome]
    tasks: np.ndarray  # int64[class, outcome]
    work_s: np.ndarray  # float64[pool, class]: time that calls spent in the pool's batches


@dataclass(frozen=True)
class Step:
    """From one workflow node to the next, `count` times; TASK and ANSWER are the ends."""

    source: int
    target: int
    count: int


def flows(arm: ArmView) -> Flows | None:
    """The flows of the arm's first run; None if it has no calls on record."""
    window, calls, classes = _window(arm)
    if len(calls) == 0:
        return None
    facts, tasks = arm.facts, window.records.tasks
    count, pools = len(facts.classes), len(facts.pools)
    outcome = np.where(window.met(tasks), 0, np.where(answered(tasks), 1, 2))
    of_call = outcome[np.searchsorted(tasks.task, calls.task)]
    prefill, left = _pools_of(arm, calls)
    entered = np.where(prefill >= 0, prefill, left)
    own = window.tasks
    return Flows(
        _table(classes, entered, (count, pools)),
        _table(entered, left, (pools, pools)),
        _table(left, of_call, (pools, 3)),
        _table(own.class_id, outcome[np.searchsorted(tasks.task, own.task)], (count, 3)),
        _work_s(calls, classes, prefill, left, (pools, count)),
    )


def steps(arm: ArmView) -> tuple[list[Step], dict[int, np.recarray]]:
    """How calls followed each other within a task, and the calls of each node.

    A call follows the last one that had ended when it was sent; one that none had is the task's first.
    """
    _, calls, _ = _window(arm)
    follows = _before(calls)
    nodes = np.asarray(calls.node)
    source = np.where(follows >= 0, nodes[np.maximum(follows, 0)], TASK)
    last = np.ones(len(calls), bool)
    last[follows[follows >= 0]] = False
    sources = np.concatenate([source, nodes[last]])
    targets = np.concatenate([nodes, np.full(np.count_nonzero(last), ANSWER)])
    pairs, counts = np.unique(np.stack([sources, targets]), axis=1, return_counts=True)
    found = [Step(int(s), int(t), int(n)) for (s, t), n in zip(pairs.T, counts, strict=True)]
    return found, {int(node): calls[nodes == node] for node in np.unique(nodes)}


def _window(arm: ArmView) -> tuple[Window, np.recarray, np.ndarray]:
    """The first run behind its warm-up, its first calls and the classes of their tasks."""
    run = arm.first
    window = Window(run.facts, run.records, Settled(nanoseconds(run.warm_up_s), doubtful=False))
    return window, window.calls[:MOST_CALLS], window.call_classes[:MOST_CALLS]


def _pools_of(arm: ArmView, calls: np.recarray) -> tuple[np.ndarray, np.ndarray]:
    """The pool that prefilled a call for another (-1: none did) and the one that it went or was handed to."""
    firsts = np.array([pool.first_replica for pool in arm.facts.pools])

    def pool(replica: np.ndarray) -> np.ndarray:
        return np.searchsorted(firsts, replica, side="right") - 1

    prefill = np.where(calls.prefill_replica >= 0, pool(calls.prefill_replica), -1)
    return prefill, np.where(calls.replica >= 0, pool(calls.replica), calls.pool)


def _work_s(
    calls: np.recarray, classes: np.ndarray, prefill: np.ndarray, left: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    apart, done = prefill >= 0, calls.finish_ns >= 0
    began_ns = np.where(apart, np.maximum(calls.transferred_ns, calls.first_token_ns), calls.admitted_ns)
    work_s = _table(left, classes, size, np.where(done, calls.finish_ns - began_ns, 0) / 1e9)
    first = apart & (calls.first_token_ns >= 0)
    spent_s = (calls.first_token_ns - calls.admitted_ns)[first] / 1e9
    return work_s + _table(prefill[first], classes[first], size, spent_s)


def _table(
    rows: np.ndarray, columns: np.ndarray, size: tuple[int, int], weights: np.ndarray | None = None
) -> np.ndarray:
    flat = np.asarray(rows, np.int64) * size[1] + columns
    return np.bincount(flat, weights, minlength=size[0] * size[1]).reshape(size)


def _before(calls: np.recarray) -> np.ndarray:
    """For each call the one of its task that ended last before it was sent; -1 if none had."""
    count = len(calls)
    ends = np.flatnonzero(calls.finish_ns >= 0)
    task = np.concatenate([calls.task[ends], calls.task])
    time_ns = np.concatenate([calls.finish_ns[ends], calls.sent_ns])
    is_send = np.concatenate([np.zeros(len(ends), np.int8), np.ones(count, np.int8)])
    call = np.concatenate([ends, np.arange(count)])
    order = np.lexsort((is_send, time_ns, task))
    latest = np.maximum.accumulate(np.where(is_send[order] == 0, np.arange(len(order)), -1))
    found = np.where(latest >= 0, call[order][np.maximum(latest, 0)], -1)
    found = np.where((found >= 0) & (calls.task[np.maximum(found, 0)] == task[order]), found, -1)
    sent = is_send[order] == 1
    before = np.full(count, -1)
    before[call[order][sent]] = found[sent]
    return before
