"""Relations between fleets: what is apart stays apart, what is equal is equal, prices change nothing but prices."""

from __future__ import annotations

import numpy as np
import pytest
from handful import CALL_TIMES, a_pool, assert_same, closed, columns, routed, tight, trace
from theory_runs import Run, fleet, simulate, write_trace

from fleetsim.policies.balancers import BALANCERS

_MS = 1_000_000


def _run(document: dict, folder) -> Run:
    return simulate(document, seed=7, folder=folder)


def _pools(document: dict) -> dict:
    return document["architectures"]["system"]["pools"]


def _documents(folder) -> dict[str, dict]:
    return {"tight": tight(trace(folder)), "routed": routed(trace(folder)), "closed": closed()}


@pytest.mark.parametrize("name", ["tight", "routed", "closed"])
def test_a_pool_that_nobody_uses_changes_nothing(tmp_path, name):
    document = _documents(tmp_path)[name]
    before = _run(document, tmp_path)
    idle = a_pool(replicas=4, balancer="least_tokens")
    document["architectures"]["system"]["pools"] = _pools(document) | {"idle": idle}
    assert_same(before, _run(document, tmp_path))
    document["architectures"]["system"]["pools"] = {"idle": idle} | _pools(document)
    after = _run(document, tmp_path)
    assert_same(before, after, leave_out=("pool", "replica", "answer_pool"))
    np.testing.assert_array_equal(after.records.calls.replica, before.records.calls.replica + 4)


def test_another_architecture_in_the_file_changes_nothing(tmp_path):
    document = tight(trace(tmp_path))
    alone = _run(document, tmp_path)
    other = routed(trace(tmp_path))["architectures"]["system"]
    document["architectures"]["other"] = {
        "pools": other["pools"],
        "workflow": {"kind": "single", "pool": "chat"},
    }
    assert_same(alone, _run(document, tmp_path))


def _two_kinds(folder, kinds: tuple[str, ...]) -> Run:
    """Chat and code, each in its own pool, behind a classifier so wide that no two of its calls meet."""
    classes = {}
    for kind in kinds:
        path = folder / kind
        path.mkdir(exist_ok=True)
        trace(path, tasks=700, seed=len(kind) + ord(kind[1]))
        arrivals = {"kind": "trace", "file": f"{kind}/arrivals.csv"}
        classes[kind] = {"arrivals": arrivals, "domains": {kind: 1.0}}
    pools = {
        "sorter": a_pool(replicas=1000, balancer="round_robin"),
        "chat": a_pool(replicas=2, balancer="least_tokens"),
        "code": a_pool(replicas=2, steps={"kv_tokens": 1_120}),
    }
    workflow = {
        "kind": "route",
        "classifier": {"pool": "sorter", "accuracy": 1.0},
        "routes": {"chat": "chat", "code": "code"},
    }
    return _run(fleet(None, classes, pools, workflow, horizon_s=4.0), folder)


def test_two_pools_apart_are_two_runs(tmp_path):
    both = _two_kinds(tmp_path, ("chat", "code")).records.calls
    for pool, kind in ((1, "chat"), (2, "code")):
        alone = _two_kinds(tmp_path, (kind,)).records.calls
        here, there = (calls[calls.pool == pool] for calls in (both, alone))
        order_here, order_there = (np.argsort(calls.queued_ns, kind="stable") for calls in (here, there))
        for name in (*CALL_TIMES, "replica", "prompt_tokens", "output_tokens", "preemptions"):
            np.testing.assert_array_equal(here[name][order_here], there[name][order_there], err_msg=name)


def test_one_source_split_in_two_is_the_same_workload(tmp_path):
    rng = np.random.Generator(np.random.Philox(9))
    arrival_ns = np.sort(rng.choice(4_000_000, 1_500, replace=False)) * 1_000
    prompt, output = rng.geometric(1 / 120, 1_500), rng.geometric(1 / 25, 1_500)
    own = rng.random(1_500) < 0.4
    classes = {}
    for name, rows in (("one", slice(None)), ("left", own), ("right", ~own)):
        write_trace(tmp_path / f"{name}.csv", arrival_ns[rows], prompt[rows], output[rows])
        classes[name] = {"arrivals": {"kind": "trace", "file": f"{name}.csv"}}
    pools = {"servers": a_pool(replicas=3, balancer="power_of_two")}
    one, two = (
        _run(fleet(None, {name: classes[name] for name in names}, pools, horizon_s=4.0), tmp_path)
        for names in (("one",), ("left", "right"))
    )
    assert_same(one, two, leave_out=("class_id",))


