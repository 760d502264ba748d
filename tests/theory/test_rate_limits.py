"""A rented endpoint's limits of requests and tokens a minute are token buckets: what they let in, in the long run.

In any time T no more than burst + rate * T is let in, the burst being a minute's worth; so offered twice its rate for
long, an endpoint lets in its rate, and burst / T at most beyond it.
"""

from __future__ import annotations

import numpy as np
import pytest
from theory_runs import Run, fleet, poisson, simulate

from fleetsim.tables import Status

HORIZON_S, PROMPT, ANSWER = 1800.0, 300, {"kind": "geometric", "mean": 100}
MEAN_TOKENS = 400
OFFERED_PER_S = 4.0
LIMITS = {
    "requests": {"requests_per_minute": OFFERED_PER_S * 60 / 2},
    "tokens": {"tokens_per_minute": OFFERED_PER_S * 60 * MEAN_TOKENS / 2},
}


def offered_twice(limit: dict, seed: int = 5) -> Run:
    """Half an hour of Poisson arrivals at twice the limit."""
    rented = {"ttft": "300 ms", "tpot": "10 ms", "input": "$1", "output": "$2", **limit}
    task = {"prompt": PROMPT, "output": ANSWER}
    return simulate(fleet(poisson(OFFERED_PER_S), task, {"vendor": {"endpoint": rented}}, horizon_s=HORIZON_S), seed)


def let_in(run: Run, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """When calls were let in, in seconds, and how much of the limit each took."""
    calls = run.records.calls
    inside = calls[calls.admitted_ns >= 0]
    inside = inside[np.argsort(inside.admitted_ns, kind="stable")]
    taken = np.ones(len(inside)) if kind == "requests" else inside.prompt_tokens + inside.output_tokens
    return inside.admitted_ns / 1e9, np.asarray(taken, np.float64)


@pytest.mark.parametrize("kind", LIMITS)
def test_no_time_lets_in_more_than_a_burst_and_the_rate(kind):
    run, per_minute = offered_twice(LIMITS[kind]), next(iter(LIMITS[kind].values()))
    times_s, taken = let_in(run, kind)
    # From just before call i to call j: the sums to j less those before i, less what the rate gives in between.
    ahead = np.cumsum(taken) - per_minute / 60 * times_s
    behind = np.minimum.accumulate(ahead - taken)
    assert (ahead - behind).max() <= per_minute * (1 + 1e-9)
    refused = run.records.calls.status == Status.REFUSED_RATE
    assert refused.sum() + len(times_s) == len(run.records.calls)


@pytest.mark.parametrize("kind", LIMITS)
def test_the_long_run_rate_is_the_limit(kind):
    run, per_minute = offered_twice(LIMITS[kind]), next(iter(LIMITS[kind].values()))
    times_s, taken = let_in(run, kind)
    rate_per_s, limit_per_s = taken.sum() / HORIZON_S, per_minute / 60
    assert rate_per_s <= limit_per_s + per_minute / HORIZON_S
    late = times_s > 120  # when the first minute's worth is gone for good
    assert taken[late].sum() / (HORIZON_S - 120) == pytest.approx(limit_per_s, rel=0.01)
