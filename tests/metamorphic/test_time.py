"""Relations in time: slower clocks, later starts, shorter and longer runs. No nanosecond of difference allowed."""

from __future__ import annotations

import pytest
from handful import HORIZON_NS, assert_moved, assert_same, assert_same_until, closed, open_lengths, routed, tight, trace
from theory_runs import Run, poisson, simulate

from fleetsim.policies.balancers import BALANCERS


def _run(document: dict, folder) -> Run:
    return simulate(document, seed=7, folder=folder)


_OPEN = {"tight": tight, "routed": routed}


@pytest.mark.parametrize("k", [2, 3, 1000])
@pytest.mark.parametrize("name", _OPEN)
def test_all_durations_times_k_give_all_times_times_k(tmp_path, name, k):
    one = _run(_OPEN[name](trace(tmp_path)), tmp_path)
    assert one.records.calls.preemptions.sum() > 50 or name != "tight"
    assert_moved(one, _run(_OPEN[name](trace(tmp_path, k=k), k), tmp_path), k=k)


def test_a_closed_loop_k_times_slower(tmp_path):
    assert_moved(_run(closed(), tmp_path), _run(closed(k=3), tmp_path), k=3)


@pytest.mark.parametrize("shift_ns", [1, 123_456_789, 3 * 10**9])
@pytest.mark.parametrize("name", _OPEN)
def test_later_arrivals_are_the_same_run_later(tmp_path, name, shift_ns):
    horizon = {"horizon": f"{2 * HORIZON_NS} ns"}
    one = _run(_OPEN[name](trace(tmp_path)) | horizon, tmp_path)
    assert_moved(one, _run(_OPEN[name](trace(tmp_path, shift_ns=shift_ns)) | horizon, tmp_path), shift_ns=shift_ns)


@pytest.mark.parametrize("balancer", BALANCERS)
def test_arrivals_after_a_time_change_nothing_before_it(tmp_path, balancer):
    document = tight(trace(tmp_path), balancer=balancer)
    cut_ns = HORIZON_NS * 2 // 5
    whole, cut = (_run(document | {"horizon": f"{end} ns"}, tmp_path) for end in (HORIZON_NS, cut_ns))
    assert len(cut.records.tasks) < len(whole.records.tasks)
    assert_same_until(whole, cut, cut_ns)


@pytest.mark.parametrize("name", ["tight", "routed", "closed"])
def test_a_longer_horizon_has_the_same_beginning(tmp_path, name):
    def until(end_ns: int) -> Run:
        document = closed() if name == "closed" else _OPEN[name](poisson(400))
        if name != "closed":
            document["workload"]["classes"]["job"] |= open_lengths()
        return _run(document | {"horizon": f"{end_ns} ns"}, tmp_path)

    assert_same_until(until(HORIZON_NS), until(2 * HORIZON_NS), HORIZON_NS)


def test_running_stops_at_the_end_of_the_drain_without_changing_what_was(tmp_path):
    document = tight(trace(tmp_path))
    whole, stopped = _run(document, tmp_path), _run(document | {"drain": "10 ms"}, tmp_path)
    assert (stopped.records.tasks.finish_ns == -1).any()
    assert_same_until(whole, stopped, HORIZON_NS + 10_000_000)


def test_one_duration_in_two_units_is_one_duration(tmp_path):
    document = tight(trace(tmp_path))
    other = tight(trace(tmp_path), network="0.15 ms") | {"horizon": "4 s", "drain": "400000 ms"}
    other["architectures"]["system"]["pools"]["servers"]["steps"]["base"] = "0.0012 s"
    assert_same(_run(document, tmp_path), _run(other, tmp_path))
