"""The spacing of arrivals matters: at one rate, evenly spaced and Poisson arrivals have different tails."""

from __future__ import annotations

import numpy as np
from theory_point import values_of
from theory_runs import exponential, job, poisson, queue, simulate


def test_even_and_poisson_arrivals_of_one_rate_differ_at_p99():
    p99_s = {}
    for name, arrivals in (("even", {"kind": "constant", "rate": "0.8 per s"}), ("poisson", poisson(0.8))):
        tasks = simulate(queue(arrivals, job(exponential(1)), horizon_s=300_000.0)).records.tasks
        assert abs(len(tasks) / 240_000 - 1) < 0.01
        p99_s[name] = np.quantile((tasks.finish_ns - tasks.arrival_ns) / 1e9, 0.99)
    exact = {"even": values_of("DM1-80")["p99_W"], "poisson": values_of("MM1-80")["p99_W"]}
    assert p99_s["poisson"] > 1.5 * p99_s["even"]
    for name, value in exact.items():
        assert abs(p99_s[name] / value - 1) < 0.1
