"""Relations of figures to records: prices scale costs and nothing else, and figures can be worked out from the log."""

from __future__ import annotations

import math

import numpy as np
import pytest
from handful import HORIZON_NS, a_pool, assert_same, closed, routed, tight, trace
from theory_runs import Run, simulate

from fleetsim import metrics

_DOCUMENTS = {
    "tight": lambda folder: tight(trace(folder)),
    "routed": lambda folder: routed(trace(folder)),
    "closed": lambda folder: closed(),
}


def _priced(document: dict, usd_per_h: float) -> dict:
    for number, pool in enumerate(document["architectures"]["system"]["pools"].values(), start=1):
        pool["price"] = f"${usd_per_h * number} per h"
    return document


def _figures(run: Run) -> dict[tuple[str, str], float]:
    found, _ = metrics.figures(run.facts, run.records)
    return {(figure.name, figure.scope): figure.value for figure in found}


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_prices_times_k_are_costs_times_k_and_nothing_else(tmp_path, name):
    one, other = (simulate(_priced(_DOCUMENTS[name](tmp_path), price), seed=7, folder=tmp_path) for price in (2.0, 6.0))
    assert_same(one, other)
    before, after = _figures(one), _figures(other)
    assert before.keys() == after.keys()
    for key, value in before.items():
        expected = 3 * value if key[0].startswith("usd_") else value
        assert after[key] == pytest.approx(expected, rel=1e-12, nan_ok=True), key


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_figures_are_those_of_the_log(tmp_path, name):
    run = simulate(_priced(_DOCUMENTS[name](tmp_path), 2.0), seed=7, folder=tmp_path)
    figures, tasks, calls = _figures(run), run.records.tasks, run.records.calls
    horizon_s, pools = HORIZON_NS / 1e9, run.plan.pools
    e2e_ms, ttft_ms = ((tasks[end] - tasks.arrival_ns) / 1e6 for end in ("finish_ns", "first_token_ns"))
    queueing_ms = (calls.admitted_ns - calls.queued_ns) / 1e6
    assert (tasks.finish_ns >= 0).all()
    ended = (tasks.finish_ns < HORIZON_NS).sum()
    usd_per_h = sum(2.0 * number * int(row.replicas) for number, row in enumerate(pools, start=1))
    for (key, scope), value in {
        ("e2e_mean", "all"): e2e_ms.mean(),
        ("e2e_p50", "all"): np.quantile(e2e_ms, 0.5),
        ("e2e_p99", "all"): np.quantile(e2e_ms, 0.99),
        ("ttft_p95", "all"): np.quantile(ttft_ms, 0.95),
        ("queueing_p90", "all"): np.quantile(queueing_ms, 0.9),
        ("arrived", "all"): len(tasks),
        ("finished", "all"): len(tasks),
        ("preemptions", "all"): calls.preemptions.sum(),
        ("calls_per_task", "all"): len(calls) / len(tasks),
        ("tasks_per_s", "all"): ended / horizon_s,
        ("usd_per_hour", "all"): usd_per_h,
        ("usd_per_task", "all"): usd_per_h / 3600 * horizon_s / ended,
    }.items():
        assert math.isclose(figures[key, scope], value, rel_tol=1e-9, abs_tol=1e-12), key


def test_a_pool_without_traffic_costs_its_price_and_nothing_else_changes(tmp_path):
    document = _priced(tight(trace(tmp_path)), 2.0)
    before = _figures(simulate(document, seed=7, folder=tmp_path))
    document["architectures"]["system"]["pools"]["idle"] = a_pool(replicas=2, price="$5 per h")
    after = _figures(simulate(document, seed=7, folder=tmp_path))
    assert after["usd_per_hour", "all"] == pytest.approx(before["usd_per_hour", "all"] + 10.0)
    for name in ("e2e_p99", "ttft_p50", "queueing_mean", "tasks_per_s", "finished"):
        assert after[name, "all"] == before[name, "all"]