@pytest.mark.parametrize("balancer", [n for n in BALANCERS if n not in ("random", "power_of_two")])
def test_an_early_call_turns_the_fleet_by_one_replica(tmp_path, balancer):
    """Equal replicas may be renamed: after one call that is long over, all goes on at the next replica."""
    rng = np.random.Generator(np.random.Philox(2))
    arrival_ns = np.sort(rng.integers(0, 3_000, 1_500)) * _MS + 900 * _MS
    prompt, output = rng.geometric(1 / 120, 1_500).clip(1, 900), rng.geometric(1 / 25, 1_500).clip(1, 300)
    runs = []
    for early in (0, 1):
        times = np.concatenate([np.zeros(early, np.int64), arrival_ns])
        sizes = [np.concatenate([np.ones(early, int), column]) for column in (prompt, output)]
        write_trace(tmp_path / "arrivals.csv", times, *sizes)
        document = tight({"kind": "trace", "file": "arrivals.csv"}, balancer=balancer)
        runs.append(_run(document, tmp_path).records.calls[early:])
    one, other = (columns(calls, leave_out=("task", "replica")) for calls in runs)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    np.testing.assert_array_equal((runs[0].replica + 1) % 3, runs[1].replica)


def test_all_balancers_are_equal_where_there_is_one_replica(tmp_path):
    runs = [_run(tight(trace(tmp_path, tasks=500), replicas=1, balancer=name), tmp_path) for name in BALANCERS]
    for other in runs[1:]:
        assert_same(runs[0], other)


@pytest.mark.parametrize("name", ["tight", "routed", "closed"])
def test_memory_that_never_fills_is_memory_without_end(tmp_path, name):
    document = _documents(tmp_path)[name]
    for each in _pools(document).values():
        each["steps"].pop("kv_tokens", None)
    endless = _run(document, tmp_path)
    assert endless.records.calls.preemptions.sum() == 0
    for each in _pools(document).values():
        each["steps"]["kv_tokens"] = 10_000_000
    assert_same(endless, _run(document, tmp_path))


def test_a_budget_that_never_binds_is_no_budget(tmp_path):
    """Eight prompts of at most 900 tokens fit into one step: no prompt is cut into chunks, whatever lies above."""
    steps = {"context": 4_000, "kv_tokens": 100_000}
    runs = [
        _run(tight(trace(tmp_path), max_num_batched_tokens=budget, steps=a_pool()["steps"] | steps), tmp_path)
        for budget in (8 * 900, 8 * 900 + 1, 60_000)
    ]
    assert_same(runs[0], runs[1])
    assert_same(runs[0], runs[2])


def test_slots_that_nobody_takes_are_no_slots(tmp_path):
    document = closed(clients=10)
    ten, many = (_run(document | _with_slots(document, slots), tmp_path) for slots in (10, 10_000))
    assert_same(ten, many)


def _with_slots(document: dict, slots: int) -> dict:
    system = document["architectures"]["system"]
    pools = {
        name: each | {"max_num_seqs": slots, "max_num_batched_tokens": 20_000}
        for name, each in _pools(document).items()
    }
    return {"architectures": {"system": system | {"pools": pools}}}


def test_a_better_queue_delays_nobody(tmp_path):
    """First come, first served at aligned steps (Kiefer and Wolfowitz order): one more slot, or shorter calls, never
    delay a start. Under batching that slows steps this does not hold (Graham 1969), and nothing here says it does.
    """
    rng = np.random.Generator(np.random.Philox(4))
    arrival_ns, steps = np.sort(rng.integers(0, 20_000, 5_000)) * _MS, rng.geometric(1 / 14, 5_000)

    def starts_ns(slots: int, output: np.ndarray) -> np.ndarray:
        write_trace(tmp_path / "arrivals.csv", arrival_ns, np.ones(5_000, int), output)
        arrivals = {"kind": "trace", "file": "arrivals.csv"}
        servers = {"steps": {"base": "1 ms"}, "max_num_seqs": slots}
        return _run(
            fleet(arrivals, {"job": {}}, {"servers": servers}, horizon_s=20.0), tmp_path
        ).records.calls.admitted_ns

    start = starts_ns(4, steps)
    assert (starts_ns(5, steps) <= start).all()
    assert (starts_ns(4, np.maximum(1, steps - rng.integers(0, 3, 5_000))) <= start).all()
