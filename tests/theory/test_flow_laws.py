"""Laws that hold on every path, whatever the distributions: Little's, utilisation, response time."""

from __future__ import annotations

import numpy as np
import pytest
from theory_runs import (
    Ready,
    all_finished,
    exponential,
    fleet,
    job,
    poisson,
    pool,
    queue,
    simulate,
    trace_classes,
    write_trace,
)

from fleetsim import units, workload

_MS = 1_000_000


def _inside(calls: np.ndarray, times_ns: np.ndarray) -> np.ndarray:
    """How many calls were at their replica at each time: delivered at or before it, and not finished."""
    queued, finish = np.sort(calls.queued_ns), np.sort(calls.finish_ns)
    return np.searchsorted(queued, times_ns, side="right") - np.searchsorted(finish, times_ns, side="right")


_CLOSED = {"kind": "closed_loop", "clients": 40, "think": {"kind": "exponential", "mean": "2 s"}}


def _two_pools(arrivals: dict) -> dict:
    pools = {
        "sorter": pool(base="5 ms", per_token="10 us", slots=4, network="2 ms"),
        "chat": pool(base="20 ms", per_token="1 ms", slots=8, replicas=3, balancer="least_outstanding", network="9 ms"),
        "code": pool(base="30 ms", per_token="1 ms", slots=8, replicas=2, balancer="power_of_two"),
    }
    routes = {"chat": "chat", "code": "code"}
    workflow = {"kind": "route", "classifier": {"pool": "sorter", "accuracy": 0.8}, "routes": routes}
    task = {"prompt": {"kind": "geometric", "mean": 200}, "output": {"kind": "geometric", "mean": 60}}
    document = fleet(arrivals, task | {"domains": {"chat": 0.7, "code": 0.3}}, pools, workflow, horizon_s=600.0)
    return document | {"samples": 1200}


@pytest.mark.parametrize("arrivals", [poisson(12), _CLOSED], ids=["open", "closed"])
def test_the_timeline_counts_the_calls_that_the_records_place_there(arrivals):
    run = simulate(_two_pools(arrivals))
    assert all_finished(run)
    calls, samples = run.records.calls, run.records.samples
    for replica in range(run.plan.replicas):
        seen = samples[samples.replica == replica]
        np.testing.assert_array_equal(
            seen.waiting + seen.running, _inside(calls[calls.replica == replica], seen.time_ns)
        )


def test_littles_law_is_an_identity(tmp_path):
    """Everything happens at whole milliseconds, so one look a millisecond sums the number inside without error."""
    rng = np.random.Generator(np.random.Philox(5))
    arrival_ns = np.sort(rng.integers(0, 90_000, 1_500)) * _MS
    write_trace(tmp_path / "grid.csv", arrival_ns, rng.integers(1, 9, 1_500), rng.geometric(1 / 30, 1_500))
    document = queue(
        {"kind": "trace", "file": "grid.csv"}, trace_classes(), horizon_s=120.0, base="1 ms", per_token="1 ms", slots=6
    )
    run = Ready(document | {"samples": 120_000}, tmp_path).run(1)
    assert all_finished(run)
    calls, samples = run.records.calls, run.records.samples
    assert calls.finish_ns.max() < 120_000 * _MS
    inside_ns = int((samples.waiting + samples.running).sum()) * _MS
    assert inside_ns == int((calls.finish_ns - calls.queued_ns).sum())


@pytest.mark.parametrize("balancer", ["random", "least_outstanding"])
def test_busy_time_is_the_sum_of_the_services(balancer):
    document = queue(poisson(2.4), job(exponential(1)), horizon_s=20_000.0, replicas=3, balancer=balancer)
    run = simulate(document)
    calls, final = run.records.calls, run.records.final
    for replica in range(3):
        own = calls[calls.replica == replica]
        service_ns = int((own.finish_ns - own.admitted_ns).sum())
        assert service_ns == int(own.output_tokens.sum(dtype=np.int64)) * 10_000
        assert int(final.prefill_ns[replica] + final.decode_ns[replica]) == service_ns


def test_a_closed_loop_obeys_the_response_time_law(tmp_path):
    """Each client's next task comes its pause after its last answer, so R = N/X - Z up to the last laps."""
    ready = Ready(_two_pools(_CLOSED), tmp_path)
    spec = ready.loaded.scenario
    run = ready.run(3)
    tasks, clients = run.records.tasks, run.plan.clients
    source = workload.materialise(
        spec.workload, seed=3, horizon_ns=units.nanoseconds(spec.horizon_s), base=ready.loaded.base
    )
    rows, chunks = [], source.chunks()
    while sum(map(len, rows)) <= tasks.task.max():
        rows.append(next(chunks))
    think_ns = np.concatenate(rows)["think_ns"][tasks.task]
    for client in range(clients):
        own, pause_ns = tasks[tasks.task % clients == client], think_ns[tasks.task % clients == client]
        np.testing.assert_array_equal(own.arrival_ns[1:], own.finish_ns[:-1] + pause_ns[:-1])
    laps_s = (tasks.finish_ns - tasks.arrival_ns + think_ns).sum() / 1e9
    assert laps_s == pytest.approx(clients * spec.horizon_s, rel=0.02)
