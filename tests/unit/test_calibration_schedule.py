"""Weighted sums of step times: by hand, and against the engine that simulates the same benchmark."""

import numpy as np
import pytest

from fleetsim.calibration.schedule import Pace, knots, schedule
from fleetsim.tables import Scheduler

AT = np.arange(1.0, 65.0)


def times(base=1e6, per_token=1e5):
    return base + per_token * AT


def made(
    prompts,
    answers,
    clients,
    budget=64,
    sequences=8,
    kv_tokens=10**9,
    window=0,
    prefill_first=False,
    settling=0,
    pace=None,
):
    limits, lengths = (budget, sequences, kv_tokens), (np.array(prompts, np.int64), np.array(answers, np.int64))
    return schedule(*lengths, clients, limits, window, AT, prefill_first, settling, pace)


def test_one_request_by_hand():
    found = made([4], [3], 1, window=5)
    linear = np.array([10.0, 7.0, 3.0])  # ns per KV token, per windowed KV token, per pair
    first = 1e6 + 4e5 + 3.0 * 4 * 2
    steps = [1e6 + 1e5 + 10.0 * read + 7.0 * min(read, 5) for read in (5, 6)]
    assert found.ttft.seconds(times(), linear) == pytest.approx(first / 1e9)
    assert found.tpot.seconds(times(), linear) == pytest.approx(sum(steps) / 2 / 1e9)
    assert found.makespan.seconds(times(), linear) == pytest.approx((first + sum(steps)) / 1e9)


def test_a_prompt_waits_for_the_budget():
    found = made([8, 8], [1, 1], 2, budget=8)
    step = 1e6 + 8e5
    assert found.ttft.seconds(times(), np.zeros(3)) == pytest.approx((step + 2 * step) / 2 / 1e9)


def test_a_client_asks_again_when_it_is_answered():
    found = made([2, 2, 2], [2, 2, 2], 1)
    assert found.makespan.seconds(times(), np.zeros(3)) == pytest.approx(3 * (1.2e6 + 1.1e6) / 1e9)
    assert found.ttft.seconds(times(), np.zeros(3)) == pytest.approx(1.2e6 / 1e9)


def test_a_sequence_without_room_waits_for_another_to_end():
    roomy, tight = made([4, 4], [4, 4], 2), made([4, 4], [4, 4], 2, kv_tokens=8)
    assert tight.ttft.seconds(times(), np.zeros(3)) > 2 * roomy.ttft.seconds(times(), np.zeros(3))


def test_requests_that_only_fill_the_engine_have_no_part_in_the_time_per_token():
    """Two clients start with prompts of 16 tokens, of which a step takes one; the second of each is answered alone."""
    lengths = [16, 16, 1, 1], [4, 12, 4, 1]
    all_of_them, settled = made(*lengths, 2, budget=17), made(*lengths, 2, budget=17, settling=2)
    assert all_of_them.tpot.seconds(times(), np.zeros(3)) > settled.tpot.seconds(times(), np.zeros(3))
    assert settled.tpot.seconds(times(), np.zeros(3)) == pytest.approx(1.2e-3)
    assert settled.makespan.seconds(times(), np.zeros(3)) == all_of_them.makespan.seconds(times(), np.zeros(3))


def test_knots_hold_small_steps_and_both_ends():
    at = knots(8192)
    assert at[0] == 1
    assert at[-1] == 8192
    assert set(range(1, 17)) <= set(at)
    assert np.all(np.diff(at) > 0)


@pytest.mark.parametrize("delay_s", [0.0, 7e-4, 5e-3])
@pytest.mark.parametrize("scheduler", [Scheduler.CHUNKED, Scheduler.PREFILL_FIRST])
def test_sums_agree_with_the_engine(scheduler, delay_s):
    from fleetsim import engine
    from fleetsim.hardware import given_table
    from fleetsim.predict.protocol import FOREVER_NS, Load
    from fleetsim.predict.simulation import _Rows, plan_of
    from fleetsim.scenario.schema import Pool, Steps
    from fleetsim.tables import TASKS

    rng = np.random.default_rng(5)
    tasks = TASKS.empty(24)
    tasks.prompt_tokens, tasks.output_tokens = rng.integers(3, 30, 24), rng.integers(2, 12, 24)
    tasks.think_ns[20:] = FOREVER_NS
    load = Load(tasks, 4, 4, 64, scheduler, request_s=delay_s)
    fields = {"per_context_token_s": 2e-6, "per_token_pair_s": 1e-7, "base_s": 1e-3, "per_token_s": 1e-4}
    table = given_table(Steps.model_construct(**_steps(fields)), _pool(Pool), None)
    records = engine.run(plan_of(table, 1, load), _Rows(load.tasks), engine="reference")
    calls = records.calls
    linear = np.array([table.alpha_ns, 0.0, table.beta_ns])
    base, first = table.base_ns[1:65], scheduler != Scheduler.CHUNKED
    lengths = (tasks.prompt_tokens, tasks.output_tokens)
    found = made(*lengths, 4, sequences=4, prefill_first=first, pace=Pace(base, linear, 1e9 * delay_s))
    ttft = (calls.first_token_ns - calls.sent_ns).mean() / 1e9
    tpot = ((calls.finish_ns - calls.first_token_ns) / (calls.output_tokens - 1)).mean() / 1e9
    assert found.ttft.seconds(base, linear) + delay_s == pytest.approx(ttft, rel=1e-6)
    assert found.tpot.seconds(base, linear) == pytest.approx(tpot, rel=1e-6)
    if not delay_s:  # a server may stand idle between requests, which is no step
        assert found.makespan.seconds(base, linear) == pytest.approx(calls.finish_ns.max() / 1e9, rel=1e-6)


def _steps(fields):
    blank = {"file": None, "kv_tokens": None, "context_tokens": 4096, "idle_w": 1.0, "prefill_w": 2.0, "decode_w": 2.0}
    return blank | fields


def _pool(pool):
    return pool.model_construct(max_num_batched_tokens=64, block_tokens=16, max_model_len=None)
