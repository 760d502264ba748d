"""Figures of whole runs: warm-up, intervals, empty runs, replicates and vLLM's keys."""

import math

import numpy as np
import pytest
from metric_runs import MS, by_name, no_records, some_calls, some_facts, some_records, some_tasks

import fleetsim
from fleetsim.metrics import METRICS, combine, figures
from fleetsim.metrics.contract import Figure
from fleetsim.metrics.vllm import vllm_summary
from fleetsim.records.run_log import RunLog
from fleetsim.tables import RUNS, SAMPLES, TASK_RECORDS, Status


def long_run(seed: int, trend_ms: float = 0.0, backlog: int = 0):
    """4,000 tasks a ms apart whose times scatter about 50 ms; the first `backlog` take longer, falling linearly."""
    draw, count = np.random.default_rng(seed), 4_000
    tasks = TASK_RECORDS.empty(count)
    tasks.task, tasks.status, tasks.calls, tasks.output_tokens = np.arange(count), Status.FINISHED, 1, 11
    tasks.arrival_ns = np.arange(count) * MS
    times_ms = draw.normal(50, 5, count) + trend_ms * np.arange(count)
    times_ms[:backlog] += np.linspace(500, 0, backlog)
    tasks.first_token_ns = tasks.arrival_ns + (0.1 * times_ms * MS).astype(np.int64)
    tasks.finish_ns = tasks.arrival_ns + (times_ms * MS).astype(np.int64)
    samples, final = SAMPLES.empty(3 * 101), SAMPLES.empty(3)
    samples.time_ns, samples.replica = np.repeat(np.arange(101) * 40 * MS, 3), np.tile([0, 1, 2], 101)
    samples.decode_ns = samples.time_ns // 2
    final.time_ns, final.replica = 4_100 * MS, [0, 1, 2]
    runs = RUNS.empty(3_900)
    runs.start_ns, runs.first_ns, runs.steps, runs.decoding = np.arange(3_900) * MS, draw.normal(1e6, 1e4, 3_900), 1, 8
    log = RunLog()
    log.add(runs)
    return some_records(tasks=tasks, calls=no_records().calls, samples=samples, final=final, runs=log)


FACTS = some_facts(horizon_s=4.0, warm_up_s=None)


def test_the_warm_up_is_found_and_cut():
    found, warm_up_s = figures(FACTS, long_run(1, backlog=500))
    assert 0.4 <= warm_up_s <= 0.6
    values = by_name(found)
    assert values["warm_up", "all"] == warm_up_s
    assert values["warm_up_doubtful", "all"] == 0
    assert values["e2e_mean", "all"] == pytest.approx(50, abs=1)


def test_a_run_that_never_settles_is_doubtful():
    found, warm_up_s = figures(FACTS, long_run(2, trend_ms=1.0))
    assert by_name(found)["warm_up_doubtful", "all"] == 1
    assert warm_up_s == pytest.approx(2.0, abs=0.05)


def test_a_warm_up_that_is_given_is_kept():
    assert figures(some_facts(horizon_s=4.0, warm_up_s=0.25), long_run(3))[1] == 0.25


def test_figures_of_one_run_have_intervals_of_its_own():
    found = {(f.name, f.scope): f for f in figures(some_facts(horizon_s=4.0, warm_up_s=0.0), long_run(4))[0]}
    methods = {
        "e2e_mean": "batch means",
        "e2e_p99": "sectioning",
        "itl_p99": "sectioning",
        "slo_attainment": "batch means",
        "tasks_per_s": "batch means",
        "usd_per_task": "batch means",
        "arrived": "",
    }
    for name, method in methods.items():
        figure = found[name, "all"]
        assert figure.interval == method
        assert (figure.low is None) == (not method)
        assert not method or figure.low <= figure.value <= figure.high
    assert found["utilisation", "pool big"].interval == "batch means"
    assert found["slo_attainment", "all"].high <= 1.0


@pytest.mark.parametrize("warm_up_s", [None, 1.0])
def test_a_run_without_tasks_has_figures_too(warm_up_s):
    found, _ = figures(some_facts(warm_up_s=warm_up_s), no_records())
    values = by_name(found)
    assert values["arrived", "all"] == 0
    assert values["usd_per_hour", "all"] == pytest.approx(14.4)
    assert math.isnan(values["ttft_p99", "all"])
    assert math.isnan(values["usd_per_task", "all"])
    assert math.isnan(values["slo_attainment", "all"])


