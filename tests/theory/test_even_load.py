"""Equal replicas share the load evenly under every balancer, and none idles while another queues."""

from __future__ import annotations

import numpy as np
import pytest
from theory_runs import exponential, job, poisson, queue, simulate, trace_classes, write_trace

from fleetsim.policies.balancers import BALANCERS

_REPLICAS = 8
_DRAWN = ("random", "power_of_two")
"""Balancers that draw lots; all others must be exact."""

_STATE_AWARE = tuple(name for name in BALANCERS if name.startswith("least_"))


def _calls(rate_per_s: float, balancer: object, tasks: int) -> np.ndarray:
    document = queue(
        poisson(rate_per_s), job(exponential(1)), horizon_s=tasks / rate_per_s, replicas=_REPLICAS, balancer=balancer
    )
    return simulate(document).records.calls


def _assert_even(calls: np.ndarray) -> None:
    counts = np.bincount(calls.replica, minlength=_REPLICAS)
    share = 1 / _REPLICAS
    assert np.abs(counts - len(calls) * share).max() < 5 * np.sqrt(len(calls) * share * (1 - share))


@pytest.mark.parametrize("load", [0.01, 0.3, 0.95], ids=["hardly any load", "light load", "heavy load"])
@pytest.mark.parametrize("balancer", BALANCERS)
def test_replicas_get_the_same_number_of_calls(balancer, load):
    _assert_even(_calls(load * _REPLICAS, balancer, 40_000))


@pytest.mark.parametrize("balancer", [name for name in BALANCERS if name not in _DRAWN])
def test_without_load_ties_go_around(balancer):
    calls = _calls(1e-4, balancer, 80)  # hardly two calls at once
    counts = np.bincount(calls.replica, minlength=_REPLICAS)
    assert counts.max() - counts.min() <= 1


def _bursts(folder, balancer: object, size: int) -> np.ndarray:
    """int [burst, size]: the replicas that the calls of bursts of simultaneous arrivals went to."""
    arrival_ns = np.repeat(np.arange(500) * 10**9, size)
    write_trace(folder / "bursts.csv", arrival_ns, np.ones(len(arrival_ns), int), np.full(len(arrival_ns), 40_000))
    arrivals = {"kind": "trace", "file": "bursts.csv"}
    document = queue(arrivals, trace_classes(), horizon_s=501.0, replicas=_REPLICAS, balancer=balancer)
    return simulate(document, folder=folder).records.calls.replica.reshape(-1, size)


_EVERY_REPLICA_ASKED = {"kind": "power_of_two", "choices": _REPLICAS}


@pytest.mark.parametrize("balancer", [*(n for n in BALANCERS if n not in _DRAWN), _EVERY_REPLICA_ASKED], ids=str)
def test_a_burst_of_as_many_calls_as_replicas_gives_one_to_each(tmp_path, balancer):
    replicas = np.sort(_bursts(tmp_path, balancer, _REPLICAS), axis=1)
    np.testing.assert_array_equal(replicas, np.broadcast_to(np.arange(_REPLICAS), replicas.shape))


@pytest.mark.parametrize("balancer", BALANCERS)
def test_bursts_smaller_than_the_pool_do_not_wear_out_the_first_replicas(tmp_path, balancer):
    counts = np.bincount(_bursts(tmp_path, balancer, 3).ravel(), minlength=_REPLICAS)
    assert np.abs(counts - counts.mean()).max() < 5 * np.sqrt(counts.mean())
    if balancer not in _DRAWN:
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("balancer", [*_STATE_AWARE, _EVERY_REPLICA_ASKED], ids=str)
def test_nobody_waits_who_found_a_replica_idle(balancer):
    calls = _calls(0.8 * _REPLICAS, balancer, 40_000)
    free_ns = np.zeros(_REPLICAS, np.int64)
    found_idle = np.empty(len(calls), bool)
    for i, call in enumerate(calls[["queued_ns", "finish_ns", "replica"]].tolist()):
        queued_ns, finish_ns, replica = call
        found_idle[i] = free_ns.min() <= queued_ns
        free_ns[replica] = finish_ns
    waited = calls.admitted_ns > calls.queued_ns
    assert 0.2 < found_idle.mean() < 0.9
    assert not (found_idle & waited).any()


def test_the_least_outstanding_replica_is_the_one_chosen():
    calls = _calls(0.9 * _REPLICAS, "least_outstanding", 40_000)
    finishes: list[list[int]] = [[] for _ in range(_REPLICAS)]
    for queued_ns, finish_ns, replica in calls[["queued_ns", "finish_ns", "replica"]].tolist():
        for r in range(_REPLICAS):
            finishes[r] = [end for end in finishes[r] if end > queued_ns]
        assert len(finishes[replica]) == min(map(len, finishes))
        finishes[replica].append(finish_ns)
