"""Benchmarks simulated on constant steps, worked by hand: every step takes 1 ms."""

from dataclasses import replace

import numpy as np
import pytest

from fleetsim.hardware import StepTable
from fleetsim.predict.frameworks import Framework
from fleetsim.predict.measures import UnknownMeasure, measured
from fleetsim.predict.protocol import load
from fleetsim.predict.rows import Point
from fleetsim.predict.simulation import simulate

TABLE = StepTable(
    base_ns=np.full(4097, 1e6), alpha_ns=0.0, window_alpha_ns=0.0, window_tokens=0, beta_ns=0.0, kv_blocks=100_000,
    block_tokens=16, context_tokens=8192, accelerators=2, idle_w=100.0, prefill_w=1400.0, decode_w=800.0, basis="given",
    memory={},
)  # fmt: skip
PLAIN = Framework("plain", max_num_batched_tokens=4096)


def run(load_type, load_value, **said):
    point = Point("h100", "llama-3.1-8b", load_type, load_value, **said)
    return simulate(TABLE, 1, 2, load(point, PLAIN), limit_w=700.0)


@pytest.fixture(scope="module")
def static():
    """Four prompts in one step of 1 ms, then four more steps."""
    return run("static_batch", "4", isl=10.0, osl=5.0)


@pytest.fixture(scope="module")
def closed():
    """Two clients, three requests each, in step: six times 4 ms over two."""
    return run("closed_loop_concurrency", "2", isl=8.0, osl=4.0, num_requests=6.0)


@pytest.mark.parametrize(
    ("metric", "unit", "value"),
    [
        ("ttft", "ms", 1.0),
        ("prompt_time", "ms", 1.0),
        ("token_time", "ms", 1.0),
        ("tpot_mean", "ms", 1.0),
        ("tpot_p99", "s", 0.001),
        ("itl_mean", "ms", 1.0),
        ("itl_p50", "ms", 1.0),
        ("e2e_time", "ms", 5.0),
        ("e2e_latency_batch", "s", 0.005),
        ("elapsed_time", "s", 0.005),
        ("output_throughput_total", "tok/s", 4000.0),
        ("output_throughput_per_gpu", "tok/s/GPU", 2000.0),
        ("total_token_throughput", "tok/s", 12000.0),
        ("total_token_throughput_per_gpu", "tok/s/GPU", 6000.0),
        ("prefill_speed", "tok/s", 40000.0),
        ("decode_speed", "tok/s", 1000.0),
        ("output_speed", "tok/s/user", 1000.0),
        ("request_throughput", "req/s", 800.0),
        ("average_power", "W", (1400 + 4 * 800) / 5),
        ("average_power", "fraction of TDP", (1400 + 4 * 800) / 5 / 1400),
        ("peak_power", "fraction of TDP", 1.0),
        ("joules_per_output_token", "J/tok (GPU power only)", (1.4 + 3.2) / 20),
    ],
)
def test_a_static_batch(static, metric, unit, value):
    assert measured(static, metric, unit)[0] == pytest.approx(value)


def test_in_a_static_batch_nobody_has_a_token_before_all_have():
    point = Point("h100", "llama-3.1-8b", "static_batch", "2", isl=4000.0, osl=3.0)
    in_two_steps = replace(load(point, PLAIN), max_num_batched_tokens=4096)
    outcome = simulate(TABLE, 1, 2, in_two_steps, 700.0)
    assert outcome.calls.first_token_ns.tolist() == [1_000_000, 2_000_000]
    assert outcome.ttft_s.tolist() == [0.002, 0.002]


def test_a_closed_loop_ends_when_every_client_has_had_its_requests(closed):
    assert len(closed.calls) == 6
    assert closed.makespan_s == pytest.approx(0.012)
    assert measured(closed, "ttft_mean", "ms")[0] == pytest.approx(1.0)
    assert measured(closed, "output_throughput_total", "tok/s")[0] == pytest.approx(24 / 0.012)
    assert closed.joules == pytest.approx(0.003 * 1400 + 0.009 * 800)


def test_time_between_client_and_engine_is_part_of_the_first_token():
    point = Point("h100", "llama-3.1-8b", "closed_loop_concurrency", "2", isl=8.0, osl=4.0)
    outcome = simulate(TABLE, 1, 2, load(point, replace(PLAIN, request_s=0.02)), 700.0)
    assert outcome.ttft_s == pytest.approx(np.full(20, 0.021))
    assert outcome.tpot_s == pytest.approx(np.full(20, 0.001))


def test_a_held_rate_is_counted_without_its_last_answers():
    """Ten requests a second for ten minutes, each answered in a minute: LoadGen reports ten a second."""
    outcome = run("open_loop_poisson_qps", "10", isl=8.0, osl=4.0)
    slow = replace(outcome, load=replace(outcome.load, held=False))
    rate = len(outcome.calls) / float(np.ptp(outcome.calls.sent_ns)) * 1e9
    assert measured(outcome, "request_throughput", "req/s")[0] == pytest.approx(rate, rel=1e-3)
    assert measured(slow, "request_throughput", "req/s")[0] < rate


def test_a_server_that_cannot_keep_up_answers_fewer():
    outcome = run("open_loop_poisson_qps", "2000", isl=4096.0, osl=64.0)
    assert outcome.rated_s > 1.5 * float(np.ptp(outcome.calls.sent_ns)) / 1e9


def test_compiling_holds_up_the_first_requests_and_the_rates():
    point = Point("h100", "llama-3.1-8b", "closed_loop_concurrency", "2", isl=4096.0, osl=4.0, num_requests=6.0)
    plain = simulate(TABLE, 1, 2, load(point, PLAIN), 700.0)
    held = simulate(TABLE, 1, 2, load(point, replace(PLAIN, first_burst_s=5.0, halted_s=7.0)), 700.0)
    assert sorted(held.ttft_s - plain.ttft_s) == pytest.approx([0.0, 0.0, 0.0, 0.0, 5.0, 5.0])
    assert held.tpot_s == pytest.approx(plain.tpot_s)
    assert held.rated_s == pytest.approx(plain.rated_s + 7.0)


def test_replicas_share_what_arrives():
    point = Point("h100", "llama-3.1-8b", "offline_all_at_once", "inf", isl=8.0, osl=4.0, num_requests=512.0)
    one, two = (simulate(TABLE, replicas, 2, load(point, PLAIN), 700.0) for replicas in (1, 2))
    assert one.makespan_s == pytest.approx(2 * two.makespan_s, rel=0.2)


def test_an_answer_of_one_token_has_no_time_per_token():
    outcome = run("static_batch", "1", isl=8.0, osl=1.0)
    assert measured(outcome, "ttft", "ms")[0] == pytest.approx(1.0)
    with pytest.raises(UnknownMeasure, match="no answer has a second token"):
        measured(outcome, "tpot_mean", "ms")


@pytest.mark.parametrize(
    ("metric", "unit", "reason"),
    [
        ("smell", "ms", "metric 'smell'"),
        ("ttft_mean", "tok/s", "unit 'tok/s' does not go with ttft_mean"),
        ("output_throughput_total", "ms", "does not go with"),
        ("ttft_mean", "furlong", "unit 'furlong'"),
    ],
)
def test_what_is_not_measured_is_said(static, metric, unit, reason):
    with pytest.raises(UnknownMeasure, match=reason):
        measured(static, metric, unit)


def test_an_ambiguous_metric_says_how_it_was_read(static):
    assert measured(static, "output_throughput_total_or_per_gpu", "tok/s (per what?)") == (
        pytest.approx(2000.0),
        "read as per accelerator",
    )
