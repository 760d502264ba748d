"""Laws of queue orders: all do the same work at the same times; who starves, and what keeps him from it."""

from __future__ import annotations

import numpy as np
import pytest
from theory_runs import Run, fleet, poisson, simulate

ORDERS = ("first_come", "priority", {"kind": "priority", "ageing_s": 5}, "shortest_first", "fair")
HORIZON_S = 200.0


def contended(order: str | dict, seats: int, load: float, long_load: float = 0.5) -> Run:
    """Urgent short tasks that alone are `load` of what the replica can do, and long ones that are `long_load` of it."""
    per_s = seats / (50 * 0.01)  # tasks of 50 steps of 10 ms
    classes = {
        "long": {"arrivals": poisson(long_load * per_s / 2), "prompt": 300, "output": 100},
        "short": {"arrivals": poisson(2 * load * per_s), "prompt": 30, "output": 25, "priority": 1},
    }
    steps = {"base": "10 ms", "context": 10_000}
    servers = {"steps": steps, "max_num_seqs": seats, "queue_order": order}
    return simulate(fleet(None, classes, {"servers": servers}, horizon_s=HORIZON_S, samples=400))


def waits_s(run: Run, class_id: int) -> np.ndarray:
    """How long the tasks of a class had to wait."""
    calls = run.records.calls[run.records.tasks.class_id == class_id]
    return (calls.admitted_ns - calls.queued_ns) / 1e9


@pytest.mark.parametrize("order", ORDERS[1:], ids=str)
def test_orders_change_who_waits_and_not_what_is_done(order):
    """One seat: nobody is idle while work waits, so busy times are the same at every instant, whatever the order."""
    first, other = contended(ORDERS[0], 1, load=0.4), contended(order, 1, load=0.4)
    for column in ("time_ns", "prefill_ns", "decode_ns", "steps", "output_tokens"):
        sums = [getattr(run.records.final, column) for run in (first, other)]
        assert np.array_equal(*sums), column
    busy = [run.records.samples.prefill_ns + run.records.samples.decode_ns for run in (first, other)]
    assert np.array_equal(*busy)
    assert not np.array_equal(first.records.calls.admitted_ns, other.records.calls.admitted_ns)


def test_the_urgent_starve_the_others():
    """What the urgent leave over is less than the others ask for: their waits grow as long as tasks arrive."""
    run = contended("priority", 4, load=0.95)
    assert waits_s(run, 1).max() < 10
    assert waits_s(run, 0).max() > 0.4 * HORIZON_S


@pytest.mark.parametrize("order", ["first_come", {"kind": "priority", "ageing_s": 0.001}, "fair"], ids=str)
def test_who_is_not_starved(order):
    """Coming early, having waited long, and having had little are claims that urgency does not beat for ever."""
    starved = waits_s(contended("priority", 4, load=0.95), 0)
    assert waits_s(contended(order, 4, load=0.95), 0).max() < 0.8 * starved.max()


def test_the_fair_share_is_not_for_others_to_take():
    """The long ask for less than their share of the replica: however much the short ask for, those get it."""
    modest, greedy = contended("fair", 4, 0.2, long_load=0.25), contended("fair", 4, 3.0, long_load=0.25)
    assert np.median(waits_s(greedy, 0)) < 2.0
    assert np.median(waits_s(greedy, 1)) > 0.5 * HORIZON_S
    assert np.median(waits_s(modest, 1)) < 1.0
