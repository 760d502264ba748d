"""Prefix caching: how much of the prompts was still in memory."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.view import View, ratio


@metric
def caching(view: View) -> list[Figure]:
    """Share of prompt tokens that the replica still had from earlier calls of the conversation (cached_share).

    Over the calls of the tasks that arrived, by pool too. Only where some were cached.
    """
    calls = view.calls
    if not (calls.cached_tokens > 0).any():
        return []
    scopes = [("all", np.ones(len(calls), bool))]
    scopes += [(f"pool {pool.name}", calls.pool == number) for number, pool in enumerate(view.facts.pools)]
    found = []
    for scope, own in scopes:
        cached, read = (float(calls[name][own].sum(dtype=np.int64)) for name in ("cached_tokens", "prompt_tokens"))
        found.append(Figure("cached_share", scope, ratio(cached, read), "share", "higher"))
    return found
