"""Rates over the window with intervals from equal slices of it."""

from __future__ import annotations

import math

import numpy as np

from fleetsim.metrics.view import Timeline, View, ratio
from fleetsim.statistics import BATCHES, Estimate, batch_means

_LEAST = 10  # events a slice, on average


def rate_per_s(view: View, time_ns: np.ndarray, weights: np.ndarray | None = None) -> Estimate:
    """Events, or their weights, a second over the window; the interval is that of batch means over slices of time."""
    if view.window_s <= 0:
        return Estimate(math.nan)
    edges_ns = np.linspace(view.cut_ns, view.horizon_ns, BATCHES + 1)
    amounts = np.histogram(time_ns, edges_ns, weights=None if weights is None else weights.astype(np.float64))[0]
    slices = amounts * (BATCHES / view.window_s)
    return batch_means(slices, least=1 if len(time_ns) >= _LEAST * BATCHES else BATCHES)


def counter_rate(timeline: Timeline, counters: tuple[str, ...], replicas: slice) -> Estimate:
    """Growth of counters a second, summed over the replicas, with an interval by batch means over the samples."""
    grown = sum(timeline.total(counter)[replicas].sum() for counter in counters)
    rates = sum(timeline.rates(counter, replicas) for counter in counters)
    estimate = batch_means(rates, least=2)
    return Estimate(ratio(grown, timeline.elapsed_s), estimate.low, estimate.high, estimate.method)
