"""Disaggregated pools from the scenario to the plan, its facts and its figures."""

import numpy as np
import pytest
from small_scenarios import SMALL, write

from fleetsim import planning, workload
from fleetsim.study.run import load, simulate

SPLIT = """
architectures:
  apart:
    pools:
      chat:
        model: llama-3.1-8b
        hardware: h100
        replicas: 2
        network: 5 ms
        prefill: {hardware: l40s, replicas: 3, transfer: {bandwidth: 10 GB/s, latency: 1 ms, overlap: 75 %}}
    workflow: {kind: single, pool: chat}
"""


@pytest.fixture
def path(tmp_path):
    text = SMALL[: SMALL.index("architectures:")].replace("rate: 20 per s", "rate: 5 per s")
    return write(tmp_path, text + SPLIT)


@pytest.fixture
def plan(path):
    loaded = load(path)
    tasks = workload.materialise(loaded.scenario.workload, seed=1, horizon_ns=10**9, base=loaded.base)
    return planning.plan_architecture(loaded.scenario, "apart", planning.equip(loaded), tasks, 1)


def test_the_prefill_side_is_a_row_in_front_that_points_to_its_pool(plan):
    assert plan.pools.decode_pool.tolist() == [1, -1]
    assert plan.pools.replicas.tolist() == [3, 2]
    assert plan.pools.delay_ns.tolist() == [5_000_000, 5_000_000]
    assert plan.nodes[0].pool == 0
    assert plan.pools.context_tokens[0] == plan.pools.context_tokens[1]


def test_the_transfer_carries_what_overlap_has_left(plan):
    # Llama-3.1-8B keeps 131,072 bytes of KV a token; a quarter of it travels after prefill, at 10 bytes a nanosecond.
    assert plan.pools.transfer_ns_per_token[0] == pytest.approx(131_072 * 0.25 / 10)
    assert plan.pools.transfer_latency_ns[0] == 1_000_000


def test_both_sides_are_paid_for_and_both_engines_agree(path):
    core, reference = simulate(path), simulate(path, engine="reference")
    arm = core.arms[0]
    assert [pool.name for pool in arm.runs[0].facts.pools] == ["chat.prefill", "chat"]
    assert arm.value("usd_per_hour") == pytest.approx(
        sum(arm.value("usd_per_hour", f"pool {name}") for name in ("chat.prefill", "chat"))
    )
    calls = arm.runs[0].records.calls
    assert np.array_equal(calls, reference.arms[0].runs[0].records.calls)
    moved = calls.prefill_replica >= 0
    assert moved.any()
    assert (calls.transferred_ns[moved] > calls.first_token_ns[moved]).all()
    assert arm.value("finished") == arm.value("arrived")
