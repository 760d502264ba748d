"""Recursions that give every call's times from the same arrivals and sizes: no nanosecond of difference allowed.

Lindley, "The theory of queues with a single server", 1952; Kiefer and Wolfowitz, "On the theory of queues with many
servers", 1955.
"""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from theory_runs import Ready, exponential, fleet, job, poisson, pool, queue, simulate, trace_classes, write_trace

_TASKS = 100_000
_MS = 1_000_000


def _lindley(arrival_ns, service_ns) -> tuple[np.ndarray, np.ndarray]:
    """(start, finish) of each of a queue's calls: start = max(arrival, finish of the one before)."""
    start, finish, free_ns = np.empty(len(arrival_ns), np.int64), np.empty(len(arrival_ns), np.int64), 0
    for i, (arrived, service) in enumerate(zip(arrival_ns.tolist(), service_ns.tolist(), strict=True)):
        start[i] = max(arrived, free_ns)
        free_ns = finish[i] = start[i] + service
    return start, finish


def _kiefer_wolfowitz(arrival_ns, service_ns, slots: int) -> tuple[np.ndarray, np.ndarray]:
    """(start, finish) in order of arrival: start = max(arrival, earliest free slot)."""
    start, finish = np.empty(len(arrival_ns), np.int64), np.empty(len(arrival_ns), np.int64)
    free_ns = [0] * slots
    for i, (arrived, service) in enumerate(zip(arrival_ns.tolist(), service_ns.tolist(), strict=True)):
        start[i] = max(arrived, free_ns[0])
        finish[i] = start[i] + service
        heapq.heapreplace(free_ns, int(finish[i]))
    return start, finish


def _same(calls, start, finish) -> None:
    np.testing.assert_array_equal(calls.admitted_ns, start)
    np.testing.assert_array_equal(calls.finish_ns, finish)


_ONE_STEP = {"prompt": {"kind": "lognormal", "mean": 1000, "cv": 1.5, "max": 60_000}, "output": 1}
_MANY_STEPS = {"prompt": 1, "output": {"kind": "lognormal", "mean": 1000, "cv": 1.5}}


@pytest.mark.parametrize(
    ("classes", "steps"),
    [
        (_ONE_STEP, {"base": "0 s", "per_token": "1 us", "max_num_batched_tokens": 60_000}),
        (_ONE_STEP, {"base": "0 s", "per_token": "1 us", "max_num_batched_tokens": 256}),
        (_MANY_STEPS, {"base": "1 us"}),
    ],
    ids=["one step a call", "many chunks a prompt", "many steps an answer"],
)
def test_one_slot_is_lindleys_recursion(classes, steps):
    run = simulate(queue(poisson(900), classes, horizon_s=_TASKS / 900, **steps))
    calls = run.records.calls
    assert len(calls) > 0.99 * _TASKS
    service_ns = np.maximum(calls.prompt_tokens, calls.output_tokens).astype(np.int64) * 1000
    _same(calls, *_lindley(calls.sent_ns, service_ns))


def test_slots_with_aligned_steps_are_kiefer_and_wolfowitz(tmp_path):
    rng = np.random.Generator(np.random.Philox(11))
    arrival_ns = np.sort(rng.integers(0, _TASKS * 4, _TASKS)) * _MS
    steps = rng.geometric(1 / 18, _TASKS)
    write_trace(tmp_path / "aligned.csv", arrival_ns, np.ones(_TASKS, int), steps)
    arrivals = {"kind": "trace", "file": "aligned.csv"}
    run = simulate(queue(arrivals, trace_classes(), horizon_s=_TASKS / 250, base="1 ms", slots=5), folder=tmp_path)
    assert len(run.records.calls) == _TASKS
    _same(run.records.calls, *_kiefer_wolfowitz(arrival_ns, steps * _MS, 5))


def test_round_robin_is_lindley_at_every_replica():
    run = simulate(queue(poisson(3.2), job(exponential(1)), horizon_s=_TASKS / 3.2, replicas=4, balancer="round_robin"))
    calls = run.records.calls
    np.testing.assert_array_equal(calls.replica, np.arange(len(calls)) % 4)
    for replica in range(4):
        own = calls[replica::4]
        _same(own, *_lindley(own.queued_ns, own.output_tokens.astype(np.int64) * 10_000))


