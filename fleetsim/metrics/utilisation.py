"""Utilisation: how busy replicas are, with what batch, queue and KV memory."""

from __future__ import annotations

import numpy as np

from fleetsim.metrics.contract import Figure, PoolFacts, metric
from fleetsim.metrics.rates import counter_rate
from fleetsim.metrics.view import Timeline, View, ratio
from fleetsim.statistics import batch_means
from fleetsim.tables import UNLIMITED_BLOCKS

_SHARES = {
    "utilisation": ("prefill_ns", "decode_ns"),
    "prefill_share": ("prefill_ns",),
    "decode_share": ("decode_ns",),
}


@metric
def utilisation(view: View) -> list[Figure]:
    """Share of time in steps, batch size, queue and KV memory of each pool, with the least and most of its replicas.

    utilisation: share of time in steps; prefill_share and decode_share are its parts (a step with any prefill chunk
    counts as prefill); nan for a rented endpoint, whose machines are the vendor's. batch_size_mean: sequences in the
    batch (calls in flight at an endpoint) when there is one; queue_mean: calls waiting, over all time; kv_use: share
    of KV blocks held. NAME_min and NAME_max are of the replicas' own values; queue_max and kv_use_max of single
    samples. Batch, queue and KV are seen at the samples only.
    """
    found = []
    for scope, pool, replicas in view.pool_scopes():
        found += _busy(view.timeline, scope, pool, replicas)
        found += _levels(view.timeline, scope, pool, replicas)
    return found


def _busy(timeline: Timeline, scope: str, pool: PoolFacts, replicas: slice) -> list[Figure]:
    if pool.tariff:
        names = [*_SHARES, "utilisation_min", "utilisation_max"]
        return [Figure(name, scope, float("nan"), "share") for name in names]
    found, per_ns = [], 1.0 / (1e9 * timeline.rows[:, replicas].shape[1])
    for name, counters in _SHARES.items():
        found.append(Figure.of(name, scope, counter_rate(timeline, counters, replicas).scaled(per_ns), "share"))
    busy_ns = sum(timeline.total(counter)[replicas] for counter in _SHARES["utilisation"])
    return found + _extremes("utilisation", scope, [ratio(t, timeline.elapsed_s * 1e9) for t in busy_ns], "share")


def _levels(timeline: Timeline, scope: str, pool: PoolFacts, replicas: slice) -> list[Figure]:
    rows = timeline.rows[:, replicas]
    running, waiting, blocks = (rows[name].astype(np.float64) for name in ("running", "waiting", "kv_blocks"))
    busy = running > 0
    batches = [ratio(running[:, r].sum(), busy[:, r].sum()) for r in range(rows.shape[1])]
    found = [Figure("batch_size_mean", scope, ratio(running.sum(), busy.sum()), "sequences")]
    found += _extremes("batch_size_mean", scope, batches, "sequences")
    found.append(Figure.of("queue_mean", scope, batch_means(waiting.mean(axis=1), least=2), "calls", "lower"))
    found += _extremes("queue_mean", scope, list(waiting.mean(axis=0)) if len(rows) else [], "calls")
    found.append(Figure("queue_max", scope, float(waiting.max()) if rows.size else float("nan"), "calls", "lower"))
    limited = 0 < pool.kv_blocks < UNLIMITED_BLOCKS
    use = blocks / pool.kv_blocks if limited and len(rows) else np.full((0, rows.shape[1]), np.nan)
    found.append(Figure.of("kv_use_mean", scope, batch_means(use.mean(axis=1), least=2), "share"))
    found += _extremes("kv_use_mean", scope, list(use.mean(axis=0)) if len(use) else [], "share")
    found.append(Figure("kv_use_max", scope, float(use.max()) if use.size else float("nan"), "share"))
    return found


def _extremes(name: str, scope: str, values: list[float], unit: str) -> list[Figure]:
    values = [v for v in values if np.isfinite(v)] or [float("nan")]
    return [
        Figure(f"{name}_min", scope, float(min(values)), unit),
        Figure(f"{name}_max", scope, float(max(values)), unit),
    ]
