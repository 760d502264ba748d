"""Cost: what the fleet costs, and what users get for it."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.rates import counter_rate, rate_per_s
from fleetsim.metrics.view import View, ratio
from fleetsim.statistics import Estimate


@metric
def cost(view: View) -> list[Figure]:
    """Fleet cost an hour, by pool too, and what it comes to per token, task and task within its targets.

    Every replica costs its price all the time, idle or not; a rented endpoint the tokens of the calls it finished. Set
    against what the fleet produced in the window that is the cost of output tokens, drafts and routers included (as in
    output_tokens_per_s); against what users got in it, that of tasks answered, of their answers' tokens (of the
    answering calls alone) and, blended, of these and the users' prompt tokens. Tasks within targets are those of
    classes that have any. cost_share says where the money goes. A pool without a price leaves the costs of its fleet
    unknown.
    """
    pools = [(scope, spend_per_s(view, number)) for number, (scope, _, _) in enumerate(view.pool_scopes())]
    usd_per_s = sum(price for _, price in pools)
    found = [Figure("usd_per_hour", "all", usd_per_s * 3600, "USD/h", "lower")]
    for scope, price in pools:
        found.append(Figure("usd_per_hour", scope, price * 3600, "USD/h", "lower"))
        found.append(Figure("cost_share", scope, ratio(price, usd_per_s), "share"))
    return found + [
        Figure.of(name, "all", rate.inverse(usd_per_s * scale), "USD", "lower") for name, rate, scale in _yields(view)
    ]


def spend_per_s(view: View, number: int) -> float:
    """Dollars a second that a pool costs in the window; by its number."""
    pool = view.facts.pools[number]
    if not pool.tariff:
        return pool.replicas * pool.usd_per_s
    calls = view.records.calls
    ended = calls[(calls.pool == number) & view.inside(calls.finish_ns)]
    from_s, prompt_usd, answer_usd = (np.array(column) for column in zip(*pool.tariff, strict=True))
    price = np.searchsorted(from_s * 1e9, ended.sent_ns, side="right") - 1
    usd = ended.prompt_tokens @ prompt_usd[price] + ended.output_tokens @ answer_usd[price]
    return ratio(float(usd), view.window_s)


def _yields(view: View) -> list[tuple[str, Estimate, float]]:
    """Name, rate per second and size of one unit of everything that cost is set against."""
    ended = view.ended
    blended = ended.prompt_tokens.astype(np.int64) + ended.output_tokens
    good = ended.finish_ns[ended.met & view.aimed[ended.class_id]] if len(view.aimed) else ended.finish_ns[:0]
    return [
        ("usd_per_million_output_tokens", counter_rate(view.timeline, ("output_tokens",), slice(None)), 1e6),
        ("usd_per_million_answer_tokens", rate_per_s(view, ended.finish_ns, ended.output_tokens), 1e6),
        ("usd_per_million_tokens", rate_per_s(view, ended.finish_ns, blended), 1e6),
        ("usd_per_task", rate_per_s(view, ended.finish_ns), 1.0),
        ("usd_per_slo_met_task", rate_per_s(view, good), 1.0),
    ]
