"""Gaps between successive tokens."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from fleetsim.metrics.contract import Figure, metric
from fleetsim.metrics.distribution import LEVELS
from fleetsim.metrics.view import View
from fleetsim.statistics import BATCHES, Estimate, sectioning

_LEAST_PER_SECTION = 1_000  # gaps; a p99.9 of a section has something to stand on


@metric
def itl(view: View) -> list[Figure]:
    """Gaps between successive tokens in ms, pooled over all tokens emitted in the window at their replicas.

    Exact over tokens (vLLM's inter-token latency; AIPerf's is the mean by request, which is our tpot). Intervals by
    sections of equal length in time. Scopes: all, and pool X; a replica's batch mixes classes. A run with more rows
    than its log keeps exactly has its oldest gaps to within 2**-13, the warm-up's among them, and no intervals.
    """
    found, pools = _figures(view, "all", None), view.pool_scopes()
    if len(pools) == 1:
        return found + [replace(figure, scope=pools[0][0]) for figure in found]
    for scope, pool, _ in pools:
        found += _figures(view, scope, range(pool.first_replica, pool.first_replica + pool.replicas))
    return found


def _figures(view: View, scope: str, replicas: range | None) -> list[Figure]:
    runs, levels = view.records.runs, list(LEVELS.values())
    whole = [
        runs.mean(view.cut_ns, view.horizon_ns, replicas),
        *runs.quantiles(levels, view.cut_ns, view.horizon_ns, replicas),
    ]
    estimates = [Estimate(float(value)) for value in whole]
    count = runs.count(view.cut_ns, view.horizon_ns, replicas)
    if view.intervals and runs.exact and count >= BATCHES * _LEAST_PER_SECTION:
        edges_ns = np.linspace(view.cut_ns, view.horizon_ns, BATCHES + 1).astype(np.int64)
        sections = [
            [runs.mean(int(start), int(stop), replicas), *runs.quantiles(levels, int(start), int(stop), replicas)]
            for start, stop in pairwise(edges_ns)
        ]
        estimates = [sectioning(float(value), part) for value, part in zip(whole, np.array(sections).T, strict=True)]
    names = ["mean", *LEVELS]
    return [
        Figure.of(f"itl_{name}", scope, estimate.scaled(1e-6), "ms", "lower")
        for name, estimate in zip(names, estimates, strict=True)
    ]
