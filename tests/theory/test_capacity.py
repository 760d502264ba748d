"""An overloaded replica does what its step-time table allows, no more, and its queue grows in a straight line."""

from __future__ import annotations

import numpy as np
import pytest
from theory_runs import Run, fleet, poisson, pool, simulate

_SLOTS, _MEAN_TOKENS = 16, 50
_STEP_S = 0.020 + 0.0005 * _SLOTS
_CAPACITY_PER_S = _SLOTS / (_MEAN_TOKENS * _STEP_S)
_HORIZON_S = 400.0


@pytest.fixture(scope="module")
def overloaded() -> Run:
    """One replica offered thirty times what it can do."""
    answers = {"prompt": 1, "output": {"kind": "geometric", "mean": _MEAN_TOKENS}}
    servers = {"servers": pool(base="20 ms", per_token="0.5 ms", slots=_SLOTS)}
    document = fleet(poisson(30 * _CAPACITY_PER_S), answers, servers, horizon_s=_HORIZON_S)
    return simulate(document | {"samples": 400, "drain": "0 s"})


def test_thirty_times_the_capacity_is_served_at_the_capacity(overloaded):
    (final,) = overloaded.records.final
    done = int((overloaded.records.calls.finish_ns >= 0).sum())
    assert final.output_tokens <= _SLOTS * (_HORIZON_S / _STEP_S + 1)
    assert final.output_tokens >= 0.998 * _SLOTS * _HORIZON_S / _STEP_S
    assert abs(done / (_CAPACITY_PER_S * _HORIZON_S) - 1) < 0.02
    assert final.running == _SLOTS


def test_its_queue_grows_in_a_straight_line(overloaded):
    samples = overloaded.records.samples
    waiting, times_s = samples.waiting.astype(float), samples.time_ns / 1e9
    expected = 29 * _CAPACITY_PER_S * times_s
    assert np.abs(waiting - expected).max() < 0.01 * expected[-1]


def test_a_real_accelerator_under_flood_stays_below_its_table():
    """Tokens of a step over its time, at the best step of the table: no batch of any shape can beat it."""
    task = {"prompt": {"kind": "geometric", "mean": 555}, "output": {"kind": "geometric", "mean": 189}}
    servers = {"servers": {"model": "llama-3.1-8b", "hardware": "h100", "max_num_seqs": 256}}
    run = simulate(fleet(poisson(2_000), task, servers, horizon_s=20.0) | {"samples": 40, "drain": "0 s"})
    (final,) = run.records.final
    base_s = run.plan.base_ns[1:] / 1e9
    best_per_s = (np.arange(1, len(base_s) + 1) / base_s).max()
    first_tokens = int((run.records.calls.first_token_ns >= 0).sum())  # made by the steps of their prompts
    tokens = int(final.prefill_tokens + final.output_tokens) - first_tokens
    assert 2 * best_per_s < 2_000 * (555 + 189)
    assert tokens <= best_per_s * 20.0 + run.plan.pools.max_batched_tokens[0]
    assert tokens > 0.3 * best_per_s * 20.0
    assert final.waiting > 1_000
