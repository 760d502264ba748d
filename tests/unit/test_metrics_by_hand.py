"""Every metric on a run whose figures can be worked out by hand (see metric_runs)."""

import math

import numpy as np
import pytest
from metric_runs import MS, a_pool, by_name, some_facts, some_records

from fleetsim.metrics import figures
from fleetsim.tables import Status


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], float]:
    return by_name(figures(some_facts(), some_records())[0])


BY_HAND = {
    # latency: answered tasks that arrived in the window are 1, 2, 3 and 6
    ("ttft_mean", "all"): (100 + 300 + 400 + 300) / 4,
    ("ttft_p50", "all"): 300.0,
    ("ttft_p90", "all"): 300 + 0.7 * 100,  # the 2.7th of 100 300 300 400, from 0
    ("ttft_mean", "class chat"): 200.0,
    ("ttft_mean", "class code"): 350.0,
    ("tpot_mean", "all"): (100 + 200 + 400) / 3,
    ("tpot_p50", "all"): 200.0,
    ("e2e_mean", "all"): (500 + 700 + 400 + 1_500) / 4,
    ("e2e_p95", "class code"): 400 + 0.95 * 1_100,
    ("e2e_mean", "pool big"): 775.0,
    ("ttft_mean", "pool big"): 275.0,
    ("ttft_p999", "all"): math.nan,
    ("e2e_mean", "pool small"): math.nan,
    ("queueing_mean", "all"): (3 + 4 + 5 + 7 + 8) / 5,  # calls 1, 2, 3, 5 and 6: task + 2 ms
    ("queueing_mean", "class chat"): (3 + 4 + 7) / 3,
    ("queueing_p50", "pool big"): 5.0,
    # gaps between tokens
    ("itl_mean", "all"): (4 * 10 + 2 * 20 + 40) / 7,
    ("itl_p50", "all"): 10.0,
    ("itl_p99", "pool big"): 20 + 0.94 * 20,  # the 5.94th of seven, from 0
    ("itl_mean", "pool small"): math.nan,
    # targets: met by 1 and 3; of those that ended in the window by 0, 1 and 3
    ("slo_attainment", "all"): 2 / 6,
    ("slo_attainment", "class chat"): 1 / 3,
    ("slo_attainment", "class code"): 1 / 3,
    ("goodput", "all"): 0.3,
    ("goodput", "class chat"): 0.2,
    ("goodput", "class code"): 0.1,
    # throughput: 0, 1, 2 and 3 ended in the window
    ("tasks_per_s", "all"): 0.4,
    ("tasks_per_s", "class code"): 0.1,
    ("calls_per_s", "pool big"): 0.4,
    ("calls_per_s", "pool small"): 0.0,
    ("output_tokens_per_s", "all"): 30.0,
    ("output_tokens_per_s", "pool small"): 0.0,
    ("input_tokens_per_s", "pool big"): 100.0,
    # utilisation, from the samples at 1, 6 and 11 s
    ("utilisation", "pool big"): 9 / 20,
    ("utilisation_min", "pool big"): 0.4,
    ("utilisation_max", "pool big"): 0.5,
    ("prefill_share", "pool big"): 2 / 20,
    ("decode_share", "pool big"): 7 / 20,
    ("utilisation", "pool small"): 0.0,
    ("batch_size_mean", "pool big"): 8 / 4,
    ("batch_size_mean_max", "pool big"): 3.0,
    ("batch_size_mean_min", "pool big"): 1.0,
    ("batch_size_mean", "pool small"): math.nan,
    ("queue_mean", "pool big"): 6 / 6,
    ("queue_mean_max", "pool big"): 4 / 3,
    ("queue_max", "pool big"): 3.0,
    ("kv_use_mean", "pool big"): 18 / 60,
    ("kv_use_mean_min", "pool big"): 3 / 30,
    ("kv_use_max", "pool big"): 1.0,
    ("kv_use_mean", "pool small"): math.nan,
    # counts
    ("arrived", "all"): 6.0,
    ("finished", "all"): 3.0,
    ("cut", "all"): 1.0,
    ("refused_context", "all"): 1.0,
    ("refused_kv", "all"): 0.0,
    ("in_flight", "all"): 1.0,
    ("arrived", "class chat"): 3.0,
    ("preemptions", "all"): 2.0,
    ("calls_per_task", "all"): 1.0,
    ("input_tokens", "all"): 120.0,
    ("output_tokens", "all"): 13.0,
    # cost: 2 * 0.001 + 0.002 $/s, 0.04 $ in the window, for 24 answer and 160 prompt tokens of four tasks
    ("usd_per_hour", "all"): 14.4,
    ("usd_per_hour", "pool big"): 7.2,
    ("cost_share", "pool small"): 0.5,
    ("usd_per_million_output_tokens", "all"): 0.004 / 30 * 1e6,  # as the replicas count them, drafts included
    ("usd_per_million_answer_tokens", "all"): 0.04 / 24 * 1e6,
    ("usd_per_million_tokens", "all"): 0.04 / 184 * 1e6,
    ("usd_per_task", "all"): 0.01,
    ("usd_per_slo_met_task", "all"): 0.04 / 3,
    # energy: replica 0 at 340 W, replica 1 at 260 W, small at 50 W, half as much again for the building
    ("power", "pool big"): 900.0,
    ("power", "pool small"): 75.0,
    ("power", "all"): 975.0,
    ("joules_per_output_token", "all"): 975 / 30,
    ("joules_per_task", "all"): 9_750 / 4,
    ("grams_co2_per_task", "all"): 0.975 / 4,
    ("grams_co2_per_million_output_tokens", "all"): 0.0975 / 30 * 1e6,
    # warm-up
    ("warm_up", "all"): 1.0,
    ("warm_up_doubtful", "all"): 0.0,
    ("window", "all"): 10.0,
    ("e2e_mean_first_half", "all"): 600.0,
    ("e2e_mean_second_half", "all"): 950.0,
}


