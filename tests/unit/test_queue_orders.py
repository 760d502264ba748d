"""Queue orders against arithmetic by hand, on both engines (docs/engine.md, 5c)."""

import math

import numpy as np
import pytest
from core_runs import Rows
from plans import build_plan, build_tasks, split, steady

from fleetsim.compiled import typed_kernel
from fleetsim.engine import run
from fleetsim.errors import EngineFault
from fleetsim.policies.scheduling import ORDER_SIGNATURE, QueueOrder
from fleetsim.tables import Asked, RunKind, Scheduler

ENGINES = ("core", "reference")


@pytest.fixture(params=ENGINES)
def simulate(request):
    """Records of a plan with tasks."""
    return lambda plan, tasks: run(plan, Rows(tasks), engine=request.param)


def one_seat(order, knobs=None, **columns):
    """A replica that serves one call at a time, in steps of 1000 ns."""
    return steady(max_num_seqs=1, queue_order=order, order_knobs=knobs or {}, **columns)


def admitted(records):
    """The tasks in the order in which they were admitted."""
    return np.argsort(records.calls.admitted_ns, kind="stable").tolist()


def test_first_come_is_first_served(simulate):
    tasks = build_tasks([0, 10, 20, 30], class_id=[0, 0, 1, 2], prompt_tokens=[9, 8, 7, 6])
    plan = build_plan([one_seat("first_come")], priorities=np.array([0, 1, 2]))
    assert admitted(simulate(plan, tasks)) == [0, 1, 2, 3]


def test_the_urgent_go_first_and_interrupt_nobody(simulate):
    tasks = build_tasks([0, 10, 20, 30, 40], class_id=[0, 0, 1, 2, 1], output_tokens=3)
    plan = build_plan([one_seat("priority")], priorities=np.array([0, 5, -1]))
    records = simulate(plan, tasks)
    assert admitted(records) == [0, 2, 4, 1, 3]
    assert records.calls.admitted_ns.tolist() == [0, 9000, 3000, 12000, 6000]


def test_waiting_makes_urgent(simulate):
    # Priority 1 counts as much as 100 ns of waiting: the urgent one came 20 ns later, the other urgent one 200.
    tasks = build_tasks([0, 10, 30, 210], class_id=[0, 0, 1, 1])
    plan = build_plan([one_seat("priority", {"ageing_s": 100e-9})], priorities=np.array([0, 1]))
    assert admitted(simulate(plan, tasks)) == [0, 2, 1, 3]


def test_the_shortest_prompt_goes_first(simulate):
    tasks = build_tasks([0, 10, 20, 30, 40], prompt_tokens=[50, 40, 3, 40, 20], output_tokens=[1, 1, 99, 1, 1])
    assert admitted(simulate(build_plan([one_seat("shortest_first")]), tasks)) == [0, 2, 4, 1, 3]


def test_the_class_served_least_goes_first(simulate):
    # At 1000 class 0 has been served 10 + 2, to which class 1 is lifted. At 5000 it is 20 to 12, so class 1 goes first.
    # Then 1 has 32, and a call of 0 makes that 40; and so on in turn until only 0 has calls.
    tasks = build_tasks([0, 10, 20, 30, 40], class_id=[0, 0, 0, 1, 1], prompt_tokens=10, output_tokens=5)
    assert admitted(simulate(build_plan([one_seat("fair")]), tasks)) == [0, 3, 1, 4, 2]


def test_weights_say_what_service_is(simulate):
    # Long prompts with short answers by class 0, the opposite by class 1. With answers weighing nothing, 1 has been
    # served 1 to the 40 of class 0 when both have one more; with prompts weighing nothing, 20 to 1.
    sizes = {"prompt_tokens": [40, 1, 40, 1], "output_tokens": [1, 20, 1, 20]}
    tasks = build_tasks([0, 0, 0, 0], class_id=[0, 1, 0, 1], **sizes)
    prompts, answers = {"w_in": 1.0, "w_out": 0.0}, {"w_in": 0.0, "w_out": 1.0}
    assert admitted(simulate(build_plan([one_seat("fair", prompts)]), tasks)) == [0, 1, 3, 2]
    assert admitted(simulate(build_plan([one_seat("fair", answers)]), tasks)) == [0, 1, 2, 3]


def test_nothing_is_saved_up_by_asking_for_nothing(simulate):
    # Class 0 is served 20 a call, a dozen times; class 1 comes when 0 has 6 calls left. It is lifted to where 0 stands
    # and takes turns with it; without a lift its 5 calls would all go first.
    tasks = build_tasks([0] * 12 + [31_000] * 5, class_id=[0] * 12 + [1] * 5, prompt_tokens=10, output_tokens=5)
    order = admitted(simulate(build_plan([one_seat("fair")]), tasks))
    assert order[:7] == [0, 1, 2, 3, 4, 5, 6]
    assert [0 if task < 12 else 1 for task in order[7:]] == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]


