"""The shape of a task in time: from arrival to end, and the chain of calls that took it so long."""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import kernel
from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.judged import judges
from fleetsim.metrics.view import View, answered
from fleetsim.statistics import batch_means


@metric
def makespan(view: View) -> list[Figure]:
    """Time from arrival to end of answered tasks (makespan), and of it the time in calls of the critical path.

    The critical path of a task is found backwards: the call that finished last, before it the one that finished last
    before that was sent, and so on. critical_path_calls counts them; parallelism is the time of all calls over that of
    the path: 1 where one call follows the other. Only where answers are judged.
    """
    if not judges(view):
        return []
    tasks, calls = view.tasks, view.calls
    done = np.flatnonzero(answered(tasks))
    order = np.lexsort((calls.sent_ns, calls.task))
    order = order[(calls.finish_ns[order] >= 0)]
    ids = calls.task[order]
    first, last = np.searchsorted(ids, tasks.task[done]), np.searchsorted(ids, tasks.task[done], side="right")
    path_ns, steps, busy_ns = _paths(calls.sent_ns[order], calls.finish_ns[order], first, last)
    whole_ms = (tasks.finish_ns[done] - tasks.arrival_ns[done]) / 1e6
    some = path_ns > 0
    return [
        Figure.of("makespan_mean", "all", batch_means(whole_ms), "ms", "lower"),
        Figure.of("critical_path_mean", "all", batch_means(path_ns / 1e6), "ms", "lower"),
        Figure.of("critical_path_calls", "all", batch_means(steps.astype(np.float64)), "calls", "lower"),
        Figure.of("parallelism", "all", batch_means(busy_ns[some] / path_ns[some]), "calls"),
    ]


@kernel
def _paths(sent_ns, finish_ns, first, last):
    """Time in calls and number of calls of each task's critical path, and the time of all its calls."""
    path_ns, steps = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
    busy_ns = np.zeros(len(first), np.int64)
    for i in range(len(first)):
        before = np.int64(9223372036854775807)
        for j in range(first[i], last[i]):
            busy_ns[i] += finish_ns[j] - sent_ns[j]
        while True:
            best = -1
            for j in range(first[i], last[i]):
                if finish_ns[j] <= before and sent_ns[j] < before and (best < 0 or finish_ns[j] > finish_ns[best]):
                    best = j
            if best < 0:
                break
            path_ns[i] += finish_ns[best] - sent_ns[best]
            steps[i] += 1
            before = sent_ns[best]
    return path_ns, steps, busy_ns
