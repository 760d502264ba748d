"""Latency: what users wait for, and what each pool adds to it."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.distribution import distribution
from fleetsim.metrics.view import View, answered


@metric
def latency(view: View) -> list[Figure]:
    """TTFT, TPOT and end-to-end time as users see them and of each pool's calls, and queueing of calls, in ms.

    ttft: arrival to first token at the client. tpot: (e2e - ttft) / (output tokens - 1), of answers of two tokens or
    more. e2e: arrival to the last token at the client. queueing: a call's wait at its replica from its delivery to its
    first admission. Scopes "all" and "class X" are of answered tasks, for queueing of admitted calls; scope "pool X" is
    of that pool's finished calls, from sending to readiness at the replica, without the way back.
    """
    tasks, calls, call_classes = view.tasks, view.calls, view.call_classes
    done, admitted = answered(tasks), calls.admitted_ns >= 0
    found = _figures("all", tasks, done, tasks.arrival_ns) + _queueing("all", calls, admitted)
    for number, facts in enumerate(view.facts.classes):
        scope = f"class {facts.name}"
        found += _figures(scope, tasks, done & (tasks.class_id == number), tasks.arrival_ns)
        found += _queueing(scope, calls, admitted & (call_classes == number))
    for number, (scope, _, _) in enumerate(view.pool_scopes()):
        here = calls.pool == number
        found += _figures(scope, calls, answered(calls) & here, calls.sent_ns)
        found += _queueing(scope, calls, admitted & here)
    return found


def _figures(scope: str, rows: np.recarray, done: np.ndarray, start_ns: np.ndarray) -> list[Figure]:
    """TTFT, TPOT and E2E of the answered tasks or finished calls among the rows; columns are copied one at a time."""
    first_ns, finish_ns, tokens = rows.first_token_ns, rows.finish_ns, rows.output_tokens
    spoke = done & (first_ns >= 0)
    several = spoke & (tokens > 1)
    return [
        *distribution("ttft", scope, first_ns[spoke] - start_ns[spoke]),
        *distribution("tpot", scope, (finish_ns[several] - first_ns[several]) / (tokens[several] - 1)),
        *distribution("e2e", scope, finish_ns[done] - start_ns[done]),
    ]


def _queueing(scope: str, calls: np.recarray, admitted: np.ndarray) -> list[Figure]:
    return distribution("queueing", scope, calls.admitted_ns[admitted] - calls.queued_ns[admitted])