def test_who_finds_nobody_waiting_is_lifted_to_whom_was_admitted_last(simulate):
    # Class 0 leaves nobody waiting at 0. Calls of class 1, 2 + 2 * 2 = 6 each, are lifted to the 12 of class 0 at 1000.
    # At 5000 class 0 stands at 20: two of them make 24. Without a lift all four would go first, and make 24.
    sizes = {"prompt_tokens": [10, 2, 2, 2, 2, 10], "output_tokens": [5, 2, 2, 2, 2, 5]}
    tasks = build_tasks([0, 100, 100, 100, 100, 200], class_id=[0, 1, 1, 1, 1, 0], **sizes)
    assert admitted(simulate(build_plan([one_seat("fair")]), tasks)) == [0, 1, 2, 5, 3, 4]


@pytest.mark.parametrize("asked", [Asked.JOINING, Asked.STARTING])
@pytest.mark.parametrize("said", [math.nan, math.inf, -math.inf])
def test_an_order_that_is_not_finite_stops_the_run(simulate, asked, said):
    def stray(waiting, knobs):
        """What the knob says of the urgent."""
        return knobs[0] if waiting.priority > 0 else 0.0

    order = QueueOrder("stray", typed_kernel(ORDER_SIGNATURE)(stray), "", asked, {"said": said})
    plan = build_plan([steady(), one_seat("first_come"), one_seat(order)], priorities=np.array([0, 9]))
    plan.nodes[0].pool = 2
    simulate(plan, build_tasks([0, 10]))
    words = (
        f"queue order 'stray' of pool 2 returned {said} for a call, or the calls, of class 1: return a finite number"
    )
    with pytest.raises(EngineFault, match=words):
        simulate(plan, build_tasks([0, 10, 20], class_id=[0, 0, 1]))


@pytest.mark.parametrize("order", ["priority", "shortest_first", "fair"])
def test_a_preempted_call_goes_to_the_front(simulate, order):
    # Two calls of class 0 with prompts of 8 hold 2 blocks of 4 each, 1 of 5 is free. In the step at 1000 both need one
    # more, and the second is preempted. The short and urgent call of class 1, which came at 10 and would fit, waits
    # behind it until 9000, when the first has finished.
    tasks = build_tasks([0, 0, 10], class_id=[0, 0, 1], prompt_tokens=[8, 8, 1], output_tokens=[9, 9, 1])
    pool = steady(kv_blocks=5, max_num_seqs=2, queue_order=order)
    records = simulate(build_plan([pool], priorities=np.array([0, 9])), tasks)
    assert records.calls.preemptions.tolist() == [0, 1, 0]
    assert records.calls.admitted_ns.tolist() == [0, 0, 9000]
    rows = records.runs.rows
    assert [(row.start_ns, row.first_ns) for row in rows if row.kind == RunKind.RESUMED] == [(1000, 9000.0)]


def test_the_head_may_change_while_nobody_can_be_admitted(simulate):
    # 10 blocks of 4. A call of each class runs; both classes have one more. That of class 0 (36 tokens, 9 blocks) does
    # not fit. Both stand at 10 at 1000 and at 26 at 9000, when class 1 has emitted all its tokens: the head is of class
    # 0, the lower one. At 10000 it stands at 28: now the head is that of class 1, which fits. In between nothing else
    # happens. First come, first served has it wait until 20000.
    tasks = build_tasks([0, 0, 20, 30], class_id=[1, 0, 0, 1], prompt_tokens=[8, 8, 36, 4], output_tokens=[9, 20, 2, 2])
    fair = simulate(build_plan([steady(kv_blocks=10, max_num_seqs=4, queue_order="fair")]), tasks)
    first = simulate(build_plan([steady(kv_blocks=10, max_num_seqs=4)]), tasks)
    assert fair.calls.admitted_ns.tolist() == [0, 0, 20_000, 10_000]
    assert first.calls.admitted_ns.tolist() == [0, 0, 20_000, 20_000]


@pytest.mark.parametrize("scheduler", list(Scheduler))
def test_prefill_and_decode_pools_count_what_they_serve(simulate, scheduler):
    # Prompts are served by the pool that prefills, tokens but the first by the one that decodes.
    ordered = {"queue_order": "fair", "max_num_seqs": 1, "scheduler": scheduler}
    tasks = build_tasks([0] * 6, class_id=[0, 0, 0, 1, 1, 1], prompt_tokens=[4, 4, 4, 12, 12, 12], output_tokens=4)
    records = simulate(split(ordered, ordered), tasks)
    assert admitted(records) == [0, 3, 1, 2, 4, 5]
    assert np.argsort(records.calls.finish_ns).tolist() == [0, 3, 1, 4, 2, 5]
