"""The core equals the reference on random scenarios: every time, every choice, every preemption."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import yaml

from fleetsim.policies.scheduling import QUEUE_ORDERS
from fleetsim.scenario import schema  # noqa: F401  the families are whole once the language is
from fleetsim.scenario.families import WORKFLOWS
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
    kinds = {d["architectures"]["under_test"]["workflow"]["kind"] for d in data}
    assert kinds >= set(WORKFLOWS) - {"by_size", "graph", "moe"}
    assert any("endpoint" in p for p in pools)
    assert any(p.get("outages") for p in pools)
    assert any(p.get("prefix_caching") for p in pools)
    assert any(d["architectures"]["under_test"].get("changes") for d in data)
    assert any(p["network"] != "0 s" for p in pools)
    orders = [p.get("queue_order", "first_come") for p in pools]
    assert {o if isinstance(o, str) else o["kind"] for o in orders} == set(QUEUE_ORDERS)
    assert any(isinstance(o, dict) for o in orders)
    assert {p.get("scheduler", "chunked") for p in pools} == {"chunked", "prefill_first", "static"}


@pytest.fixture
def bend_core(monkeypatch):
    """Lets a test change what the core found, calls by calls, before it is compared."""
    from fleetsim import engine

    straight = engine.run

    def bend(change):
        def run(plan, tasks, *, engine="core", progress=None):
            records = straight(plan, tasks, engine=engine, progress=progress)
            if engine == "reference":
                return records
            calls = np.array(records.calls).view(np.recarray)
            change(calls)
            return type(records)(calls, records.tasks, records.runs, records.samples, records.final)

        monkeypatch.setattr(engine, "run", run)

    return bend


def test_a_difference_is_found_named_and_shrunk(bend_core):
    """A core whose third call to finish, if there is one, finishes a nanosecond late."""

    def late(calls):
        calls.finish_ns[np.flatnonzero(calls.finish_ns >= 0)[2:3]] += 1

    bend_core(late)
    disagreement = verify(scenarios=3)
    difference = disagreement.difference
    assert (difference.table, difference.column) == ("calls", "finish_ns")
    assert difference.core == difference.reference + 1
    assert str(difference).endswith(f"at {difference.reference / 1e9:.9f} s")
    scenario = yaml.safe_load(disagreement.scenario)
    (architecture,) = scenario["architectures"].values()
    (pool,) = architecture["pools"].values()
    assert architecture["workflow"]["kind"] == "single"
    assert (pool["replicas"], len(scenario["workload"]["classes"])) == (1, 1)
    assert compare(scenario) == difference


def test_the_first_difference_is_the_first_in_simulated_time(bend_core):
    """Of two calls, the one sent first differs after it finished; the other when it had its first token."""

    data = {
        "name": "two at once",
        "seed": 1,
        "horizon": "1 s",
        "workload": {
            "arrivals": {"kind": "constant", "rate": "5 per s"},
            "classes": {"chat": {"prompt": 3, "output": 90}},
        },
        "architectures": {
            "one": {
                "pools": {"all": {"steps": {"base": "10 ms"}}},
                "workflow": {"kind": "single", "pool": "all"},
            }
        },
    }

    def twice(calls):
        finished = np.flatnonzero(calls.finish_ns >= 0)
        calls.preemptions[finished[0]] += 1
        calls.first_token_ns[finished[1]] += 1

    bend_core(twice)
    difference = compare(data)
    assert (difference.table, difference.column) == ("calls", "first_token_ns")


def test_an_engine_that_breaks_a_law_is_a_difference_with_its_scenario(monkeypatch):
    from fleetsim import engine
    from fleetsim.errors import EngineFault

    straight = engine.run

    def run(plan, tasks, *, engine="core", progress=None):
        if engine == "core":
            raise EngineFault("law broken: water runs uphill")
        return straight(plan, tasks, engine=engine, progress=progress)

    monkeypatch.setattr(engine, "run", run)
    disagreement = verify(scenarios=1)
    assert str(disagreement.difference) == "run.laws: core law broken: water runs uphill, reference held"
    assert "architectures:" in disagreement.scenario


def test_shrinking_keeps_what_makes_it_fail():
    data = random_scenario(5)
    data["architectures"]["under_test"]["pools"]["odd"] = copy.deepcopy(
        next(iter(data["architectures"]["under_test"]["pools"].values()))
    )
    small = shrink(data, lambda d: "odd" in d["architectures"]["under_test"]["pools"])
    assert small["architectures"]["under_test"]["pools"]["odd"]["replicas"] == 1
    assert float(small["horizon"].split()[0]) <= 0.05


def test_faults_of_a_scenario_are_raised():
    from fleetsim.errors import InputFaults

    with pytest.raises(InputFaults, match="horizon"):
        compare({**random_scenario(1), "horizon": "0 s"})
