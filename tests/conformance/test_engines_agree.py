"""The core equals the reference on random scenarios: every time, every choice, every preemption."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from fleetsim.study.random_scenarios import random_scenario
from fleetsim.study.verify import compare, shrink, verify

SCENARIOS = 320
BLOCK = 20


@pytest.mark.parametrize("first", range(0, SCENARIOS, BLOCK))
def test_engines_agree_to_the_nanosecond(first):
    disagreement = verify(scenarios=BLOCK, first_seed=first)
    assert disagreement is None, f"{disagreement.difference}\n{disagreement.scenario}"


def test_a_number_always_names_the_same_scenario():
    assert random_scenario(17) == random_scenario(17)
    assert random_scenario(17) != random_scenario(18)


def test_the_scenarios_reach_what_matters():
    """Refusals, cuts, preemptions, closed loops, delays, routes and windows all occur among those compared."""
    data = [random_scenario(number) for number in range(SCENARIOS)]
    arrivals = [d["workload"].get("arrivals") or d["workload"]["classes"]["chat"]["arrivals"] for d in data]
    kinds = {a["kind"] for a in arrivals}
    assert kinds >= {"constant", "poisson", "gamma", "weibull", "mmpp", "on_off", "diurnal", "closed_loop"}
    pools = [pool for d in data for pool in d["architectures"]["under_test"]["pools"].values()]
    balancers = {p["balancer"] if isinstance(p["balancer"], str) else p["balancer"]["kind"] for p in pools}
    assert len(balancers) >= 6
    assert {p.get("model") for p in pools} >= {"gemma-3-27b", "mixtral-8x7b"}
    assert {d["architectures"]["under_test"]["workflow"]["kind"] for d in data} == {"single", "route"}
    assert any(p["network"] != "0 s" for p in pools)
    assert {p["scheduler"] for p in pools} == {"chunked", "prefill_first", "static"}


@pytest.fixture
def crooked_core(monkeypatch):
    """A core whose third call of a run, if there is one, ends a nanosecond late."""
    from fleetsim import engine

    straight = engine.run

    def run(plan, tasks, *, engine="core", progress=None):
        records = straight(plan, tasks, engine=engine, progress=progress)
        if engine == "reference":
            return records
        calls = np.array(records.calls).view(np.recarray)
        calls.finish_ns[2:3] += 1
        return type(records)(calls, records.tasks, records.runs, records.samples, records.final)

    monkeypatch.setattr(engine, "run", run)


def test_a_difference_is_found_named_and_shrunk(crooked_core):
    disagreement = verify(scenarios=3)
    assert disagreement.difference.table == "calls"
    assert disagreement.difference.column == "finish_ns"
    assert disagreement.difference.core == disagreement.difference.reference + 1
    assert "replicas: 1" in disagreement.scenario
    assert "architectures:" in disagreement.scenario


def test_shrinking_keeps_what_makes_it_fail():
    data = random_scenario(5)
    data["architectures"]["under_test"]["pools"]["odd"] = copy.deepcopy(
        next(iter(data["architectures"]["under_test"]["pools"].values()))
    )
    small = shrink(data, lambda d: d["architectures"]["under_test"]["pools"]["odd"]["replicas"] >= 1)
    assert small["architectures"]["under_test"]["pools"]["odd"]["replicas"] == 1
    assert float(small["horizon"].split()[0]) <= 0.05


def test_faults_of_a_scenario_are_raised():
    from fleetsim.errors import InputFaults

    with pytest.raises(InputFaults, match="horizon"):
        compare({**random_scenario(1), "horizon": "0 s"})
