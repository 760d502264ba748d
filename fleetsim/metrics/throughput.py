"""Throughput: tasks, calls and tokens a second."""

from __future__ import annotations

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.rates import counter_rate, rate_per_s
from fleetsim.metrics.view import View, answered


@metric
def throughput(view: View) -> list[Figure]:
    """Tasks answered a second, and tokens a second as the replicas counted them, in the window.

    output_tokens_per_s: tokens produced, those of calls that users do not read included. input_tokens_per_s: prompt
    tokens computed, repeated work after preemptions included. Scope pool X has its finished calls a second as well.
    """
    timeline, everyone = view.timeline, slice(None)
    found = [Figure.of("tasks_per_s", "all", rate_per_s(view, view.ended.finish_ns), "tasks/s", "higher")]
    for number, facts in enumerate(view.facts.classes):
        own = view.ended.finish_ns[view.ended.class_id == number]
        found.append(Figure.of("tasks_per_s", f"class {facts.name}", rate_per_s(view, own), "tasks/s", "higher"))
    for scope, replicas in [("all", everyone), *((scope, rows) for scope, _, rows in view.pool_scopes())]:
        for name, counter in (("output_tokens_per_s", "output_tokens"), ("input_tokens_per_s", "prefill_tokens")):
            rate = counter_rate(timeline, (counter,), replicas)
            found.append(Figure.of(name, scope, rate, "tokens/s", "higher"))
    calls = view.records.calls
    done = view.inside(calls.finish_ns) & answered(calls)
    pools, finish_ns = calls.pool[done], calls.finish_ns[done]
    for number, (scope, _, _) in enumerate(view.pool_scopes()):
        rate = rate_per_s(view, finish_ns[pools == number])
        found.append(Figure.of("calls_per_s", scope, rate, "calls/s", "higher"))
    return found