def test_two_pools_in_a_row_are_lindley_twice_with_the_network_between():
    pools = {
        "sorter": pool(base="0 s", per_token="1 us", network="3 ms"),
        "answers": pool(base="1 us", max_num_batched_tokens=1 << 17, network="7 ms"),
    }
    classifier = {"pool": "sorter", "accuracy": 1.0, "prompt_limit": 1_000_000}
    workflow = {"kind": "route", "classifier": classifier, "routes": {"general": "answers"}}
    length = {"kind": "geometric", "mean": 1000}
    run = simulate(fleet(poisson(800), {"prompt": length, "output": length}, pools, workflow, horizon_s=_TASKS / 800))
    sorter, answers = (run.records.calls[run.records.calls.pool == k] for k in (0, 1))
    start, finish = _lindley(run.records.tasks.arrival_ns + 3 * _MS, sorter.prompt_tokens.astype(np.int64) * 1000)
    _same(sorter, start, finish)
    start, finish = _lindley(finish + (3 + 7) * _MS, answers.output_tokens.astype(np.int64) * 1000)
    _same(answers, start, finish)
    np.testing.assert_array_equal(run.records.tasks.finish_ns, finish + 7 * _MS)


def _batched(arrival_ns, output, slots: int, step_ns) -> tuple[list[int], list[int], list[int]]:
    """(admitted, first token, finish): continuous batching of prompts of one token, one step at a time."""
    count = len(arrival_ns)
    admitted, first, finish = [-1] * count, [-1] * count, [-1] * count
    now_ns, following, left = 0, 0, {}
    while following < count or left:
        if not left:
            now_ns = max(now_ns, arrival_ns[following])
        while following < count and arrival_ns[following] <= now_ns and len(left) < slots:
            left[following], admitted[following] = output[following], now_ns
            following += 1
        now_ns += step_ns(len(left))
        for i in list(left):
            left[i] -= 1
            if first[i] < 0:
                first[i] = now_ns
            if left[i] == 0:
                finish[i] = now_ns
                del left[i]
    return admitted, first, finish


@pytest.mark.parametrize(("slots", "mean"), [(16, 50), (8, 1)])
def test_batches_are_those_of_a_loop_over_steps(slots, mean):
    answers = {"kind": "geometric", "mean": mean}
    rate = 0.8 * slots / (mean * (0.02 + 0.0005 * slots))
    document = queue(
        poisson(rate), job(answers), horizon_s=20_000 / rate, base="20 ms", per_token="0.5 ms", slots=slots
    )
    calls = simulate(document).records.calls
    want = _batched(calls.sent_ns.tolist(), calls.output_tokens.tolist(), slots, lambda n: 20 * _MS + n * _MS // 2)
    for column, times_ns in zip(("admitted_ns", "first_token_ns", "finish_ns"), want, strict=True):
        np.testing.assert_array_equal(calls[column], times_ns)


def test_a_call_alone_takes_the_sum_of_its_steps(tmp_path):
    """3 chunks of 256, 256, 88 tokens, then 19 steps of one token that read 601, 602, ... tokens."""
    write_trace(tmp_path / "one.csv", np.array([5 * _MS]), np.array([600]), np.array([20]))
    the_pool = pool(base="1 ms", per_token="1 us", max_num_batched_tokens=256)
    the_pool["steps"] |= {"per_context_token": "20 ns", "per_token_pair": "2 ns"}
    document = fleet({"kind": "trace", "file": "one.csv"}, trace_classes(), {"servers": the_pool})
    (call,) = Ready(document, tmp_path).run(1).records.calls
    pairs_ns = 2 * 600 * 600 // 2
    first_ns = 5 * _MS + 3 * _MS + 600 * 1000 + pairs_ns
    assert call.first_token_ns == first_ns
    assert call.finish_ns == first_ns + 19 * (_MS + 1000) + 20 * sum(range(601, 620))
