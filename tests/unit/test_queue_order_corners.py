"""Corners of queue orders, against arithmetic by hand, on both engines (docs/engine.md, 5c). Steps last 1000 ns."""

import numpy as np
import pytest
from core_runs import Rows
from plans import build_plan, build_tasks, changes, split, steady

from fleetsim.engine import run
from fleetsim.policies.scheduling import QUEUE_ORDERS

PROMPTS_ALONE = {"w_in": 1.0, "w_out": 0.0}
"""Service is what prompts have: easy to add up."""


@pytest.fixture(params=["core", "reference"])
def simulate(request):
    """Records of a plan with tasks."""
    return lambda plan, tasks: run(plan, Rows(tasks), engine=request.param)


def fair(**columns):
    """A pool whose classes are served alike, by their prompts."""
    return steady(**({"queue_order": "fair", "order_knobs": PROMPTS_ALONE} | columns))


@pytest.mark.parametrize("order", list(QUEUE_ORDERS))
def test_of_two_preempted_the_last_is_first_whatever_the_order(simulate, order):
    # Blocks of 4. Three alike hold 2 of 6 each from 1000 on and need a 3rd at 5000: the third call is preempted with
    # its 5 tokens, at 9000 the second with 9. It needs 4 blocks when the first has finished at 12000; the third, with
    # its 3, would fit beside it no more. The urgent and short one that waits since 20 comes behind both.
    tasks = build_tasks([0, 0, 0, 20], class_id=[0, 0, 0, 1], prompt_tokens=[4, 4, 4, 1], output_tokens=[12, 12, 12, 1])
    pool = steady(kv_blocks=6, max_num_seqs=3, queue_order=order)
    records = simulate(build_plan([pool], priorities=np.array([0, 9])), tasks)
    assert records.calls.preemptions.tolist() == [0, 1, 1, 0]
    assert records.calls.finish_ns.tolist() == [12_000, 15_000, 22_000, 16_000]


@pytest.mark.parametrize("order", list(QUEUE_ORDERS))
def test_those_who_are_equal_in_all_go_as_they_came(simulate, order):
    tasks = build_tasks([0] * 5)
    records = simulate(build_plan([steady(max_num_seqs=1, queue_order=order)]), tasks)
    assert records.calls.admitted_ns.tolist() == [0, 5000, 10_000, 15_000, 20_000]


def test_who_was_admitted_last_is_who_was_of_a_line(simulate):
    # Class 1: two calls of 4 tokens, at 0. Class 0: one of 20 at 1000, lifted by 8, so it stands at 28. The second call
    # of class 1 is preempted at 13000 (blocks of 4: 4 and 4 of 9 are taken, both need one more) and admitted from the
    # front at 15000, last of all. At 20000 two calls come of which one fits, of classes 0 and 2. Class 2 is lifted to
    # the 28 of class 0, the lowest of equals; if class 1 with its 8 had been last it would go first.
    sizes = {"prompt_tokens": [4, 4, 20, 20, 20], "output_tokens": [15, 15, 1, 1, 1]}
    tasks = build_tasks([0, 0, 10, 20_000, 20_000], class_id=[1, 1, 0, 0, 2], **sizes)
    calls = simulate(build_plan([fair(kv_blocks=9)]), tasks).calls
    assert calls.preemptions.tolist() == [0, 1, 0, 0, 0]
    assert calls.finish_ns.tolist() == [15_000, 17_000, 2000, 21_000, 22_000]


def test_a_line_that_held_a_call_when_an_idle_replica_looked_is_not_new(simulate):
    # 16 blocks of 4. At 1000 class 0 was served 40 tokens; class 1 20, whose 5 blocks travel to 11000. At 2000 a call
    # of class 0 comes that needs 12: the replica stays idle. At 3000 one of class 1 that needs 1: class 1 is new and is
    # lifted to 40, so the head is that of class 0, the lower one, still. If both were new, class 1 would stay at 20.
    sizes = {"prompt_tokens": [40, 20, 48, 4], "output_tokens": [1, 2, 1, 1]}
    tasks = build_tasks([0, 0, 2000, 3000], class_id=[0, 1, 0, 1], **sizes)
    prefill = {"queue_order": "fair", "order_knobs": PROMPTS_ALONE, "kv_blocks": 16, "transfer_latency_ns": 10_000}
    calls = simulate(split(prefill), tasks).calls
    assert calls.transferred_ns.tolist() == [-1, 11_000, -1, -1]
    assert calls.admitted_ns.tolist() == [0, 0, 11_000, 11_000]


def test_waiting_begins_anew_where_a_call_is_decoded(simulate):
    # One seat decodes, and is taken. The others join its queue at 1001 and 2001: 1000 ns are more than the 950 that a
    # priority is worth there. They came to the pool that prefills at 0 and at 900, which would be less.
    tasks = build_tasks([0, 0, 900], class_id=[0, 0, 1], prompt_tokens=4, output_tokens=[9, 2, 2])
    decode = {"queue_order": "priority", "order_knobs": {"ageing_s": 950e-9}, "max_num_seqs": 1}
    plan = split(None, decode, priorities=np.array([0, 1]))
    assert np.argsort(simulate(plan, tasks).calls.finish_ns).tolist() == [0, 1, 2]


def test_what_a_class_was_served_elsewhere_does_not_count(simulate):
    # At the first replica class 0 was served 40, at the second class 1 was served 10. There both lines are new at 1000:
    # class 0, which has had nothing there, is lifted to 10, and is the lowest of equals.
    sizes = {"prompt_tokens": [40, 10, 4, 4, 4, 4], "output_tokens": 1}
    tasks = build_tasks([0, 0, 10, 10, 10, 10], class_id=[0, 1, 0, 0, 1, 1], **sizes)
    records = simulate(build_plan([fair(replicas=2, max_num_seqs=1)]), tasks)
    assert records.calls.replica.tolist() == [0, 1, 0, 1, 0, 1]
    assert records.calls.admitted_ns.tolist() == [0, 0, 1000, 1000, 2000, 2000]


@pytest.mark.parametrize("in_place", [0, 1])
def test_what_a_class_was_served_outlives_a_change(simulate, in_place):
    # 40 tokens of class 0, then 4 of class 1; then the replica is changed. At 5000 a call of each comes, class 1 first.
    tasks = build_tasks([0, 0, 5000, 5000], class_id=[0, 1, 0, 1], prompt_tokens=[40, 4, 4, 4], output_tokens=1)
    changed = changes({"time_ns": 500, "replica": 0, "in_place": in_place})
    records = simulate(build_plan([fair(max_num_seqs=1)], changes=changed), tasks)
    assert records.calls.admitted_ns.tolist() == [0, 1000, 6000, 5000]