def test_a_warm_up_as_long_as_the_run_leaves_nothing():
    values = by_name(figures(some_facts(warm_up_s=11.0), some_records())[0])
    assert values["window", "all"] == 0
    assert math.isnan(values["tasks_per_s", "all"])


def test_samples_coarser_than_the_window_are_used_whole():
    values = by_name(figures(some_facts(warm_up_s=7.0), some_records())[0])
    assert values["utilisation", "pool big"] == pytest.approx(0.0)  # the last rows, at 12 s, have counted nothing
    assert values["queue_max", "pool big"] == 9


def test_every_figure_is_named_once_and_always_in_the_same_order():
    first, second = figures(some_facts(), some_records())[0], figures(FACTS, long_run(5))[0]
    keys = [(f.name, f.scope) for f in first]
    assert len(keys) == len(set(keys))
    assert keys == [(f.name, f.scope) for f in second]


def test_metrics_say_what_they_mean():
    assert set(METRICS) >= {
        "cost", "counts", "energy", "itl", "latency", "slo", "throughput", "utilisation", "warm_up",
    }  # fmt: skip
    assert all(metric.meaning.endswith(".") for metric in METRICS.values())


def test_replicates_are_combined_with_a_t_interval():
    runs = [[Figure("x", "all", value, "ms", "lower", 0.0, 9.0, "batch means")] for value in (1.0, 2.0, 3.0)]
    (found,) = combine(runs)
    assert (found.value, found.unit, found.better, found.interval) == (2.0, "ms", "lower", "replications")
    assert found.high - 2.0 == pytest.approx(4.3027 / math.sqrt(3), abs=1e-4)
    assert found.low == 0.0  # what cannot be negative has no interval that is
    assert combine(runs[:1]) == runs[0]


def test_replicates_where_a_figure_is_missing_do_not_count():
    runs = [[Figure("x", "all", value, "share")] for value in (0.9, math.nan, 1.0)]
    (found,) = combine(runs)
    assert found.value == pytest.approx(0.95)
    assert 0.99 < found.high < 1.0


def test_vllm_keys():
    summary = vllm_summary(figures(some_facts(), some_records())[0])
    assert summary["duration"] == 10.0
    assert (summary["completed"], summary["failed"]) == (4, 1)
    assert summary["mean_ttft_ms"] == 275.0
    assert summary["median_e2el_ms"] == 600.0
    assert summary["request_goodput"] == pytest.approx(0.3)
    assert summary["output_throughput"] == pytest.approx(1.3)
    assert all(math.isfinite(value) for value in summary.values())


@pytest.mark.parametrize("status", [status for status in Status if status.name.startswith("REFUSED")])
def test_refused_tasks_are_counted_by_their_reason(status):
    tasks = some_tasks()
    tasks.status[tasks.status == Status.REFUSED_CONTEXT] = status
    found = by_name(figures(some_facts(), some_records(tasks=tasks))[0])
    assert found[status.name.lower(), "all"] == 1
    outcomes = [s.name.lower() for s in Status]
    assert found["arrived", "all"] == sum(found[name, "all"] for name in outcomes)


def test_cached_tokens_are_set_against_those_of_all_prompts():
    tasks = some_tasks()
    calls = some_calls(tasks)
    calls.cached_tokens[2] = 10
    found = by_name(figures(some_facts(), some_records(tasks=tasks, calls=calls))[0])
    assert found["cached_share", "all"] == 10 / (10 + 20 + 30 + 999 + 50 + 60)


def test_the_warm_up_lasts_until_an_empty_fleet_has_filled(tmp_path):
    """Ten seconds of service that nobody waits for: times are flat from the start, the output is not."""
    path = tmp_path / "filling.yaml"
    path.write_text(
        "name: filling\nseed: 3\nhorizon: 2 min\n"
        "workload: {arrivals: {kind: poisson, rate: 20 per s}, classes: {c: {prompt: 1 tokens, output: 1000 tokens}}}\n"
        "architectures:\n  one:\n    pools: {p: {steps: {base: 10 ms}, max_num_seqs: 1000, price: $1 per h}}\n"
        "    workflow: {kind: single, pool: p}\n"
    )
    figures = fleetsim.simulate(path, replications=4).arms[0].figures
    found = {figure.name: figure for figure in figures if figure.scope == "all"}
    assert 5 < found["warm_up"].value < 40
    assert found["output_tokens_per_s"].value == pytest.approx(20_000, rel=0.06)
    assert found["usd_per_million_output_tokens"].value == pytest.approx(1 / 3600 / 20_000 * 1e6, rel=0.06)