@pytest.mark.parametrize(("key", "value"), BY_HAND.items(), ids=[f"{n}-{s}" for n, s in BY_HAND])
def test_figure_by_hand(found, key, value):
    assert found[key] == pytest.approx(value, rel=1e-12, nan_ok=True)


def test_classes_without_targets_are_left_out_of_attainment():
    facts = some_facts()
    facts = some_facts(classes=(facts.classes[0], type(facts.classes[1])("code")))
    found = by_name(figures(facts, some_records())[0])
    assert found["slo_attainment", "all"] == pytest.approx(1 / 3)
    assert math.isnan(found["slo_attainment", "class code"])
    assert found["usd_per_slo_met_task", "all"] == pytest.approx(0.04 / 2)


def test_what_has_no_price_or_no_power_is_not_free():
    big, small = some_facts().pools
    unknown = type(small)(**(vars(small) | {"usd_per_s": math.nan, "idle_w": math.nan}))
    found = by_name(figures(some_facts(pools=(big, unknown)), some_records())[0])
    assert found["usd_per_hour", "pool big"] == pytest.approx(7.2)
    assert found["power", "pool big"] == pytest.approx(900.0)
    kinds = ("usd_", "joules_", "grams_", "power")
    of_all = [name for name, scope in found if scope == "all" and name.startswith(kinds)]
    assert len(of_all) == 11
    assert all(math.isnan(found[name, "all"]) for name in of_all)


def test_a_closed_loop_is_read_in_order_of_arrival():
    records = some_records()
    order = np.array([2, 0, 1, 3, 6, 5, 4])  # tasks numbered otherwise than they arrive
    tasks, calls = records.tasks[order].copy(), records.calls[order].copy()
    tasks.task = calls.task = np.arange(7)
    shuffled = by_name(figures(some_facts(), some_records(tasks=tasks, calls=calls))[0])
    plain = by_name(figures(some_facts(), records)[0])
    assert plain.keys() == shuffled.keys()
    np.testing.assert_array_equal(list(plain.values()), list(shuffled.values()))


def test_work_done_behind_the_horizon_does_not_make_tokens_cheaper():
    records = some_records()
    late = records.tasks.copy()
    late.finish_ns[3] = 12_000 * MS
    found = by_name(figures(some_facts(), some_records(tasks=late))[0])
    assert found["usd_per_task", "all"] == pytest.approx(0.04 / 3)
    assert late.status[3] == Status.FINISHED


def test_one_pool_has_the_gaps_of_all():
    found = by_name(figures(some_facts(pools=(a_pool("only", 0, 3),)), some_records())[0])
    assert found["itl_mean", "pool only"] == found["itl_mean", "all"]
